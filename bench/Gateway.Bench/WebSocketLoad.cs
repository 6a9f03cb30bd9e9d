using System.Net.WebSockets;

namespace Gateway.Bench;

/// <summary>Messages to and fro over WebSockets, from this process, which is pinned to CPU 1.</summary>
internal static class WebSocketLoad
{
    private const int Connections = 32;
    private const int MessageBytes = 128;

    public static async Task<LoadResult> RunAsync(Contender proxy, BenchFolder folder, int seconds)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        long[] counts = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => EchoAsync(proxy, end.Token)));
        return new LoadResult(counts.Sum(), 0, seconds);
    }

    private static async Task<long> EchoAsync(Contender proxy, CancellationToken end)
    {
        using var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{proxy.Plain}/ws"), CancellationToken.None);
        byte[] message = new byte[MessageBytes];
        byte[] echo = new byte[2 * MessageBytes];
        long count = 0;
        while (!end.IsCancellationRequested)
        {
            await socket.SendAsync(message.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            await socket.ReceiveAsync(echo.AsMemory(), CancellationToken.None);
            count++;
        }

        return count;
    }
}
