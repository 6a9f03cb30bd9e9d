using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Integration.Tests.Chaos;

/// <summary>
/// A small HTTP/1.1 server that can die (its port refuses, its connections break), hang (it takes requests and does not
/// answer) and come back at the same address. Each has a loopback address of its own, so nobody takes its port meanwhile.
/// </summary>
internal sealed class ChaosBackend : IAsyncDisposable
{
    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"u8.ToArray();
    private readonly ConcurrentDictionary<Socket, bool> _connections = new();
    private volatile bool _isHanging;
    private Socket? _listener;
    private long _requests;

    /// <summary>Starts at 127.41.0.<paramref name="number"/>.</summary>
    public ChaosBackend(int number)
    {
        EndPoint = new IPEndPoint(new IPAddress([127, 41, 0, (byte)number]), 0);
        Revive();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; private set; }

    /// <summary>Requests answered.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Its port refuses and its connections are reset.</summary>
    public void Die()
    {
        Interlocked.Exchange(ref _listener, null)?.Dispose();
        foreach (Socket connection in _connections.Keys)
        {
            try
            {
                connection.LingerState = new LingerOption(true, 0);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The gateway left at the same moment.
            }
            connection.Dispose();
        }
    }

    /// <summary>Takes requests and does not answer.</summary>
    public void Hang() => _isHanging = true;

    /// <summary>Is well again. What was not answered never will be: those connections break.</summary>
    public void Revive()
    {
        if (_isHanging)
            Die();
        _isHanging = false;
        if (_listener is not null)
            return;
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(EndPoint);
        listener.Listen(512);
        EndPoint = (IPEndPoint)listener.LocalEndPoint!;
        _listener = listener;
        _ = AcceptAsync(listener);
    }

    public ValueTask DisposeAsync()
    {
        Die();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                Socket connection = await listener.AcceptAsync();
                connection.NoDelay = true;
                _connections[connection] = true;
                _ = ServeAsync(connection);
                // Accepted while it died.
                if (!ReferenceEquals(_listener, listener))
                    connection.Dispose();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It died.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        byte[] buffer = new byte[4096];
        int length = 0;
        try
        {
            while (await connection.ReceiveAsync(buffer.AsMemory(length)) is > 0 and int read)
            {
                length += read;
                if (!buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
                    continue;
                length = 0;
                if (_isHanging)
                    continue;
                Interlocked.Increment(ref _requests);
                await connection.SendAsync(Answer);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It died, or the gateway left.
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => EndPoint.ToString();
}
