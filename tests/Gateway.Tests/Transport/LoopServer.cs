using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Transport;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Tests.Transport;

/// <summary>Event loops with a listener on loopback that hands every connection to a handler; and plain sockets to talk to it.</summary>
internal sealed class LoopServer : IAsyncDisposable
{
    private readonly ConcurrentBag<Exception> _errors = [];
    private readonly Func<ConnectionContext, Task> _handler;
    private readonly Task _accepting;
    private int _open;

    public LoopServer(Func<ConnectionContext, Task> handler, EventLoopOptions? options = null, EndPoint? endPoint = null)
    {
        _handler = handler;
        Group = new EventLoopGroup(options ?? new EventLoopOptions { Loops = 2 }, _errors.Add);
        Listener = EventLoopListener.Bind(Group, endPoint ?? new IPEndPoint(IPAddress.Loopback, 0));
        _accepting = Task.Run(AcceptAsync); // the test framework has a synchronization context
    }

    public EventLoopGroup Group { get; }

    public EventLoopListener Listener { get; }

    /// <summary>What escaped callbacks of the loops.</summary>
    public IReadOnlyCollection<Exception> Errors => _errors;

    /// <summary>Connections whose handler has not ended.</summary>
    public int Open => Volatile.Read(ref _open);

    public static async Task EchoAsync(ConnectionContext connection)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync();
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                await connection.Transport.Output.WriteAsync(segment);

            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }

    public Socket Connect()
    {
        var socket = new Socket(Listener.EndPoint.AddressFamily, SocketType.Stream, Listener.EndPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        socket.Connect(Listener.EndPoint);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        await Listener.DisposeAsync();
        await _accepting;
        // What was awaited may have gone on on a loop; one that ends itself does not wait for its end.
        await Task.Run(Group.Dispose);
    }

    private async Task AcceptAsync()
    {
        while (await Listener.AcceptAsync() is { } connection)
            _ = HandleAsync(connection);
    }

    private async Task HandleAsync(ConnectionContext connection)
    {
        Interlocked.Increment(ref _open);
        try
        {
            await _handler(connection);
        }
        catch (IOException)
        {
            // The client reset the connection: a state many tests bring about.
        }
        finally
        {
            await connection.DisposeAsync();
            Interlocked.Decrement(ref _open);
        }
    }
}
