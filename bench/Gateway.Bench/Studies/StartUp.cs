using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Bench;

/// <summary>From the start of the process to the end of the first proxied response.</summary>
internal static class StartUp
{
    private const int Starts = 9;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<Table> MeasureAsync(StudyContext context)
    {
        await context.Roster.NeedAsync([]);
        List<TableRow> rows = [];
        foreach (Contender contender in context.Roster.Standard)
        {
            var times = new List<double>();
            for (int i = 0; i < Starts; i++)
            {
                Command command = await contender.ConfigureAsync(context.Folder, context.Origins);
                var watch = Stopwatch.StartNew();
                contender.Launch(command, context.Folder);
                await FirstAnswerAsync(contender.Plain);
                times.Add(watch.Elapsed.TotalMilliseconds);
                contender.Stop();
            }

            rows.Add(new TableRow(contender.Name, Measurement.Median(times), times.Min(), times.Max()));
        }

        return new Table(["ms", "least", "most"], rows);
    }

    // A port may be bound before the program serves it: until the first good answer it has not started.
    private static async Task FirstAnswerAsync(int port)
    {
        using var deadline = new CancellationTokenSource(Patience);
        byte[] buffer = new byte[4096];
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
                await socket.SendAsync("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), deadline.Token);
                int count = await socket.ReceiveAsync(buffer, deadline.Token);
                if (buffer.AsSpan(0, count).StartsWith("HTTP/1.1 200"u8))
                    return;
            }
            catch (SocketException)
            {
                // Nobody listens yet.
            }

            await Task.Delay(1, deadline.Token);
        }
    }
}
