using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Tls;

/// <summary>PROXY headers in both versions, in front of HTTP and of TLS, from whom is trusted and from whom is not.</summary>
public sealed class ProxyProtocolTests : IAsyncLifetime, IDisposable
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
    private static readonly IPAddress Trusted = IPAddress.Parse("127.0.0.8");
    private static readonly IPAddress Untrusted = IPAddress.Parse("127.0.0.9");
    private static readonly byte[] Signature = [13, 10, 13, 10, 0, 13, 10, .. "QUIT\n"u8];
    private static readonly byte[] Line = [.. "PROXY TCP4 192.0.2.7 198.51.100.2 1234 80\r\n"u8];
    private static readonly byte[] Binary = [.. Signature, 0x21, 0x11, 0, 12, 192, 0, 2, 7, 198, 51, 100, 2, 4, 210, 0, 80];

    private readonly TestCertificates _authority = new();
    private EchoUpstream _echo = null!;

    public static TheoryData<string> Ways => TlsWays.All;

    public async Task InitializeAsync() => _echo = await EchoUpstream.StartAsync();

    public async Task DisposeAsync() => await _echo.DisposeAsync();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Headers_of_both_versions_name_the_client_in_front_of_HTTP_and_of_TLS(string way)
    {
        await using TestGateway gateway = await StartAsync(way);
        byte[] version6 = [.. Signature, 0x21, 0x21, 0, 40, .. IPAddress.Parse("2001:db8::7").GetAddressBytes(), .. IPAddress.Parse("2001:db8::2").GetAddressBytes(), 4, 210, 0, 80, 4, 0, 1, 0];
        byte[] local = [.. Signature, 0x20, 0, 0, 0];
        // The load balancer for itself; a peer on loopback goes by the gateway's own address, as in Envoy.
        (byte[], string)[] headers = [(Line, "192.0.2.7"), ([.. "PROXY TCP6 2001:db8::7 2001:db8::2 1234 80\r\n"u8], "2001:db8::7"), (Binary, "192.0.2.7"), (version6, "2001:db8::7"), (local, "127.0.0.1")];

        foreach ((byte[] header, string client) in headers)
        {
            foreach (bool tls in (bool[])[false, true])
                Assert.Equal((client, tls), (await AskAsync(gateway, Trusted, header, tls, inCrumbs: false), tls));
        }
        Assert.Equal("192.0.2.7", await AskAsync(gateway, Trusted, Line, tls: true, inCrumbs: true));
        Assert.Equal("192.0.2.7", await AskAsync(gateway, Trusted, Binary, tls: true, inCrumbs: true));
        Assert.Empty(gateway.Faults);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Untrusted_peers_and_malformed_headers_are_closed(string way)
    {
        await using TestGateway gateway = await StartAsync(way);
        byte[][] malformed = [[], [.. "PROXY TCP4 192.0.2.7\r\n"u8], [.. "PROXY TCP4 192.0.2.777 198.51.100.2 1 2\r\n"u8], [.. Signature, 0x11, 0x11, 0, 12, .. new byte[12]], [.. Signature, 0x21, 0x11, 0, 4, .. new byte[4]]];

        foreach (bool tls in (bool[])[false, true])
        {
            foreach (byte[] header in (byte[][])[Line, Binary])
                Assert.Null(await AskAsync(gateway, Untrusted, header, tls, inCrumbs: false));
            foreach (byte[] header in malformed)
                Assert.Null(await AskAsync(gateway, Trusted, header, tls, inCrumbs: false));
        }
        Assert.Empty(_echo.Requests);
        Assert.Equal("192.0.2.7", await AskAsync(gateway, Trusted, Line, tls: true, inCrumbs: false));
        Assert.Empty(gateway.Faults);
    }

    [Theory]
    [InlineData("ipBlocks: [127.0.0.8]", true)]
    [InlineData("ipBlocks: [192.0.2.7]", false)]
    [InlineData("remoteIpBlocks: [192.0.2.0/24]", true)]
    [InlineData("remoteIpBlocks: [127.0.0.0/8]", false)]
    [InlineData("notRemoteIpBlocks: [192.0.2.7]", false)]
    [InlineData("ipBlocks: [127.0.0.8], remoteIpBlocks: [192.0.2.7]", true)]
    public async Task Policies_tell_the_load_balancer_from_the_client(string source, bool passes)
    {
        await using TestGateway gateway = await StartAsync(TlsWays.SslStream, $$"""
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: p, namespace: istio-system}
            spec: {rules: [{from: [{source: {{{source}}} }]}]}
            """);

        Assert.Equal(passes ? "192.0.2.7" : null, await AskAsync(gateway, Trusted, Line, tls: false, inCrumbs: false));
        Assert.Equal(passes ? "192.0.2.7" : null, await AskAsync(gateway, Trusted, Binary, tls: true, inCrumbs: false));
    }

    private async Task<TestGateway> StartAsync(string way, params string[] more)
    {
        TlsWays.Use(way);
        using TestCertificate certificate = _authority.IssueServer("a.test");
        TestGateway gateway = await TestGateway.StartTunedAsync(options => options with { ProxyHeadersFrom = new([new IPNetwork(Trusted, 32)]) });
        Assert.Empty(await gateway.ApplyWithMeshAsync(
            "defaultConfig: {gatewayTopology: {proxyProtocol: {}}}",
            [TestConfig.HttpGateway(), TestConfig.HttpsGateway("cert"), TestConfig.Secret("cert", certificate),
                TestConfig.Route("a.test", "echo.test"), TestConfig.Backend("echo.test", _echo), .. more]));
        return gateway;
    }

    /// <summary>Whom upstream takes for the client; null = the connection was closed.</summary>
    private static async Task<string?> AskAsync(TestGateway gateway, IPAddress from, byte[] header, bool tls, bool inCrumbs)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        try
        {
            await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(tls ? 443 : 80), from: from, cancel: deadline.Token);
            for (int i = 0, step = inCrumbs ? 1 : Math.Max(1, header.Length); i < header.Length; i += step)
                await connection.SendAsync(header.AsMemory(i, step), deadline.Token);
            Stream stream = connection.Stream;
            await using SslStream? secure = tls ? await ClientTls.Http1("a.test").AuthenticateAsync(stream, deadline.Token) : null;
            stream = secure ?? stream;
            await stream.WriteAsync(Encoding.ASCII.GetBytes(Get.Replace("Host", "Connection: close\r\nHost", StringComparison.Ordinal)), deadline.Token);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            string answer = await reader.ReadToEndAsync(deadline.Token);
            int body = answer.IndexOf('{', StringComparison.Ordinal);
            return answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)
                ? Assert.Single(EchoRequest.Parse(answer[body..(answer.LastIndexOf('}') + 1)]).Headers["x-forwarded-for"])
                : null;
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            return null;
        }
    }
}
