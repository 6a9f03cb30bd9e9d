using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Tls;

/// <summary>Requests for one host on a connection made for another, and connections that a load balancer announces.</summary>
public sealed class SharedConnectionTests : IAsyncLifetime, IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TestCertificate _wildcard;
    private readonly TestCertificate _other;
    private EchoUpstream _echo = null!;

    public SharedConnectionTests()
    {
        _wildcard = _authority.IssueServer("*.test");
        _other = _authority.IssueServer("other.test");
    }

    public async Task InitializeAsync() => _echo = await EchoUpstream.StartAsync();

    public async Task DisposeAsync() => await _echo.DisposeAsync();

    public void Dispose()
    {
        _wildcard.Dispose();
        _other.Dispose();
        _authority.Dispose();
    }

    public static TheoryData<string> Ways => TlsWays.All;

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_request_for_another_host_is_routed_where_the_handshake_would_have_been_the_same_and_else_misdirected(string way)
    {
        await using TestGateway gateway = await StartAsync(way, tellsMisdirected: true);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(443), ClientTls.Http1("a.test"));

        foreach ((string host, int status) in ((string, int)[])[("a.test", 200), ("b.test", 200), ("mutual.test", 421), ("other.test:443", 421), ("unknown.test", 404)])
        {
            await connection.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
            Assert.Equal((host, status), (host, (await connection.ReadResponseAsync())?.Status));
        }
    }

    [ToolTheory("curl")]
    [MemberData(nameof(Ways))]
    public async Task Requests_of_one_HTTP2_connection_are_misdirected_one_by_one(string way)
    {
        await using TestGateway gateway = await StartAsync(way, tellsMisdirected: true);
        string port = gateway.Port(443).ToString(CultureInfo.InvariantCulture);
        List<string> arguments = [];
        foreach (string host in (string[])["a.test", "b.test", "mutual.test", "other.test:443", "unknown.test", "a.test"])
        {
            arguments.AddRange(arguments.Count > 0 ? ["--next"] : []);
            arguments.AddRange(["-sk", "--http2", "--resolve", $"a.test:{port}:127.0.0.1", "-o", "-", "-w", "\n=%{http_version} %{http_code} %{num_connects}=", "-H", "Host: " + host, $"https://a.test:{port}/"]);
        }

        (_, string output) = await CommandLineTool.RunAsync("curl", [.. arguments]);

        Assert.Equal(
            ["2 200 1", "2 200 0", "2 421 0", "2 421 0", "2 404 0", "2 200 0"],
            output.Split('\n').Where(line => line.StartsWith('=')).Select(line => line.Split('=')[1]));
        Assert.Equal(1, gateway.Handshakes.Succeeded);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Where_Istio_is_followed_every_other_host_is_not_found(string way)
    {
        await using TestGateway gateway = await StartAsync(way, tellsMisdirected: false);

        Assert.Equal([200, 404, 404, 404, 404], await StatusesAsync(gateway, "a.test", "b.test", "mutual.test", "other.test", "unknown.test"));
    }

    /// <summary>The answers over HTTP/2 on connections whose server name was a.test.</summary>
    private static async Task<List<int>> StatusesAsync(TestGateway gateway, params string[] hosts)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(443), HttpVersion.Version20, ClientTls.Http2("a.test"));
        List<int> statuses = [];
        foreach (string host in hosts)
        {
            using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version20, "https", host, "/");
            using HttpResponseMessage response = await client.SendAsync(request);
            statuses.Add((int)response.StatusCode);
        }
        return statuses;
    }

    private async Task<TestGateway> StartAsync(string way, bool tellsMisdirected)
    {
        TlsWays.Use(way);
        TestGateway gateway = await TestGateway.StartTunedAsync(options => options with { TellsMisdirected = tellsMisdirected });
        Assert.Empty(await gateway.ApplyAsync(
            """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: gateway, namespace: default}
            spec:
              servers:
              - {port: {number: 443, name: a, protocol: HTTPS}, hosts: [a.test], tls: {mode: SIMPLE, credentialName: wildcard}}
              - {port: {number: 443, name: b, protocol: HTTPS}, hosts: [b.test], tls: {mode: SIMPLE, credentialName: wildcard}}
              - {port: {number: 443, name: m, protocol: HTTPS}, hosts: [mutual.test], tls: {mode: MUTUAL, credentialName: wildcard}}
              - {port: {number: 443, name: o, protocol: HTTPS}, hosts: [other.test], tls: {mode: SIMPLE, credentialName: other}}
            """,
            TestConfig.Secret("wildcard", _wildcard, _authority.AuthorityPem),
            TestConfig.Secret("other", _other),
            TestConfig.Route("a.test", "echo.test"), TestConfig.Route("b.test", "echo.test"),
            TestConfig.Route("mutual.test", "echo.test"), TestConfig.Route("other.test", "echo.test"),
            TestConfig.Backend("echo.test", _echo)));
        return gateway;
    }

    [Fact]
    public async Task A_connection_belongs_to_whom_its_PROXY_header_names_and_is_closed_without_one()
    {
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(TimeSpan.Zero);
        Assert.Empty(await gateway.ApplyWithMeshAsync(
            "defaultConfig: {gatewayTopology: {proxyProtocol: {}}}",
            TestConfig.HttpGateway(), TestConfig.Route("a.test", "echo.test"), TestConfig.Backend("echo.test", _echo)));

        await using RawHttpConnection announced = await RawHttpConnection.ConnectAsync(gateway.Port(80));
        await announced.SendAsync("PROXY TCP4 192.0.2.7 198.51.100.2 1234 80\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
        RawHttpResponse? answer = await announced.ReadResponseAsync();
        Assert.Equal(200, answer?.Status);
        Assert.Equal("192.0.2.7", Assert.Single(EchoRequest.Parse(Encoding.UTF8.GetString(answer!.Body)).Headers["x-forwarded-for"]));

        await using RawHttpConnection bare = await RawHttpConnection.ConnectAsync(gateway.Port(80));
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await bare.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
            if (await bare.ReadResponseAsync() is null)
                throw new IOException("Closed.", new SocketException());
        });
    }
}
