using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Tls;

/// <summary>Ports on which servers in plain text come after servers of TLS.</summary>
public sealed class SharedPortTests : IDisposable
{
    private const string Servers = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: gw, namespace: default}
        spec:
          servers:
          - {port: {number: 443, name: https, protocol: HTTPS}, hosts: [a.test], tls: {mode: SIMPLE, credentialName: cert} }
          - {port: {number: 443, name: plain, protocol: PROTOCOL}, hosts: ["*"]}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: v, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [gw]
          http: [{route: [{destination: {host: backend.test} }]}]
          tcp: [{route: [{destination: {host: backend.test} }]}]
        """;

    private readonly TestCertificates _authority = new();

    public static TheoryData<string> Ways => TlsWays.All;

    public void Dispose() => _authority.Dispose();

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task HTTP_in_plain_text_and_in_TLS_are_told_apart_by_the_first_bytes(string way)
    {
        TlsWays.Use(way);
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        using TestCertificate certificate = _authority.IssueServer("a.test");
        await using TestGateway gateway = await TestGateway.StartAsync(
            Servers.Replace("PROTOCOL", "HTTP", StringComparison.Ordinal), TestConfig.Secret("cert", certificate), TestConfig.Backend("backend.test", "HTTP", echo.Port));

        foreach ((ClientTls? tls, string host, int status) in ((ClientTls?, string, int)[])
            [(null, "a.test", 200), (null, "b.test", 200), (ClientTls.Http1("a.test"), "a.test", 200), (ClientTls.Http1("a.test"), "b.test", 404)])
        {
            await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(443), tls);
            await connection.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
            Assert.Equal((host, status), (host, (await connection.ReadResponseAsync())?.Status));
        }
        Assert.Equal(RawHttp2Result.Answered, await RawHttp2Connection.ExchangeAsync(gateway.Port(443), [(":method", "GET"), (":scheme", "http"), (":authority", "b.test"), (":path", "/")]));
        await AssertNotOpenedAsync(gateway, "b.test");
        Assert.Empty(gateway.Faults);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task TCP_gets_what_is_no_TLS_and_TLS_for_names_that_no_server_has(string way)
    {
        TlsWays.Use(way);
        using var backend = new TcpListener(IPAddress.Loopback, 0);
        backend.Start();
        using TestCertificate certificate = _authority.IssueServer("a.test");
        await using TestGateway gateway = await TestGateway.StartAsync(
            Servers.Replace("PROTOCOL", "TCP", StringComparison.Ordinal), TestConfig.Secret("cert", certificate),
            TestConfig.Backend("backend.test", "TCP", ((IPEndPoint)backend.LocalEndpoint).Port));

        byte[] hello = new HandmadeHello { ServerName = "b.test" }.ToBytes();
        foreach (byte[] sent in (byte[][])["any bytes"u8.ToArray(), hello, [22, 3, 1, 0, 0, 7]])
        {
            using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(IPAddress.Loopback, gateway.Port(443));
            await client.SendAsync(sent);
            using var limit = new CancellationTokenSource(Eventually.Deadline);
            using Socket accepted = await backend.AcceptSocketAsync(limit.Token);
            byte[] received = new byte[sent.Length];
            await using var stream = new NetworkStream(accepted);
            await stream.ReadExactlyAsync(received, limit.Token);
            Assert.Equal(sent, received);
        }
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(443), ClientTls.Http1("a.test"));
        Assert.NotNull(connection.Tls);
        Assert.Empty(gateway.Faults);
    }

    private static async Task AssertNotOpenedAsync(TestGateway gateway, string host)
    {
        Exception? failure = await Record.ExceptionAsync(async () => await (await RawHttpConnection.ConnectAsync(gateway.Port(443), ClientTls.Http1(host))).DisposeAsync());
        Assert.True(failure is IOException or SocketException or AuthenticationException, $"{failure}");
    }
}
