using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests.Forwarding;

/// <summary>The port of a backend that does exactly what a test says. Derived classes accept from their constructor's end on.</summary>
internal abstract class ScriptedListener : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentBag<Socket> _open = [];
    private int _connections;
    private int _ended;

    protected ScriptedListener()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Connections that were served to their end.</summary>
    public int Ended => Volatile.Read(ref _ended);

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        foreach (Socket socket in _open)
            socket.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Begins to accept.</summary>
    protected void Start() => _ = Task.Run(AcceptAsync);

    /// <summary>What happens on a connection, from its first byte; it is closed afterwards.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="number">Its number, from 1.</param>
    protected abstract Task ServeAsync(NetworkStream stream, int number);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync();
                _open.Add(socket);
                _ = RunAsync(socket, Interlocked.Increment(ref _connections));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task RunAsync(Socket socket, int number)
    {
        socket.NoDelay = true;
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await ServeAsync(stream, number);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The gateway closed.
        }

        Interlocked.Increment(ref _ended);
    }
}
