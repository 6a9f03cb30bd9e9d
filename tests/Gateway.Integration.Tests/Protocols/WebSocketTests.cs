using System.Net.WebSockets;
using System.Security.Cryptography;
using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Protocols;

public sealed class WebSocketTests(EchoFixture fixture) : IClassFixture<EchoFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_go_both_ways_and_the_close_is_passed_on(bool tls)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        using HttpMessageInvoker invoker = new(TestHttpClient.CreateHandler(
            fixture.Gateway.Port(tls ? 443 : 80), tls ? ClientTls.Http1("h1.test") : null));
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", "h1.test");
        socket.Options.AddSubProtocol("chat");
        await socket.ConnectAsync(new Uri(tls ? "wss://h1.test/ws" : "ws://h1.test/ws"), invoker, deadline.Token);
        byte[] large = RandomNumberGenerator.GetBytes(300_000);

        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, deadline.Token);
        byte[] small = await ReceiveAsync(socket, deadline.Token);
        await socket.SendAsync(large, WebSocketMessageType.Binary, true, deadline.Token);
        byte[] back = await ReceiveAsync(socket, deadline.Token);
        await socket.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "bye", deadline.Token);

        Assert.Equal("chat", socket.SubProtocol);
        Assert.Equal("hello"u8.ToArray(), small);
        Assert.Equal(large, back);
        Assert.Equal((WebSocketCloseStatus.EndpointUnavailable, "bye"), (socket.CloseStatus, socket.CloseStatusDescription));
    }

    [Fact]
    public async Task An_upstream_that_refuses_the_upgrade_answers_the_client()
    {
        using HttpMessageInvoker invoker = new(TestHttpClient.CreateHandler(fixture.Gateway.Port(80)));
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", "unknown.test");
        socket.Options.CollectHttpResponseDetails = true;

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri("ws://unknown.test/ws"), invoker, default));

        Assert.Equal(System.Net.HttpStatusCode.NotFound, socket.HttpStatusCode);
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket socket, CancellationToken cancel)
    {
        using var message = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        WebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer, cancel);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return message.ToArray();
    }
}
