using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Egress;

/// <summary>Clients that use the gateway as their proxy.</summary>
public sealed class ForwardProxyTests
{
    [ToolFact("curl")]
    public async Task Curl_gets_http_through_the_proxy()
    {
        await using EgressBed bed = await EgressBed.StartAsync();

        (int exit, string output) = await CommandLineTool.RunAsync("curl", "-sS", "-x", bed.Proxy, "-w", "\n%{http_code}", "http://api.test/hello?x=1");

        Assert.True(exit == 0, output);
        Assert.EndsWith("\n200", output, StringComparison.Ordinal);
        EchoRequest seen = Assert.Single(bed.Plain.Requests);
        Assert.Equal(("/hello?x=1", "api.test"), (seen.Target, seen.Authority));
    }

    [ToolFact("curl")]
    public async Task Curl_tunnels_http_and_https_through_the_proxy()
    {
        await using EgressBed bed = await EgressBed.StartAsync();
        string ca = bed.AuthorityFile;

        (int exit, string output) = await CommandLineTool.RunAsync("curl", "-sS", "-p", "-x", bed.Proxy, "-w", "\n%{http_code} %{http_connect}", "http://api.test/tunnel");
        (int secureExit, string secureOutput) = await CommandLineTool.RunAsync("curl", "-sS", "-x", bed.Proxy, "--cacert", ca, "-w", "\n%{http_code} %{http_connect}", "https://secure.test/tls");
        (int wildExit, string wildOutput) = await CommandLineTool.RunAsync("curl", "-sS", "-x", bed.Proxy, "--cacert", ca, "-w", "\n%{http_code} %{http_connect}", "https://a.wild.test/wild");

        Assert.True(exit == 0 && output.EndsWith("\n200 200", StringComparison.Ordinal), output);
        Assert.True(secureExit == 0 && secureOutput.EndsWith("\n200 200", StringComparison.Ordinal), secureOutput);
        Assert.True(wildExit == 0 && wildOutput.EndsWith("\n200 200", StringComparison.Ordinal), wildOutput);
        Assert.Equal(["secure.test", "a.wild.test"], bed.Secure.Requests.Select(request => request.ServerName));
        CompletedRequest tunnel = await bed.Gateway.CompletionAsync(request => request.Method == "CONNECT");
        Assert.Equal((200, "-"), (tunnel.Status, tunnel.Flags));
        Assert.True(tunnel.BytesReceived > 0 && tunnel.BytesSent > 0, $"{tunnel.BytesReceived} received, {tunnel.BytesSent} sent");
    }

