using System.Net;
using Gateway.Integration.Tests.Tools;
using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Tls;

/// <summary>What connections to TLS servers have in common, as an nginx sees it: sessions that are resumed, connections that are shared.</summary>
public sealed class UpstreamSessionTests : IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TestCertificate _server;
    private readonly TestCertificate _first;
    private readonly TestCertificate _second;

    public UpstreamSessionTests()
    {
        _server = _authority.IssueServer("partner.test");
        _first = _authority.IssueClient("first");
        _second = _authority.IssueClient("second");
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _server.Dispose();
        _authority.Dispose();
    }

    [ToolTheory("nginx")]
    [InlineData("TLSv1.2", true)]
    [InlineData("TLSv1.3", true)]
    [InlineData("TLSv1.3", false)]
    public async Task The_next_connection_resumes_the_session_of_the_one_before(string protocol, bool onEventLoops)
    {
        await using ServerProcess nginx = await VerifyingNginx.StartAsync(_authority, _server, protocol: protocol, keepaliveRequests: 1);
        await using TestGateway gateway = await TestGateway.StartOnAsync(onEventLoops, Config(nginx.Port, "first"));
        List<Seen> seen = [];
        for (int i = 0; i < 6; i++)
            seen.Add(await AskAsync(gateway, "first.test"));

        Assert.Equal(6, seen.Select(one => one.Connection).Distinct().Count());
        Assert.Equal(".", seen[0].Reused);
        Assert.Contains(seen, one => one.Reused == "r");
        Assert.All(seen, one => Assert.Equal("CN=first", one.Subject));
    }

    [ToolTheory("nginx")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Requests_share_connections_and_sessions_only_where_all_settings_are_equal(bool onEventLoops)
    {
        await using ServerProcess nginx = await VerifyingNginx.StartAsync(_authority, _server);
        await using TestGateway gateway = await TestGateway.StartOnAsync(onEventLoops, Config(nginx.Port, "first", "second"));
        List<Seen> first = [], second = [];
        for (int i = 0; i < 10; i++)
        {
            first.Add(await AskAsync(gateway, "first.test"));
            second.Add(await AskAsync(gateway, "second.test"));
        }

        Assert.All(first, one => Assert.Equal("CN=first", one.Subject));
        Assert.All(second, one => Assert.Equal("CN=second", one.Subject));
        Assert.Empty(first.Select(one => one.Connection).Intersect(second.Select(one => one.Connection)));
        // One pool for each loop.
        Assert.InRange(first.Select(one => one.Connection).Distinct().Count(), 1, 2);
        Assert.InRange(second.Select(one => one.Connection).Distinct().Count(), 1, 2);
        Assert.Equal(".", second[0].Reused);
    }

    private string[] Config(int port, params string[] clients) =>
    [
        TestConfig.HttpGateway(),
        TestConfig.Secret("first", _first, _authority.AuthorityPem),
        TestConfig.Secret("second", _second, _authority.AuthorityPem),
        .. clients.SelectMany(client => (string[])
        [
            TestConfig.Route($"{client}.test", $"up-{client}.test"),
            TestConfig.Backend($"up-{client}.test", "HTTP", port),
            $$"""
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: {{client}}, namespace: default}
            spec:
              host: up-{{client}}.test
              trafficPolicy:
                tls: {mode: MUTUAL, credentialName: {{client}}, sni: partner.test, subjectAltNames: [partner.test]}
            """,
        ]),
    ];

    private static async Task<Seen> AskAsync(TestGateway gateway, string host)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", host, "/session");
        using HttpResponseMessage response = await client.SendAsync(request);
        string[] lines = (await response.Content.ReadAsStringAsync()).Split('\n');
        Assert.Equal((HttpStatusCode.OK, 3), (response.StatusCode, lines.Length));
        return new Seen(lines[0], lines[1], lines[2]);
    }

    /// <summary>What nginx tells of a request.</summary>
    private sealed record Seen(string Reused, string Subject, string Connection);
}
