using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Bench;

/// <summary>From the start of the process to the end of the first proxied response.</summary>
internal sealed record StartFigures(string Contender, double Milliseconds);

/// <summary>Measures <see cref="StartFigures"/>, the median of five starts.</summary>
internal static class StartUp
{
    private const int Starts = 5;

    private const int MaxTries = 1000;

    public static async Task<IReadOnlyList<StartFigures>> MeasureAsync(IEnumerable<Contender> contenders, BenchFolder folder, int http1, int http2)
    {
        List<StartFigures> figures = [];
        foreach (Contender contender in contenders)
        {
            var times = new List<double>();
            for (int i = 0; i < Starts; i++)
            {
                var watch = Stopwatch.StartNew();
                await contender.StartAsync(folder, http1, http2);
                await RequestAsync(contender.Plain);
                times.Add(watch.Elapsed.TotalMilliseconds);
                contender.Process.Dispose();
            }

            figures.Add(new StartFigures(contender.Name, Measurement.Median(times)));
        }

        return figures;
    }

    // A port may be bound before the program serves it: until the first answer it has not started.
    private static async Task RequestAsync(int port)
    {
        for (int i = 0; i < MaxTries; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                await socket.SendAsync("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
                if (await socket.ReceiveAsync(new byte[4096]) > 0)
                    return;
            }
            catch (SocketException) when (i < MaxTries - 1)
            {
                continue;
            }
        }
        throw new InvalidOperationException($"Nothing answers at port {port}.");
    }
}