    [Fact]
    public async Task A_net_client_with_a_proxy_reaches_both()
    {
        await using EgressBed bed = await EgressBed.StartAsync();
        using var handler = new SocketsHttpHandler
        {
            Proxy = new WebProxy(bed.Proxy),
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { bed.Authority.Authority },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        using var client = new HttpMessageInvoker(handler);

        foreach (string url in (string[])["http://api.test/a", "https://secure.test/b", "http://b.wild.test/c", "https://b.wild.test/d"])
        {
            using HttpResponseMessage response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, url), CancellationToken.None);
            Assert.Equal((url, HttpStatusCode.OK), (url, response.StatusCode));
        }
        Assert.Equal(2, bed.Plain.Requests.Count);
        Assert.Equal(2, bed.Secure.Requests.Count);
    }

    [Theory]
    [InlineData("GET http://unknown.test/ HTTP/1.1\r\nHost: unknown.test", 404, "not registered")]
    [InlineData("GET http://api.test:8080/ HTTP/1.1\r\nHost: api.test:8080", 404, "without port 8080")]
    [InlineData("GET http://wild.test/ HTTP/1.1\r\nHost: wild.test", 404, "not registered")]
    [InlineData("CONNECT unknown.test:443 HTTP/1.1\r\nHost: unknown.test:443", 403, "not registered")]
    [InlineData("CONNECT secure.test:22 HTTP/1.1\r\nHost: secure.test:22", 403, "without port 22")]
    [InlineData("CONNECT secure.test HTTP/1.1\r\nHost: secure.test", 403, "no port")]
    [InlineData("CONNECT 127.0.0.1:443 HTTP/1.1\r\nHost: 127.0.0.1:443", 403, "not registered")]
    [InlineData("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443", 403, "not registered")]
    [InlineData("CONNECT 2130706433:443 HTTP/1.1\r\nHost: x", 403, "not its usual one")]
    [InlineData("CONNECT a..wild.test:443 HTTP/1.1\r\nHost: x", 403, "is no name")]
    [InlineData("CONNECT secure.test:99999 HTTP/1.1\r\nHost: x", 400, "")]
    [InlineData("CONNECT sec/ure.test:443 HTTP/1.1\r\nHost: x", 400, "")]
    [InlineData("CONNECT user@secure.test:443 HTTP/1.1\r\nHost: x", 400, "")]
    [InlineData("CONNECT secure.test:443 HTTP/1.1\r\nHost: x\r\nContent-Length: 5", 400, "")]
    [InlineData("CONNECT secure.test:443 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked", 400, "")]
    public async Task What_is_not_registered_is_refused_with_a_reason(string head, int status, string reason)
    {
        await using EgressBed bed = await EgressBed.StartAsync();

        RawHttpResponse? response = await bed.ExchangeAsync(head + "\r\n\r\n");

        Assert.Equal((head, status), (head, response?.Status));
        Assert.Contains(reason, response!.Text, StringComparison.Ordinal);
        Assert.Empty(bed.Plain.Requests);
        Assert.Empty(bed.Secure.Requests);
        Assert.Empty(bed.Gateway.Faults);
    }

    [Theory]
    [InlineData("GET http://api.test/first HTTP/1.1\r\nHost: api.test", 200, true)]
    [InlineData("GET http://api.test/first HTTP/1.1\r\nHost: api.test", 200, false)]
    [InlineData("GET http://unknown.test/ HTTP/1.1\r\nHost: unknown.test", 404, true)]
    [InlineData("POST http://api.test/first HTTP/1.1\r\nHost: api.test\r\nContent-Length: 3\r\n\r\nabc", 200, true)]
    public async Task A_connection_that_has_carried_requests_becomes_a_tunnel_and_its_last_bytes_arrive(string first, int status, bool onEventLoops)
    {
        await using EgressBed bed = await EgressBed.StartAsync(onEventLoops: onEventLoops);
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.Gateway.Port(3128));

        await client.SendAsync(first + (first.Contains("\r\n\r\n", StringComparison.Ordinal) ? "" : "\r\n\r\n"));
        Assert.Equal(status, (await client.ReadResponseAsync())?.Status);
        // What follows the head at once is the tunnel's.
        await client.SendAsync("CONNECT api.test:80 HTTP/1.1\r\nHost: api.test:80\r\n\r\nGET /inner HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n");
        RawHttpResponse? opened = await client.ReadResponseAsync(toHead: true);
        RawHttpResponse? inner = await client.ReadResponseAsync();

        Assert.Equal(("HTTP/1.1 200 Connection Established", 0), (opened?.StatusLine, opened?.Headers.Count));
        Assert.Equal(200, inner?.Status);
        Assert.Equal("/inner", bed.Plain.Requests.Last().Target);
        await client.WaitForCloseAsync();
        CompletedRequest tunnel = await bed.Gateway.CompletionAsync(request => request is { Method: "CONNECT", Status: 200 });
        Assert.True(tunnel.BytesReceived > 0 && tunnel.BytesSent > 0, $"{tunnel.BytesReceived} received, {tunnel.BytesSent} sent");
        Assert.Empty(bed.Gateway.Faults);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET http://api.test/first HTTP/1.1\r\nHost: api.test\r\n\r\n")]
    public async Task What_follows_a_refused_tunnel_is_no_request(string before)
    {
        await using EgressBed bed = await EgressBed.StartAsync();
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.Gateway.Port(3128));

        await client.SendAsync(before + "CONNECT unknown.test:443 HTTP/1.1\r\nHost: unknown.test:443\r\n\r\nGET http://api.test/smuggled HTTP/1.1\r\nHost: api.test\r\n\r\n");
        if (before.Length > 0)
            Assert.Equal(200, (await client.ReadResponseAsync())?.Status);
        Assert.Equal(403, (await client.ReadResponseAsync())?.Status);

        Assert.Null(await client.ReadResponseAsync());
        Assert.DoesNotContain(bed.Plain.Requests, request => request.Target == "/smuggled");
    }

    [Fact]
    public async Task A_client_that_asks_by_HTTP_1_0_gets_its_tunnel()
    {
        await using EgressBed bed = await EgressBed.StartAsync();
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.Gateway.Port(3128));

        await client.SendAsync("CONNECT api.test:80 HTTP/1.0\r\n\r\n");
        RawHttpResponse? opened = await client.ReadResponseAsync(toHead: true);
        await client.SendAsync("GET /old HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n");

        Assert.Equal(200, opened?.Status);
        Assert.Equal(200, (await client.ReadResponseAsync())?.Status);
    }

    [Fact]
    public async Task A_connection_that_is_older_than_the_proxy_is_asked_to_make_way_for_another()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync("plain");
        string proxy = TestConfig.HttpGateway().Replace("metadata: {", "metadata: {annotations: {egress.gateway/forward-proxy: \"true\"}, ", StringComparison.Ordinal);
        await using TestGateway gateway = await TestGateway.StartAsync(TestConfig.HttpGateway(), TestConfig.Backend("up.test", echo));
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(gateway.Port(80));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: up.test\r\n\r\n");
        Assert.Equal(404, (await client.ReadResponseAsync())?.Status);

        Assert.Empty(await gateway.ApplyAsync(proxy, TestConfig.Backend("up.test", echo)));
        await client.SendAsync("CONNECT up.test:80 HTTP/1.1\r\nHost: up.test:80\r\n\r\n");
        RawHttpResponse? refused = await client.ReadResponseAsync();
        await client.WaitForCloseAsync();

        Assert.Equal((503, "this connection is older than the proxy: open another"), (refused?.Status, refused?.Text));
        Assert.Equal(200, (await RawHttpConnection.ExchangeAsync(gateway.Port(80), "GET http://up.test/ HTTP/1.1\r\nHost: up.test\r\n\r\n"))?.Status);
        Assert.Empty(gateway.Faults);
    }

    [Fact]
    public async Task A_gateway_without_the_annotation_is_no_proxy()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync("plain");
        await using TestGateway gateway = await TestGateway.StartAsync(TestConfig.HttpGateway(), TestConfig.Backend("up.test", echo));

        RawHttpResponse? connect = await RawHttpConnection.ExchangeAsync(gateway.Port(80), $"CONNECT up.test:80 HTTP/1.1\r\nHost: up.test:80\r\n\r\n");
        RawHttpResponse? absolute = await RawHttpConnection.ExchangeAsync(gateway.Port(80), $"GET http://up.test/ HTTP/1.1\r\nHost: up.test\r\n\r\n");

        Assert.Equal((404, 404), (connect?.Status, absolute?.Status));
        Assert.Empty(echo.Requests);
    }

    [Fact]
    public async Task Names_that_lead_nowhere_are_told_as_such()
    {
        await using EgressBed bed = await EgressBed.StartAsync();
        bed.Dns.Fail("broken.wild.test");

        RawHttpResponse? missing = await bed.ExchangeAsync("GET http://missing.wild.test/ HTTP/1.1\r\nHost: x\r\n\r\n");
        RawHttpResponse? broken = await bed.ExchangeAsync("CONNECT broken.wild.test:443 HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal((503, 503), (missing?.Status, broken?.Status));
        Assert.Equal("DNS resolution failure", missing!.Text);
        Assert.All(await CompletedAsync(bed.Gateway, 2), request => Assert.Equal("DF", request.Flags));
    }

    [Fact]
    public async Task A_wildcard_leads_to_no_private_address_unless_its_entry_says_so()
    {
        await using EgressBed bed = await EgressBed.StartAsync(more: (plain, _) => $$"""
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: closed}
            spec:
              hosts: ["*.closed.test"]
              resolution: DYNAMIC_DNS
              ports: [{number: 80, name: http, protocol: HTTP, targetPort: {{plain}}}]
            """);
        bed.Dns.Set("rebound.closed.test", TimeSpan.FromSeconds(60), IPAddress.Loopback);
        bed.Dns.Set("metadata.wild.test", TimeSpan.FromSeconds(60), IPAddress.Parse("169.254.169.254"));

        RawHttpResponse? rebound = await bed.ExchangeAsync("GET http://rebound.closed.test/ HTTP/1.1\r\nHost: x\r\n\r\n");
        RawHttpResponse? metadata = await bed.ExchangeAsync("GET http://metadata.wild.test/ HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal((503, 503), (rebound?.Status, metadata?.Status));
        Assert.Empty(bed.Plain.Requests);
    }

    [Fact]
    public async Task With_ALLOW_ANY_everything_but_the_inside_is_reached()
    {
        await using EgressBed bed = await EgressBed.StartAsync("ALLOW_ANY");

        RawHttpResponse? inside = await bed.ExchangeAsync($"CONNECT free.test:{bed.Plain.Port} HTTP/1.1\r\nHost: x\r\n\r\n");
        RawHttpResponse? literal = await bed.ExchangeAsync($"CONNECT 127.0.0.1:{bed.Plain.Port} HTTP/1.1\r\nHost: x\r\n\r\n");
        RawHttpResponse? name = await bed.ExchangeAsync("GET http://metadata.google.internal/ HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal((503, 403, 403), (inside?.Status, literal?.Status, name?.Status));
        Assert.Contains("loopback", literal!.Text, StringComparison.Ordinal);
        Assert.Empty(bed.Plain.Requests);
    }

    [Fact]
    public async Task What_was_refused_is_remembered_with_its_count()
    {
        await using EgressBed bed = await EgressBed.StartAsync();

        for (int i = 0; i < 3; i++)
            await bed.ExchangeAsync("CONNECT new.test:443 HTTP/1.1\r\nHost: x\r\n\r\n");
        await bed.ExchangeAsync("GET http://other.test:81/ HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal([("HTTP", "other.test", 81, 1L), ("CONNECT", "new.test", 443, 3L)], bed.Gateway.Denied);
    }

    private static async Task<IReadOnlyCollection<CompletedRequest>> CompletedAsync(TestGateway gateway, int count)
    {
        await Eventually.HoldsAsync(() => gateway.Completed.Count >= count, "the requests have ended");
        return gateway.Completed;
    }
}
