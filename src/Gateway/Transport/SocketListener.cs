using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Gateway.Transport;

/// <summary>Binds addresses on .NET's sockets. Kestrel's own listener takes any failure to accept for a client's and tries again at once, which without descriptors is for ever.</summary>
/// <param name="options">Those of Kestrel's sockets.</param>
/// <param name="pool">The memory of the server that uses the connections; null = what sockets use by themselves.</param>
/// <param name="loggers">For what Kestrel says of connections.</param>
/// <param name="onExhausted">Told whenever accepting rests.</param>
internal sealed class SocketListenerFactory(SocketTransportOptions options, MemoryPool<byte>? pool, ILoggerFactory loggers, Action<EndPoint> onExhausted) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>Binds and listens.</summary>
    /// <exception cref="AddressInUseException">Somebody else has the address.</exception>
    /// <exception cref="SocketException">The address cannot be bound for another reason.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket? socket = null;
        try
        {
            socket = options.CreateBoundListenSocket(endpoint);
            socket.Listen(options.Backlog);
            return ValueTask.FromResult<IConnectionListener>(new SocketListener(socket, options, pool, loggers, onExhausted));
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            if (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
                throw new AddressInUseException(e.Message, e);
            throw;
        }
    }

    /// <summary>Whether the address is one of a stream socket.</summary>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint;
}

/// <summary>One bound address. Short of descriptors it rests until there are some; the connections wait in the kernel's queue.</summary>
internal sealed class SocketListener : IConnectionListener, IRestingListener
{
    private static readonly TimeSpan Pause = new EventLoopOptions().AcceptPause;

    private readonly Socket _socket;
    private readonly SocketConnectionContextFactory _connections;
    private readonly bool _noDelay;
    private readonly ServerPool? _pool;
    private readonly Action<EndPoint> _onExhausted;
    private readonly CancellationTokenSource _unbound = new();
    private long _pauses;
    private bool _resting;

    public SocketListener(Socket socket, SocketTransportOptions options, MemoryPool<byte>? pool, ILoggerFactory loggers, Action<EndPoint> onExhausted)
    {
        _socket = socket;
        _noDelay = options.NoDelay;
        _pool = pool is null ? null : new ServerPool(pool);
        _onExhausted = onExhausted;
        EndPoint = socket.LocalEndPoint ?? throw new InvalidOperationException("The socket is not bound.");
        _connections = new SocketConnectionContextFactory(Of(options), loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));
    }

    /// <summary>The address, with the port the system chose if 0 was asked for.</summary>
    public EndPoint EndPoint { get; }

    /// <inheritdoc/>
    public long Pauses => Interlocked.Read(ref _pauses);

    /// <summary>The next connection; null after <see cref="UnbindAsync"/>.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                while (_resting)
                    await RestAsync(cancellationToken);
                Socket accepted = await _socket.AcceptAsync(cancellationToken);
                _resting = Descriptors.IsKept((int)accepted.Handle);
                if (_noDelay && accepted.LocalEndPoint is IPEndPoint)
                    accepted.NoDelay = true;
                ConnectionContext connection = _connections.Create(accepted);
                if (_pool is not null)
                    connection.Features.Set<IMemoryPoolFeature>(_pool);
                return connection;
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                return null;
            }
            catch (SocketException e)
            {
                // A client that left while it waited is about this one; everything else is about all.
                _resting = e.SocketErrorCode is not (SocketError.ConnectionReset or SocketError.ConnectionAborted);
            }
        }
    }

    /// <summary>Closes the port; connections live on.</summary>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _socket.Dispose();
        await _unbound.CancelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        _connections.Dispose();
    }

    private async Task RestAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _pauses);
        _onExhausted(EndPoint);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_unbound.Token, cancellationToken);
        await Task.Delay(Pause, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        _resting = !_unbound.IsCancellationRequested && !Descriptors.HasRoom();
    }

    private static SocketConnectionFactoryOptions Of(SocketTransportOptions options) => new()
    {
        IOQueueCount = options.IOQueueCount,
        MaxReadBufferSize = options.MaxReadBufferSize,
        MaxWriteBufferSize = options.MaxWriteBufferSize,
        UnsafePreferInlineScheduling = options.UnsafePreferInlineScheduling,
        WaitForDataBeforeAllocatingBuffer = options.WaitForDataBeforeAllocatingBuffer,
    };

    private sealed class ServerPool(MemoryPool<byte> pool) : IMemoryPoolFeature
    {
        public MemoryPool<byte> MemoryPool => pool;
    }
}
