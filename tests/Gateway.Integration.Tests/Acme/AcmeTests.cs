using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Gateway.Cli;
using Gateway.Clusters.Discovery;
using Gateway.Hosting;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Integration.Tests.Acme;

/// <summary>Certificates ordered from a real authority (pebble, strict) over real listeners.</summary>
public sealed class AcmeTests : IDisposable
{
    private const string ByTls = ", gateway/acme-challenge: tls-alpn-01";

    private readonly string _state = Directory.CreateTempSubdirectory("gateway-acme").FullName;

    [ToolFact("pebble")]
    public async Task A_certificate_is_ordered_by_HTTP_01_past_redirects_and_served()
    {
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using OrderingGateway gateway = await OrderingGateway.StartAsync(_state, pebble.Resolver, null, OrderingGateway.Plain);
        await pebble.StartAsync(gateway.Port(80), 1);
        gateway.Replace(OrderingGateway.Plain, OrderingGateway.Secure(pebble));

        X509Certificate2 shown = await gateway.ServedAsync();

        Assert.True(shown.MatchesHostname("site.example"));
        JsonElement certs = await gateway.AdminAsync("/certs");
        JsonElement order = certs[0].GetProperty("order");
        Assert.Equal("ClusterIssuer test", order.GetProperty("issuer").GetString());
        Assert.Equal("site.example", order.GetProperty("names")[0].GetString());
        Assert.True(order.GetProperty("nextRenewal").GetDateTimeOffset() < certs[0].GetProperty("notAfter").GetDateTimeOffset());
        using var output = new StringWriter();
        Assert.Equal(0, await new GatewayCli(new CliConsole(output, output, isTerminal: false)).RunAsync(["certs", "--admin-address", $"{gateway.Host.EndPointOf("admin")}"], CancellationToken.None));
        Assert.Contains("kubernetes://istio-system/site-cert", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("next renewal", output.ToString(), StringComparison.Ordinal);
        foreach (string file in Directory.EnumerateFiles(_state, "*", SearchOption.AllDirectories))
        {
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_state, "challenges"), "*", SearchOption.AllDirectories));
    }

    [ToolFact("pebble")]
    public async Task TLS_ALPN_01_is_answered_before_a_client_certificate_is_asked_for()
    {
        using var clients = new TestCertificates();
        string authority = $$"""
            apiVersion: v1
            kind: Secret
            metadata: {name: site-cert-cacert, namespace: istio-system}
            data: {cacert: {{Convert.ToBase64String(Encoding.ASCII.GetBytes(clients.AuthorityPem))}}}
            """;
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using OrderingGateway gateway = await OrderingGateway.StartAsync(
            _state, pebble.Resolver, null, OrderingGateway.Secure(pebble, "{mode: MUTUAL, credentialName: site-cert}", ByTls), OrderingGateway.Plain, authority);
        await pebble.StartAsync(1, gateway.Port(443));

        X509Certificate2 shown = await gateway.ServedAsync();

        Assert.True(shown.MatchesHostname("site.example"));
    }

    [ToolFact("pebble")]
    public async Task Half_of_all_nonces_may_be_refused()
    {
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using OrderingGateway gateway = await OrderingGateway.StartAsync(_state, pebble.Resolver, null, OrderingGateway.Secure(pebble, annotations: ByTls));
        await pebble.StartAsync(1, gateway.Port(443), refusedNonces: 50);

        await gateway.ServedAsync();

        Assert.Equal(1, pebble.Count("There are now 1 accounts in memory"));
        Assert.Equal(0, pebble.Count("There are now 2 accounts in memory"));
    }

    [ToolFact("pebble")]
    public async Task A_certificate_is_renewed_without_touching_open_connections()
    {
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using OrderingGateway gateway = await OrderingGateway.StartAsync(_state, pebble.Resolver, null, OrderingGateway.Plain, OrderingGateway.Secure(pebble, annotations: ByTls));
        await pebble.StartAsync(1, gateway.Port(443), validitySeconds: 9);
        X509Certificate2 first = await gateway.ServedAsync();
        using HttpClient client = TestHttpClient.Create(gateway.Port(443), HttpVersion.Version11, ClientTls.Http1("site.example"));
        Assert.Equal("hello", await client.GetStringAsync(new Uri("https://site.example/")));

        X509Certificate2 second = await gateway.ServedAsync(condition: shown => shown.SerialNumber != first.SerialNumber);

        Assert.True(second.NotAfter > first.NotAfter);
        Assert.Equal("hello", await client.GetStringAsync(new Uri("https://site.example/")));
        Assert.Equal(0, pebble.Count("There are now 2 accounts in memory"));
    }

    [ToolFact("pebble")]
    public async Task Two_replicas_with_one_state_make_one_account_and_one_order()
    {
        await using Pebble pebble = await Pebble.WithDnsAsync();
        string[] documents = [OrderingGateway.Plain, OrderingGateway.Secure(pebble, annotations: ByTls)];
        await using OrderingGateway one = await OrderingGateway.StartAsync(_state, pebble.Resolver, null, documents);
        await using OrderingGateway two = await OrderingGateway.StartAsync(_state, pebble.Resolver, null, documents);
        // The authority comes to one of them, whoever has ordered.
        await pebble.StartAsync(1, two.Port(443));

        X509Certificate2 ofOne = await one.ServedAsync();
        X509Certificate2 ofTwo = await two.ServedAsync();

        Assert.Equal(ofOne.Thumbprint, ofTwo.Thumbprint);
        Assert.Equal(0, pebble.Count("There are now 2 accounts in memory"));
        Assert.Equal(0, pebble.Count("There are now 2 orders in the db"));
    }

    [ToolFact("pebble")]
    public async Task An_order_is_gone_on_with_after_a_restart()
    {
        await using Pebble pebble = await Pebble.WithDnsAsync();
        string[] documents = [OrderingGateway.Plain, OrderingGateway.Secure(pebble, annotations: ByTls)];
        int port;
        await using (OrderingGateway first = await OrderingGateway.StartAsync(_state, pebble.Resolver, null, documents[1]))
        {
            port = first.Port(443);
            await pebble.StartAsync(1, port, slowness: 3);
            await Eventually.HoldsAsync(() => Directory.Exists(Path.Combine(_state, "orders")) && Directory.EnumerateFiles(Path.Combine(_state, "orders"), "*.json").Any(), "the order is stored");
        }
        Assert.True(File.Exists(Path.Combine(_state, "orders", "istio-system.site-cert.json")));
        Assert.False(File.Exists(Path.Combine(_state, "certificates", "istio-system.site-cert.pem")));

        await using OrderingGateway second = await OrderingGateway.StartAtAsync(PortMap.AnyFree.With($"443={port}")!, _state, pebble.Resolver, null, documents[1]);
        await second.ServedAsync();

        Assert.Equal(0, pebble.Count("There are now 2 accounts in memory"));
        // Chance decides when the authority looks; where it looked while nobody served, that order has failed and another is due.
        Assert.InRange(pebble.Count("There are now 2 orders in the db"), 0, pebble.Count("set INVALID by completed challenge"));
    }

    [ToolFact("pebble")]
    public async Task An_authority_that_is_down_and_an_order_that_turns_invalid_are_said_and_orders_tried_again_with_the_same_account()
    {
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using OrderingGateway gateway = await OrderingGateway.StartAsync(_state, pebble.Resolver, null, OrderingGateway.Plain, OrderingGateway.Secure(pebble, annotations: ByTls));
        await Eventually.HoldsAsync(() => LastError(gateway).Contains("cannot be reached", StringComparison.Ordinal), "the authority is down, which is said");

        // Nobody answers where it looks.
        await pebble.StartAsync(1, 1);

        await Eventually.HoldsAsync(() => LastError(gateway).Contains("did not find the answer to tls-alpn-01 for site.example", StringComparison.Ordinal), "the order failed, which is said");
        int failures = gateway.Host.OrderOf("istio-system/site-cert")!.Failures;
        await Eventually.HoldsAsync(() => gateway.Host.OrderOf("istio-system/site-cert")!.Failures > failures, "it was tried again");
        Assert.Null(await gateway.ShownAsync("site.example"));
        Assert.Equal(0, pebble.Count("There are now 2 accounts in memory"));
    }

    [ToolFact("pebble")]
    public async Task An_account_is_bound_to_an_external_one()
    {
        const string Key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
        string secret = $$"""
            apiVersion: v1
            kind: Secret
            metadata: {name: external, namespace: cert-manager}
            stringData: {secret: {{Key}}}
            """;
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using OrderingGateway gateway = await OrderingGateway.StartAsync(
            _state, pebble.Resolver, null, secret, OrderingGateway.Plain,
            OrderingGateway.Secure(pebble.Url, pebble.CaBundle, annotations: ByTls, issuer: "externalAccountBinding: {keyID: kid-1, keySecretRef: {name: external, key: secret}}"));
        await pebble.StartAsync(1, gateway.Port(443), externalKey: Key);

        Assert.True((await gateway.ServedAsync()).MatchesHostname("site.example"));
    }

    [Theory]
    [InlineData(null, "There is no state directory (--acme-state); the certificate is not ordered.")]
    [InlineData("file", "The state directory (--acme-state) cannot be used")]
    public async Task Without_a_state_directory_nothing_is_ordered_which_is_said_and_others_serve(string? name, string message)
    {
        string? state = name is null ? null : Path.Combine(_state, name);
        if (state is not null)
            await File.WriteAllTextAsync(state, "no directory");
        using var authority = new TestCertificates();
        using TestCertificate certificate = authority.IssueServer("other.example");
        string bundle = Convert.ToBase64String(Encoding.ASCII.GetBytes(authority.AuthorityPem));

        await using OrderingGateway gateway = await OrderingGateway.StartAsync(
            state, null, null, OrderingGateway.Plain, OrderingGateway.Secure("https://127.0.0.1:1/dir", bundle),
            TestConfig.HttpsGateway("other", name: "other", hosts: "other.example"), TestConfig.Secret("other", certificate));

        Assert.Contains(gateway.Host.LastPass.Diagnostics, finding => finding.Code == "GW0303" && finding.Message.StartsWith(message, StringComparison.Ordinal));
        Assert.Null(await gateway.ShownAsync("site.example"));
        Assert.Equal(certificate.Certificate.Thumbprint, (await gateway.ShownAsync("other.example"))!.Thumbprint);
        // Whom the issuer's server would have to be trusted by is shown with its end.
        JsonElement trusted = (await gateway.AdminAsync("/certs")).EnumerateArray().Single(one => one.GetProperty("name").GetString() == "ClusterIssuer test (CA)");
        Assert.Equal(authority.Authority.NotAfter.ToUniversalTime(), trusted.GetProperty("notAfter").GetDateTimeOffset().UtcDateTime);
    }

    [Fact]
    public async Task An_authority_that_is_busy_is_left_alone_as_long_as_it_asks_for()
    {
        using var authority = new TestCertificates();
        using TestCertificate certificate = authority.IssueServer("127.0.0.1");
        int orders = 0;
        int accounts = 0;
        await using ScriptedHttpServer server = await ScriptedHttpServer.StartAsync(
            async context =>
            {
                string root = $"https://{context.Request.Host}";
                context.Response.Headers["Replay-Nonce"] = "nonce";
                switch (context.Request.Path.Value)
                {
                    case "/dir":
                        await context.Response.WriteAsync($$"""{"newNonce": "{{root}}/nonce", "newAccount": "{{root}}/account", "newOrder": "{{root}}/order"}""");
                        break;
                    case "/account":
                        accounts++;
                        context.Response.StatusCode = 201;
                        context.Response.Headers.Location = $"{root}/account/1";
                        break;
                    case "/order":
                        orders++;
                        context.Response.StatusCode = 429;
                        context.Response.Headers.RetryAfter = "3600";
                        await context.Response.WriteAsync("""{"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many"}""");
                        break;
                }
            },
            listen => listen.UseHttps(certificate.Certificate));
        await using var dns = new FakeDns();
        dns.Set("site.example", TimeSpan.FromMinutes(1), IPAddress.Loopback);
        string bundle = Convert.ToBase64String(Encoding.ASCII.GetBytes(authority.AuthorityPem));
        var resolver = new ResolverConfig { Servers = [dns.EndPoint] };
        string secure = OrderingGateway.Secure($"https://127.0.0.1:{server.Port}/dir", bundle);
        await using (OrderingGateway gateway = await OrderingGateway.StartAsync(_state, resolver, null, OrderingGateway.Plain, secure))
            await Eventually.HoldsAsync(() => gateway.Host.OrderOf("istio-system/site-cert") is { Failures: 1 }, "the order failed");

        await using OrderingGateway again = await OrderingGateway.StartAsync(_state, resolver, null, OrderingGateway.Plain, secure);

        Assert.Contains("rateLimited", again.Host.OrderOf("istio-system/site-cert")!.LastError, StringComparison.Ordinal);
        Assert.True(again.Host.OrderOf("istio-system/site-cert")!.NextAttempt > DateTimeOffset.UtcNow.AddMinutes(50));
        Assert.Equal(1, orders);
        Assert.Equal(1, accounts);
    }

    private static string LastError(OrderingGateway gateway) => gateway.Host.OrderOf("istio-system/site-cert")?.LastError ?? "";

    public void Dispose() => Directory.Delete(_state, recursive: true);
}
