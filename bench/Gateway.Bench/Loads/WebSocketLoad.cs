using System.Net.WebSockets;

namespace Gateway.Bench;

/// <summary>Messages to and fro over WebSockets.</summary>
internal static class WebSocketLoad
{
    private const int Connections = 32;
    private const int MessageBytes = 128;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<LoadResult> RunAsync(Contender proxy, BenchFolder folder, int seconds)
    {
        TimeSpan length = TimeSpan.FromSeconds(seconds);
        using var limit = new CancellationTokenSource(length + Patience);
        ClientWebSocket[] sockets = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => ConnectAsync(proxy, limit.Token)));
        using var end = new CancellationTokenSource(length);
        (long Good, long Bad)[] counts = await Task.WhenAll(sockets.Select(socket => EchoAsync(socket, end.Token, limit.Token)));
        return new LoadResult(counts.Sum(count => count.Good), counts.Sum(count => count.Bad), seconds);
    }

    private static async Task<ClientWebSocket> ConnectAsync(Contender proxy, CancellationToken limit)
    {
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{proxy.Plain}/app/ws"), limit);
        return socket;
    }

    private static async Task<(long Good, long Bad)> EchoAsync(ClientWebSocket socket, CancellationToken end, CancellationToken limit)
    {
        using ClientWebSocket owned = socket;
        byte[] message = new byte[MessageBytes];
        byte[] echo = new byte[2 * MessageBytes];
        (long good, long bad) = (0, 0);
        while (!end.IsCancellationRequested)
        {
            await socket.SendAsync(message.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, limit);
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(echo.AsMemory(), limit);
            if (received is { Count: MessageBytes, EndOfMessage: true, MessageType: WebSocketMessageType.Binary })
                good++;
            else
                bad++;
        }

        return (good, bad);
    }
}
