using System.Net;
using System.Net.Sockets;

namespace Gateway.Bench;

/// <summary>Free ports of loopback.</summary>
internal static class Ports
{
    public static int Free()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
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
