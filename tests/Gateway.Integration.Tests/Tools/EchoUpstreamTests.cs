using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Grpc.Net.Client;

namespace Gateway.Integration.Tests.Tools;

/// <summary>The tools the other tests stand on, without a gateway between.</summary>
public sealed class EchoUpstreamTests
{
    [Theory]
    [InlineData("1.1", false, "HTTP/1.1")]
    [InlineData("2.0", false, "HTTP/2")]
    [InlineData("1.1", true, "HTTP/1.1")]
    [InlineData("2.0", true, "HTTP/2")]
    public async Task One_port_speaks_every_protocol(string version, bool tls, string protocol)
    {
        using var authority = new TestCertificates();
        using TestCertificate certificate = authority.IssueServer("a.test");
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { Name = "a", Certificate = certificate.Certificate });
        Version http = Version.Parse(version);
        ClientTls? security = !tls ? null : http.Major == 2 ? ClientTls.Http2("sni.test") : ClientTls.Http1("sni.test");
        using HttpClient client = TestHttpClient.Create(echo.Port, http, security);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Post, http, tls ? "https" : "http", "Authority.test:99", "/a/../b%2f?q=%20");
        request.Content = new StringContent("body");

        using HttpResponseMessage response = await client.SendAsync(request);
        var seen = EchoRequest.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal((protocol, "/a/../b%2f?q=%20", "Authority.test:99", 4L), (seen.Protocol, seen.Target, seen.Authority, seen.BodyBytes));
        Assert.Equal((tls, tls ? "sni.test" : null), (seen.Tls, seen.ServerName));
        Assert.Equal(seen.Target, Assert.Single(echo.Requests).Target);
    }

    [Fact]
    public async Task A_TLS_client_shows_its_certificate()
    {
        using var authority = new TestCertificates();
        using TestCertificate certificate = authority.IssueServer(KeyKind.Rsa, "a.test");
        using TestCertificate own = authority.IssueClient("me");
        await using EchoUpstream echo = await EchoUpstream.StartAsync(
            new EchoOptions { Certificate = certificate.Certificate, ClientAuthority = authority.Authority });
        using HttpClient client = TestHttpClient.Create(echo.Port, HttpVersion.Version11, ClientTls.Http1("a.test", own.Certificate));

        var seen = EchoRequest.Parse(await client.GetStringAsync("/"));

        Assert.Equal("CN=me", seen.ClientCertificateSubject);
    }

    [Fact]
    public async Task Grpc_and_WebSocket_answer()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(
            $"http://127.0.0.1:{echo.Port}", new GrpcChannelOptions { HttpHandler = TestHttpClient.CreateHandler(echo.Port), DisposeHttpClient = true });
        using var socket = new ClientWebSocket();
        using var invoker = new HttpMessageInvoker(TestHttpClient.CreateHandler(echo.Port));

        string answer = await channel.CreateCallInvoker().AsyncUnaryCall(EchoGrpc.UnaryMethod, null, default, "hello");
        await socket.ConnectAsync(new Uri("ws://gateway.test/"), invoker, default);
        await socket.SendAsync("ping"u8.ToArray(), WebSocketMessageType.Text, true, default);
        byte[] buffer = new byte[16];
        WebSocketReceiveResult message = await socket.ReceiveAsync(buffer, default);

        Assert.Equal("hello", answer);
        Assert.Equal("ping"u8.ToArray(), buffer[..message.Count]);
    }

    [Fact]
    public async Task Raw_bytes_go_out_and_the_answer_is_read()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();

        RawHttpResponse? answer = await RawHttpConnection.ExchangeAsync(
            echo.Port, "GET /x HTTP/1.1\r\nHost: a\r\necho-header: x-one=1\r\n\r\n");

        Assert.NotNull(answer);
        Assert.Equal((200, "1"), (answer.Status, answer.Header("x-one")));
        Assert.Equal("/x", EchoRequest.Parse(answer.Text).Target);
    }

    [Fact]
    public async Task The_DNS_server_answers_what_was_set()
    {
        await using var dns = new FakeDns();
        dns.Set("a.test", TimeSpan.FromSeconds(5), IPAddress.Parse("127.0.0.9"));
        byte[] query = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 4, .. "test"u8, 0, 0, 1, 0, 1];
        using var client = new UdpClient();

        await client.SendAsync(query, dns.EndPoint);
        UdpReceiveResult reply = await client.ReceiveAsync().WaitAsync(Eventually.Deadline);

        Assert.Equal(new byte[] { 127, 0, 0, 9 }, reply.Buffer[^4..]);
        Assert.Equal(1, dns.Queries("a.test"));
    }
}
