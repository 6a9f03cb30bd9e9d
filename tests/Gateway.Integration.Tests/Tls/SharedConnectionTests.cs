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

    [Fact]
    public async Task A_request_for_another_host_is_routed_where_the_handshake_would_have_been_the_same_and_else_misdirected()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(
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
            TestConfig.Backend("echo.test", _echo));
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(443), ClientTls.Http1("a.test"));

        foreach ((string host, int status) in ((string, int)[])[("a.test", 200), ("b.test", 200), ("mutual.test", 421), ("other.test:443", 421), ("unknown.test", 404)])
        {
            await connection.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
            Assert.Equal((host, status), (host, (await connection.ReadResponseAsync())?.Status));
        }
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
