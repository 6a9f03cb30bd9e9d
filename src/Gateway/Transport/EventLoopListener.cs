using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Transport;

/// <summary>
/// One bound address: an acceptor per loop, and a queue from which <see cref="AcceptAsync"/> takes. Connections stay on
/// the loop that accepted them, except on a Unix socket, which has one acceptor and deals them out in turn.
/// </summary>
internal sealed class EventLoopListener : IConnectionListener, IRestingListener
{
    private readonly EventLoopGroup _group;
    private readonly LoopAcceptor[] _acceptors;
    // The taker continues on the loop that accepted, without a change of threads.
    private readonly Channel<EventLoopConnection> _accepted = Channel.CreateUnbounded<EventLoopConnection>(new() { AllowSynchronousContinuations = true });
    private readonly bool[] _paused;
    private readonly Lock _pausing = new();
    private int _untaken;
    private int _anyPaused;
    private long _accepts;
    private long _pauses;

    private EventLoopListener(EventLoopGroup group, EndPoint bound, int[] descriptors)
    {
        _group = group;
        EndPoint = bound;
        _acceptors = [.. descriptors.Select((fd, index) => new LoopAcceptor(this, group.Loops[index], fd, group.Options, bound))];
        _paused = new bool[_acceptors.Length];
    }

    /// <summary>The address, with the port the system chose if 0 was asked for.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Connections accepted so far.</summary>
    public long Accepts => Interlocked.Read(ref _accepts);

    /// <inheritdoc/>
    public long Pauses => Interlocked.Read(ref _pauses);

    /// <summary>Binds and starts accepting.</summary>
    /// <exception cref="AddressInUseException">Somebody else has the address.</exception>
    /// <exception cref="SocketException">The address cannot be bound for another reason.</exception>
    public static EventLoopListener Bind(EventLoopGroup group, EndPoint endPoint)
    {
        try
        {
            int[] descriptors = ListenSocket.Bind(endPoint, group.Loops.Length, group.Options.Backlog, out EndPoint bound);
            var listener = new EventLoopListener(group, bound, descriptors);
            foreach (LoopAcceptor acceptor in listener._acceptors)
                acceptor.Start();

            return listener;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(exception.Message, exception);
        }
    }

    /// <summary>The next connection; null after <see cref="UnbindAsync"/>.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_accepted.Reader.TryRead(out EventLoopConnection? connection))
            {
                Interlocked.Decrement(ref _untaken);
                if (Volatile.Read(ref _anyPaused) != 0)
                    ResumePaused();

                return connection;
            }
        }

        return null;
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        foreach (LoopAcceptor acceptor in _acceptors)
            await acceptor.CloseAsync();

        // A single acceptor deals its connections out to the other loops: what is on its way there comes first.
        if (_acceptors.Length < _group.Loops.Length)
        {
            foreach (EventLoop loop in _group.Loops)
                await loop.YieldAsync();
        }

        _accepted.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        while (_accepted.Reader.TryRead(out EventLoopConnection? connection))
        {
            connection.Abort();
            await connection.DisposeAsync();
        }
    }

    /// <summary>Whether another connection may be accepted; if not, the acceptor is resumed later.</summary>
    internal bool HasRoom(LoopAcceptor acceptor)
    {
        int limit = _group.Options.MaxUntakenConnections;
        if (Volatile.Read(ref _untaken) < limit)
            return true;

        lock (_pausing)
        {
            _paused[Array.IndexOf(_acceptors, acceptor)] = true;
            Volatile.Write(ref _anyPaused, 1);
        }

        // The last one may have been taken between the look and the note.
        if (Volatile.Read(ref _untaken) < limit)
            ResumePaused();

        return false;
    }

    internal void CountPause()
    {
        Interlocked.Increment(ref _pauses);
        _group.Options.OnExhausted?.Invoke(EndPoint);
    }

    internal void Fail(Exception exception) => _accepted.Writer.TryComplete(exception);

    internal EventLoop LoopFor(EventLoop acceptor) => _acceptors.Length == _group.Loops.Length ? acceptor : _group.Next();

    /// <summary>Makes a connection of an accepted descriptor. On its loop.</summary>
    internal void Take(EventLoop loop, int fd, EndPoint? local, EndPoint remote)
    {
        var socket = new LoopSocket(loop, fd);
        if (socket.Register() != 0)
        {
            socket.Close(reset: true);
            return;
        }

        var connection = new EventLoopConnection(socket, _group.Options, local ?? socket.LocalEndPoint(), remote);
        connection.Start();
        Interlocked.Increment(ref _accepts);
        Interlocked.Increment(ref _untaken);
        if (!_accepted.Writer.TryWrite(connection))
        {
            Interlocked.Decrement(ref _untaken);
            connection.Abort();
            _ = connection.DisposeAsync().AsTask();
        }
    }

    private void ResumePaused()
    {
        lock (_pausing)
        {
            Volatile.Write(ref _anyPaused, 0);
            for (int i = 0; i < _paused.Length; i++)
            {
                if (!_paused[i])
                    continue;

                _paused[i] = false;
                _acceptors[i].Resume();
            }
        }
    }
}
