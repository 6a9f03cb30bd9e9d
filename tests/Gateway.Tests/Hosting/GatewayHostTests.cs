using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Gateway.Admin;
using Gateway.Config.Diagnostics;
using Gateway.Hosting;
using Gateway.Testing;
using Gateway.Tests.Sources;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Hosting;

public sealed class GatewayHostTests
{
    [Fact]
    public async Task It_serves_what_the_documents_say_and_follows_a_change()
    {
        await using HostFixture gateway = await HostFixture.StartAsync(HostFixture.RootGateway, HostFixture.DirectResponse);
        Assert.Equal((HttpStatusCode.OK, "hello"), await gateway.GetAsync(gateway.Traffic("/direct")));

        gateway.Replace(HostFixture.RootGateway, HostFixture.DirectResponse.Replace("hello", "changed", StringComparison.Ordinal));

        await Eventually.HoldsAsync(async () => (await gateway.GetAsync(gateway.Traffic("/direct"))).Body == "changed", "the change is served");
        // It is in force before its report is.
        await Eventually.HoldsAsync(() => gateway.Host.LastPass.Generation == 2, "the second pass is reported");
    }

    [Fact]
    public async Task A_bad_change_is_reported_and_what_was_good_goes_on()
    {
        await using HostFixture gateway = await HostFixture.StartAsync(HostFixture.RootGateway, HostFixture.DirectResponse);

        gateway.Replace(HostFixture.RootGateway, HostFixture.DirectResponse.Replace("status: 200", "status: 2", StringComparison.Ordinal));

        await Eventually.HoldsAsync(() => gateway.Host.LastPass.Diagnostics.Any(finding => finding.Severity == Severity.Error), "the error is reported");
        Assert.Equal((HttpStatusCode.OK, "hello"), await gateway.GetAsync(gateway.Traffic("/direct")));
        Assert.Contains("gateway_config_rejected_resources 1\n", (await gateway.GetAsync(gateway.Address("metrics", "/stats/prometheus"))).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_at_the_start_refuse_to_start()
    {
        ConfigRefusedException refused = await Assert.ThrowsAsync<ConfigRefusedException>(() => HostFixture.StartAsync("kind: Nothing"));

        Assert.Contains(refused.Diagnostics, finding => finding.Code == "GW0004");
    }

    [Fact]
    public async Task Errors_at_the_start_can_be_allowed()
    {
        await using HostFixture gateway = await HostFixture.StartAsync(
            HostFixture.Options with { AllowInvalid = true }, TimeProvider.System, "kind: Nothing", HostFixture.RootGateway, HostFixture.DirectResponse);

        Assert.Equal((HttpStatusCode.OK, "hello"), await gateway.GetAsync(gateway.Traffic("/direct")));
    }

    [Fact]
    public async Task Two_gateways_live_in_one_process()
    {
        await using HostFixture one = await HostFixture.StartAsync(HostFixture.RootGateway, HostFixture.DirectResponse);
        await using HostFixture two = await HostFixture.StartAsync(HostFixture.RootGateway, HostFixture.DirectResponse);

        await one.GetAsync(one.Traffic("/direct"));

        Assert.Contains("istio_requests_total{", (await one.GetAsync(one.Address("metrics", "/stats/prometheus"))).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("istio_requests_total{", (await two.GetAsync(two.Address("metrics", "/stats/prometheus"))).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("admin", "--admin-address")]
    [InlineData("health", "--health-port")]
    [InlineData("metrics", "--metrics-port")]
    public async Task An_own_port_in_use_is_told_with_its_purpose(string purpose, string option)
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        IPEndPoint endPoint = (IPEndPoint)taken.LocalEndpoint;
        BootstrapOptions options = purpose switch
        {
            "admin" => HostFixture.Options with { AdminEndPoint = endPoint },
            "health" => HostFixture.Options with { HealthEndPoint = endPoint },
            _ => HostFixture.Options with { MetricsEndPoint = endPoint },
        };

        AdminPortException refused = await Assert.ThrowsAsync<AdminPortException>(() => HostFixture.StartAsync(options, TimeProvider.System));

        Assert.Contains(purpose, refused.Message, StringComparison.Ordinal);
        Assert.Contains(endPoint.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Contains("in use", refused.Message, StringComparison.Ordinal);
        Assert.Contains(option, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Own_ports_can_be_switched_off()
    {
        BootstrapOptions options = HostFixture.Options with { AdminEndPoint = null, HealthEndPoint = null, MetricsEndPoint = null };
        await using HostFixture gateway = await HostFixture.StartAsync(options, TimeProvider.System, HostFixture.RootGateway, HostFixture.DirectResponse);
        // Two at once: neither may fall back to a well-known port.
        await using HostFixture second = await HostFixture.StartAsync(options, TimeProvider.System, HostFixture.RootGateway);

        Assert.Null(gateway.Host.EndPointOf("admin"));
        Assert.Equal((HttpStatusCode.OK, "hello"), await gateway.GetAsync(gateway.Traffic("/direct")));
    }

    [Fact]
    public async Task While_it_drains_it_serves_but_is_not_ready_and_its_own_ports_answer_to_the_last()
    {
        WaitableTimeProvider time = new();
        await using HostFixture gateway = await HostFixture.StartAsync(
            HostFixture.Options with { DrainTime = TimeSpan.FromSeconds(30) }, time, HostFixture.RootGateway, HostFixture.DirectResponse);
        Uri ready = gateway.Address("health", "/healthz/ready");
        Uri traffic = gateway.Traffic("/direct");
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(ready)).Status);
        Assert.Equal((HttpStatusCode.OK, "hello"), await gateway.GetAsync(traffic));

        Task drain = gateway.Host.DrainAsync(CancellationToken.None);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.GetAsync(ready)).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(gateway.Address("health", "/healthz/live"))).Status);
        using (HttpClient client = new())
        using (HttpResponseMessage answer = await client.GetAsync(traffic))
        {
            Assert.Equal("hello", await answer.Content.ReadAsStringAsync());
            Assert.True(answer.Headers.ConnectionClose);
        }
        Assert.False(drain.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(30));
        await drain.WaitAsync(Eventually.Deadline);
        await Assert.ThrowsAsync<HttpRequestException>(() => gateway.GetAsync(traffic));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.GetAsync(ready)).Status);
    }

    [Fact]
    public async Task While_it_drains_HTTP2_clients_are_sent_away_after_their_request()
    {
        WaitableTimeProvider time = new();
        await using HostFixture gateway = await HostFixture.StartAsync(
            HostFixture.Options with { DrainTime = TimeSpan.FromSeconds(30) }, time, HostFixture.RootGateway, HostFixture.DirectResponse);
        using HttpClient client = new() { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        Assert.Equal("hello", await client.GetStringAsync(gateway.Traffic("/direct")));
        Assert.Equal("hello", await client.GetStringAsync(gateway.Traffic("/direct")));
        Assert.Equal(1, gateway.Host.DataPlane.Listeners.OpenConnectionCount);

        Task drain = gateway.Host.DrainAsync(CancellationToken.None);
        Assert.Equal("hello", await client.GetStringAsync(gateway.Traffic("/direct")));

        await Eventually.HoldsAsync(() => gateway.Host.DataPlane.Listeners.OpenConnectionCount == 0, "the connection has ended after its request");
        Assert.False(drain.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(30));
        await drain.WaitAsync(Eventually.Deadline);
    }

    [Fact]
    public async Task Whoever_is_in_a_hurry_skips_the_drain_time()
    {
        FakeTimeProvider time = new();
        await using HostFixture gateway = await HostFixture.StartAsync(
            HostFixture.Options with { DrainTime = TimeSpan.FromHours(1) }, time, HostFixture.RootGateway, HostFixture.DirectResponse);
        using CancellationTokenSource hurry = new();

        Task drain = gateway.Host.DrainAsync(hurry.Token);
        await hurry.CancelAsync();

        await drain.WaitAsync(Eventually.Deadline);
    }

    [Fact]
    public async Task The_access_log_follows_the_MeshConfig_and_the_option_wins()
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Path, "access.log");
        string mesh = $$"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: istio, namespace: istio-system}
            data:
              mesh: |
                accessLogFile: {{file}}
                accessLogFormat: "%REQ(:PATH)% %RESPONSE_CODE% %REQ(X-Who)% %RESPONSE_FLAGS% %ROUTE_NAME%"
            """;
        await using (HostFixture gateway = await HostFixture.StartAsync(HostFixture.RootGateway, HostFixture.DirectResponse, mesh))
        {
            await gateway.SendAsync(HttpMethod.Get, gateway.Traffic("/direct"), ("x-who", "me"));
            await gateway.SendAsync(HttpMethod.Get, gateway.Traffic("/none"));
            await Eventually.HoldsAsync(() => File.Exists(file) && File.ReadAllLines(file).Length == 2, "both lines are written");
            Assert.Equal(["/direct 200 me - direct", "/none 404 - NR -"], await File.ReadAllLinesAsync(file));
        }
        File.Delete(file);
        await using (HostFixture gateway = await HostFixture.StartAsync(
            HostFixture.Options with { AccessLog = new AccessLogOverride(File: "") }, TimeProvider.System, HostFixture.RootGateway, HostFixture.DirectResponse, mesh))
        {
            await gateway.GetAsync(gateway.Traffic("/direct"));
        }
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task A_changed_file_in_a_folder_is_served()
    {
        using TemporaryFolder folder = new();
        folder.Write("gateway.yaml", HostFixture.RootGateway);
        folder.Write("routes/vs.yaml", HostFixture.DirectResponse);
        BootstrapOptions options = HostFixture.Options with { ConfigPaths = [folder.Path] };
        await using HostFixture gateway = await HostFixture.StartAsync(options, TimeProvider.System);
        Assert.Equal((HttpStatusCode.OK, "hello"), await gateway.GetAsync(gateway.Traffic("/direct")));

        folder.Write("routes/vs.yaml", HostFixture.DirectResponse.Replace("hello", "edited", StringComparison.Ordinal));

        await Eventually.HoldsAsync(async () => (await gateway.GetAsync(gateway.Traffic("/direct"))).Body == "edited", "the edit is served");
    }

    [Fact]
    public async Task A_rotated_certificate_file_is_used_by_the_next_handshake()
    {
        using TemporaryFolder folder = new();
        using TestCertificates authority = new();
        using TestCertificate first = authority.IssueServer("shop.example.com");
        using TestCertificate second = authority.IssueServer("shop.example.com");
        string certificateFile = folder.Write("tls.crt", first.CertificatePem);
        string keyFile = folder.Write("tls.key", first.KeyPem);
        string https = $$"""
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: tls, namespace: default}
            spec:
              servers:
              - port: {number: 443, name: https, protocol: HTTPS}
                hosts: ["shop.example.com"]
                tls: {mode: SIMPLE, serverCertificate: {{certificateFile}}, privateKey: {{keyFile}}}
            """;
        await using HostFixture gateway = await HostFixture.StartAsync(https);
        Assert.Equal(first.Certificate.SerialNumber, await SerialNumberAsync(gateway));

        folder.Write("tls.key", second.KeyPem);
        folder.Write("tls.crt", second.CertificatePem);

        await Eventually.HoldsAsync(async () => await SerialNumberAsync(gateway) == second.Certificate.SerialNumber, "the new certificate is shown");
    }

    [Fact]
    public async Task A_rotated_certificate_file_of_a_DestinationRule_is_read_again()
    {
        using TemporaryFolder folder = new();
        using TestCertificates authority = new();
        using TestCertificate first = authority.IssueClient("gateway");
        using TestCertificate second = authority.IssueClient("gateway");
        string certificateFile = folder.Write("client.crt", first.CertificatePem);
        string keyFile = folder.Write("client.key", first.KeyPem);
        string authorityFile = folder.Write("ca.crt", authority.AuthorityPem);
        string rule = $$"""
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: db, namespace: default}
            spec:
              host: db.test
              trafficPolicy:
                tls: {mode: MUTUAL, clientCertificate: {{certificateFile}}, privateKey: {{keyFile}}, caCertificates: {{authorityFile}} }
            """;
        await using HostFixture gateway = await HostFixture.StartAsync(
            HostFixture.RootGateway, rule, TestConfig.Backend("db.test", "HTTP", 9), TestConfig.Route("db.test", "db.test").Replace("[gateway, gateway-tls]", "[gw]", StringComparison.Ordinal));
        Assert.Contains(first.Certificate.SerialNumber, Serials(gateway));

        folder.Write("client.key", second.KeyPem);
        folder.Write("client.crt", second.CertificatePem);

        await Eventually.HoldsAsync(() => Serials(gateway).Contains(second.Certificate.SerialNumber), "the new certificate is in use");

        static IEnumerable<string?> Serials(HostFixture gateway) => gateway.Host.DataPlane.Certificates.List.Select(certificate => certificate.SerialNumber);
    }

    private static async Task<string?> SerialNumberAsync(HostFixture gateway)
    {
        using TcpClient client = new();
        await client.ConnectAsync(gateway.Host.DataPlane.Listeners.EndPointOf(443)!);
        await using SslStream tls = new(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "shop.example.com", RemoteCertificateValidationCallback = (_, _, _, _) => true });
        return tls.RemoteCertificate is { } shown ? new X509Certificate2(shown).SerialNumber : null;
    }
}
