using System.Net;
using Gateway.Integration.Tests.Tools;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using static Gateway.Testing.ScriptedDnsQuery;

namespace Gateway.Integration.Tests.Egress;

/// <summary>What goes wrong on the way out ends with a flag and a sentence, and soon.</summary>
public sealed class NamedFailuresTests : IDisposable
{
    private const string RegisteredFlags = "UH,DF";
    private const string WildcardFlags = "DF";

    private static readonly byte[] Asked = [0xc0, 12];

    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _stranger = new("Somebody else");

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    /// <summary>What resolvers may do, and what the access log says of it.</summary>
    private static readonly (string Kind, string Sentence)[] ResolverFaults =
    [
        ("silence", "does not answer"),
        ("servfail", "answered SERVFAIL"),
        ("refused", "answered REFUSED"),
        ("nxdomain", "the name does not exist (NXDOMAIN"),
        ("no records", "record (NODATA"),
        ("address of another name", "record (NODATA"),
        ("other id", "127.0.0.1"),
        ("other question", "127.0.0.1"),
        ("no question", "127.0.0.1"),
        ("empty packet", "127.0.0.1"),
        ("two bytes", "127.0.0.1"),
        ("half a header", "127.0.0.1"),
        ("more records than there are", "cannot be read"),
        ("loop", "cannot be read"),
        ("long loop", "cannot be read"),
        ("forward pointer", "cannot be read"),
        ("alias loop", "aliases"),
        ("long data", "cannot be read"),
        ("noise", "127.0.0.1"),
        ("metadata service", "169.254.169.254 is the metadata service of clouds"),
    ];

    [Fact]
    public async Task Every_fault_of_a_resolver_is_told_and_stops_nobody_else()
    {
        Assert.Superset(BrokenDnsAnswers.Kinds.ToHashSet(), ResolverFaults.Select(fault => fault.Kind).ToHashSet());
        await using EchoUpstream echo = await EchoUpstream.StartAsync("good");
        await using var dns = new ScriptedDns(Answer);
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline, dns: dns.EndPoint);
        string registered = string.Concat(ResolverFaults.Select(fault => Entry(Label(fault.Kind) + ".registered.test", "DNS", 80)));

        Assert.Empty(await gateway.ApplyAsync(Proxy + registered + Entry("good.registered.test", "DNS", echo.Port) + Entry("*.wild.test", "DYNAMIC_DNS", echo.Port)));
        Assert.Equal(200, (await AskAsync(gateway, "good.registered.test", ""))?.Status);
        await Task.WhenAll(ResolverFaults.SelectMany(fault => (string[])["registered", "wild"], (fault, kind) => AskAsync(gateway, $"{Label(fault.Kind)}.{kind}.test", $"{kind}/{Label(fault.Kind)}")));
        await Eventually.HoldsAsync(() => gateway.Completed.Count == 1 + (2 * ResolverFaults.Length), "all requests have ended");

        foreach ((string kind, string sentence) in ResolverFaults)
        {
            foreach ((string way, string flags) in ((string, string)[])[("registered", RegisteredFlags), ("wild", WildcardFlags)])
            {
                CompletedRequest request = gateway.Completed.Single(one => one.Path == $"/{way}/{Label(kind)}");
                Assert.Equal((kind, way, 503, flags), (kind, way, request.Status, request.Flags));
                Assert.True(request.Reason?.StartsWith("DNS: ", StringComparison.Ordinal) == true && request.Reason.Contains(sentence, StringComparison.Ordinal), $"{kind}: {request.Reason}");
            }
        }
        Assert.Empty(gateway.Faults);

