using System.Net;
using Gateway.Transport;

namespace Gateway.Clusters.Http1;

/// <summary>
/// Idle connections from one loop to one endpoint; the one used last is used next. For the loop only. A connection that
/// says anything while it is idle is closed: it ends, or it sends a response nobody asked for.
/// </summary>
internal sealed class Http1Pool(EventLoop loop, EndPoint endPoint)
{
    private const int MaxIdle = 4096;

    private Http1Connection? _newest;
    private bool _retired;

    /// <summary>How many are idle.</summary>
    public int Idle { get; private set; }

    /// <summary>An idle connection that is alive as far as the loop knows; null = none.</summary>
    public Http1Connection? TryTake()
    {
        while (_newest is { } connection)
        {
            Unlink(connection);
            if (connection.Socket is { IsClosed: false, IsReadable: false, PeerEnded: false })
                return connection;

            connection.Close();
        }

        return null;
    }

    /// <summary>Opens a new one. Exceptions as <see cref="EventLoopConnector.ConnectAsync"/>.</summary>
    public async ValueTask<Http1Connection> ConnectAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        new(await EventLoopConnector.ConnectAsync(loop, endPoint, timeout, cancellationToken), this);

    /// <summary>Takes a connection back whose exchange is over and which has nothing buffered.</summary>
    public void Return(Http1Connection connection, TimeSpan idleTimeout)
    {
        LoopSocket socket = connection.Socket;
        if (_retired || Idle >= MaxIdle || socket.IsClosed || socket.IsReadable || socket.PeerEnded)
        {
            connection.Close();
            return;
        }

        connection.ReleaseBuffer();
        connection.Next = _newest;
        if (_newest is not null)
            _newest.Previous = connection;
        _newest = connection;
        Idle++;
        socket.IdleState = connection;
        socket.IdleEvent = static state => ((Http1Connection)state!).Pool.Drop((Http1Connection)state);
        loop.Timers.Set(connection.IdleTimer, idleTimeout);
    }

    /// <summary>Closes an idle connection.</summary>
    public void Drop(Http1Connection connection)
    {
        Unlink(connection);
        connection.Close();
    }

    /// <summary>Closes all; what comes back later is closed too.</summary>
    public void Retire()
    {
        _retired = true;
        while (_newest is { } connection)
            Drop(connection);
    }

    /// <summary>As <see cref="Retire"/>, from any thread.</summary>
    public void RetireOnLoop() => loop.Scheduler.Schedule(static state => ((Http1Pool)state!).Retire(), this);

    private void Unlink(Http1Connection connection)
    {
        if (connection.Previous is null)
            _newest = connection.Next;
        else
            connection.Previous.Next = connection.Next;

        if (connection.Next is not null)
            connection.Next.Previous = connection.Previous;

        connection.Next = connection.Previous = null;
        Idle--;
        connection.Socket.IdleEvent = null;
        loop.Timers.Clear(connection.IdleTimer);
    }
}
