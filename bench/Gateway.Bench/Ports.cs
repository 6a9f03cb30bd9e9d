using System.Net;
using System.Net.Sockets;

namespace Gateway.Bench;

/// <summary>Free ports of loopback.</summary>
internal static class Ports
{
    private static readonly HashSet<int> Given = [];

    /// <summary>A port that is free now and was not given before: the system gives one again as soon as it is let go.</summary>
    public static int Free()
    {
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            lock (Given)
            {
                if (Given.Add(port))
                    return port;
            }
        }
    }

    /// <summary>Waits until somebody accepts there.</summary>
    public static async Task WaitAsync(int port, ProcessTree process, string logPath)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
                return;
            }
            catch (SocketException) when (!process.HasExited)
            {
                await Task.Delay(2, deadline.Token);
            }
            catch (SocketException)
            {
                throw new InvalidOperationException($"The process ended: {await File.ReadAllTextAsync(logPath)}");
            }
        }
    }
}