        byte[]? Answer(ScriptedDnsQuery query)
        {
            string kind = query.Name.Split('.')[0].Replace('-', ' ');
            return kind switch
            {
                "good" => query.Answer(60, IPAddress.Loopback),
                "nxdomain" => query.Reply(3, [], [Record(Encoded("test"), 6, 60, Soa(60))]),
                "no records" => query.Reply(0, [], [Record(Encoded("test"), 6, 60, Soa(60))]),
                "address of another name" => query.Reply(0, [Record(Encoded("bank.test"), 1, 60, IPAddress.Loopback.GetAddressBytes())]),
                "metadata service" => query.Answer(60, IPAddress.Parse("169.254.169.254")),
                _ => BrokenDnsAnswers.Make(kind, query),
            };
        }
    }

    [Fact]
    public async Task A_resolver_that_is_down_at_start_does_not_stop_the_rest()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync("good");
        using var reserved = new RefusingPort();
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline, dns: new IPEndPoint(IPAddress.Loopback, reserved.Port));

        Assert.Empty(await gateway.ApplyAsync(
            TestConfig.HttpGateway(), TestConfig.Route("static.test", "static.test"), TestConfig.Backend("static.test", echo),
            Proxy + Entry("up.registered.test", "DNS", echo.Port)));

        RawHttpResponse? known = await RawHttpConnection.ExchangeAsync(gateway.Port(80), "GET / HTTP/1.1\r\nHost: static.test\r\nConnection: close\r\n\r\n");
        RawHttpResponse? named = await AskAsync(gateway, "up.registered.test", "");
        Assert.Equal((200, 503), (known?.Status, named?.Status));
        Assert.Equal(RegisteredFlags, (await gateway.CompletionAsync(request => request.Status == 503)).Flags);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public async Task Odd_times_to_live_neither_hammer_the_resolver_nor_last_for_ever(int ttl)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync("good");
        await using var dns = new ScriptedDns(query => query.Answer(ttl, IPAddress.Loopback));
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline, dns: dns.EndPoint);
        Assert.Empty(await gateway.ApplyAsync(Proxy + Entry("good.registered.test", "DNS", echo.Port, "egress.gateway/dns-refresh: 1s, egress.gateway/dns-max-ttl: 1s")));

        Assert.Equal(200, (await AskAsync(gateway, "good.registered.test", ""))?.Status);
        await Eventually.HoldsAsync(() => dns.UdpQueries >= 3, "the name is asked for again");

        Assert.InRange(dns.UdpQueries, 3, 6);
    }

    [Theory]
    [InlineData("DNS")]
    [InlineData("DNS_ROUND_ROBIN")]
    public async Task Of_live_and_dead_addresses_the_live_ones_serve(string resolution)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync("live");
        // Nobody listens at the other two.
        await using var dns = new ScriptedDns(query => query.Answer(60, IPAddress.Parse("127.0.0.8"), IPAddress.Loopback, IPAddress.Parse("127.0.0.9")));
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline, dns: dns.EndPoint);
        Assert.Empty(await gateway.ApplyAsync(Proxy + Entry("good.registered.test", resolution, echo.Port)));

        for (int i = 0; i < 12; i++)
            Assert.Equal(200, (await AskAsync(gateway, "good.registered.test", ""))?.Status);
    }

    [Theory]
    [InlineData("DNS", 500)]
    [InlineData("DNS_ROUND_ROBIN", 1)]
    public async Task Five_hundred_addresses_are_used(string resolution, int endpoints)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { Name = "many", At = new IPEndPoint(IPAddress.Any, 0) });
        IPAddress[] many = [.. Enumerable.Range(0, 500).Select(i => new IPAddress([127, 1, (byte)(i / 250), (byte)(1 + (i % 250))]))];
        await using var dns = new ScriptedDns(query => query.IsTcp ? query.Answer(60, many) : query.Reply(0, [], truncated: true));
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline, dns: dns.EndPoint);
        Assert.Empty(await gateway.ApplyAsync(Proxy + Entry("good.registered.test", resolution, echo.Port)));

        Assert.Equal(200, (await AskAsync(gateway, "good.registered.test", ""))?.Status);

        Assert.Equal(endpoints, gateway.Clusters.Values.Single(cluster => cluster.Config.Host == "good.registered.test").Endpoints.Count);
    }

    [Theory]
    [InlineData("wrong name", "certificate verify failed: none of the wanted subject alternative names; it is for other.test")]
    [InlineData("expired", "certificate verify failed: CN=up.test has expired on 20")]
    [InlineData("unknown authority", "certificate verify failed: no valid chain to a trusted authority (PartialChain)")]
    [InlineData("no TLS", "TLS_error")]
    public async Task What_is_wrong_with_a_servers_TLS_is_told(string fault, string sentence)
    {
        using TestCertificate certificate = fault switch
        {
            "wrong name" => _authority.IssueServer("other.test"),
            "expired" => _authority.IssueExpiredServer("up.test"),
            "unknown authority" => _stranger.IssueServer("up.test"),
            _ => _authority.IssueServer("up.test"),
        };
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { Certificate = fault == "no TLS" ? null : certificate.Certificate });
        await using TestGateway gateway = await TestGateway.StartAsync(Originating("SIMPLE", "HTTP", echo.Port));

        CompletedRequest request = await FailAsync(gateway);

        Assert.Equal((fault, 503, "UF,URX"), (fault, request.Status, request.Flags));
        Assert.Contains(sentence, request.Reason ?? "", StringComparison.Ordinal);
        Assert.Empty(echo.Requests);
        Assert.Empty(gateway.Faults);
    }

    /// <summary>With TLS 1.3 a server refuses certificates only after the client has taken the connection for made.</summary>
    [ToolTheory("openssl")]
    [InlineData("SIMPLE", "HTTP", true, "certificate required")]
    [InlineData("SIMPLE", "HTTP", false, "certificate required")]
    [InlineData("MUTUAL", "HTTP", true, "unknown ca")]
    [InlineData("MUTUAL", "HTTP", false, "unknown ca")]
    [InlineData("MUTUAL", "HTTP2", true, "unknown ca")]
    public async Task A_server_that_refuses_our_certificate_is_quoted(string mode, string protocol, bool onEventLoops, string sentence)
    {
        using TestCertificate certificate = _authority.IssueServer("up.test");
        await using ServerProcess server = await ServerProcess.StartAsync("openssl", (folder, port) =>
        {
            File.WriteAllText(Path.Combine(folder, "server.pem"), certificate.CertificatePem + "\n" + certificate.KeyPem);
            File.WriteAllText(Path.Combine(folder, "clients.pem"), _stranger.AuthorityPem);
            return
            [
                "s_server", "-accept", $"127.0.0.1:{port}", "-cert", $"{folder}/server.pem", "-www", "-tls1_3", "-alpn", "h2,http/1.1",
                "-Verify", "1", "-verify_return_error", "-CAfile", $"{folder}/clients.pem",
            ];
        });
        await using TestGateway gateway = await TestGateway.StartOnAsync(onEventLoops, Originating(mode, protocol, server.Port));

        CompletedRequest request = await FailAsync(gateway);

        Assert.Equal(503, request.Status);
        Assert.StartsWith("U", request.Flags, StringComparison.Ordinal);
        Assert.Contains(sentence, request.Reason ?? "", StringComparison.Ordinal);
        Assert.Empty(gateway.Faults);
    }

    private string[] Originating(string mode, string protocol, int port)
    {
        using TestCertificate own = _authority.IssueClient("gateway");
        return
        [
            TestConfig.HttpGateway(), TestConfig.Route("up.test", "up.test"), TestConfig.Backend("up.test", protocol, port), TestConfig.Secret("own", own, _authority.AuthorityPem),
            $$"""
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: up, namespace: default}
            spec: {host: up.test, trafficPolicy: {tls: {mode: {{mode}}, credentialName: own, subjectAltNames: [up.test]} } }
            """,
        ];
    }

    private static async Task<CompletedRequest> FailAsync(TestGateway gateway)
    {
        await RawHttpConnection.ExchangeAsync(gateway.Port(80), "GET / HTTP/1.1\r\nHost: up.test\r\n\r\n");
        return await gateway.CompletionAsync(_ => true);
    }

    private const string Proxy = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: proxy, annotations: {egress.gateway/forward-proxy: "true"}}
        spec:
          servers: [{port: {number: 3128, name: http, protocol: HTTP}, hosts: ["*"]}]

        """;

    private static string Entry(string host, string resolution, int port, string annotations = "egress.gateway/allow-addresses: loopback") => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: "{{host.Replace('*', 'x')}}", annotations: { {{annotations}} } }
        spec:
          hosts: ["{{host}}"]
          resolution: {{resolution}}
          ports: [{number: 80, name: http, protocol: HTTP, targetPort: {{port}}}]

        """;

    private static string Label(string kind) => kind.Replace(' ', '-');

    private static Task<RawHttpResponse?> AskAsync(TestGateway gateway, string host, string path) =>
        RawHttpConnection.ExchangeAsync(gateway.Port(3128), $"GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
}
