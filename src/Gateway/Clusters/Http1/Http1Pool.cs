using Gateway.Transport;

namespace Gateway.Clusters.Http1;

/// <summary>
/// Idle connections from one loop to one endpoint; the one used last is used next. For the loop only. A connection that
/// says anything while it is idle is closed: it ends, or it sends a response nobody asked for.
/// </summary>
/// <param name="loop">The loop.</param>
/// <param name="endpoint">The endpoint.</param>
/// <param name="cluster">Its cluster: how connections are made and how long they are kept.</param>
/// <param name="authority">For whom TLS connections are made, where that matters.</param>
internal sealed class Http1Pool(EventLoop loop, UpstreamEndpoint endpoint, Cluster cluster, string authority) : ILoopPool
{
    private const int MaxIdle = 4096;

    private Http1Connection? _newest;
    private bool _retired;

    /// <summary>The count of the endpoint's connections.</summary>
    public ConnectionCount Count => endpoint.OwnConnections;

    /// <summary>How many are idle.</summary>
    public int Idle { get; private set; }

    /// <summary>An idle connection that is alive as far as the loop knows; null = none.</summary>
    public Http1Connection? TryTake()
    {
        while (_newest is { } connection)
        {
            Unlink(connection);
            if (connection.Socket is { IsClosed: false, IsReadable: false, PeerEnded: false } && !IsTooOld(connection))
                return connection;

            connection.Close();
        }

        return null;
    }

    /// <summary>Opens a new one, or waits for one to become free where there are as many as there may be. Exceptions as <see cref="UpstreamConnector"/>'s.</summary>
    public async ValueTask<Http1Connection> ConnectAsync(CancellationToken cancellationToken)
    {
        ConnectionQuota quota = cluster.Connections;
        if (!quota.TryOpen(Count) && await WaitAsync(quota, cancellationToken) is { } handed)
            return handed;

        try
        {
            return new Http1Connection(await cluster.Connector.ConnectAsync(loop, endpoint.EndPoint, authority, isHttp2: false, default, cancellationToken), this, quota);
        }
        catch
        {
            quota.Close(Count);
            throw;
        }
    }

    /// <summary>Takes a connection back whose exchange is over and which has nothing buffered.</summary>
    public void Return(Http1Connection connection)
    {
        LoopChannel socket = connection.Socket;
        if (_retired || Idle >= MaxIdle || socket.IsClosed || socket.IsReadable || socket.PeerEnded || IsTooOld(connection) || IsSpent(connection))
        {
            connection.Close();
            return;
        }

        if (cluster.Connections.Waiting > 0 && HandOver(connection, cluster.Connections))
            return;

        connection.ReleaseBuffer();
        connection.Turns = 0;
        connection.Next = _newest;
        if (_newest is not null)
            _newest.Previous = connection;
        _newest = connection;
        Idle++;
        socket.IdleState = connection;
        socket.IdleEvent = static state => ((Http1Connection)state!).Pool.Drop((Http1Connection)state);
        if (cluster.Config.IdleTimeout != Timeout.InfiniteTimeSpan)
            loop.Timers.Set(connection.IdleTimer, cluster.Config.IdleTimeout);
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

    private bool IsTooOld(Http1Connection connection) =>
        cluster.Config.MaxConnectionDuration != Timeout.InfiniteTimeSpan && loop.Timers.Now - connection.OpenedAt >= cluster.Config.MaxConnectionDuration.TotalMilliseconds;

    /// <summary>Closes an idle connection for somebody who cannot use it and waits.</summary>
    public bool GiveUpOne()
    {
        if (_newest is not { } connection)
            return false;
        Drop(connection);
        return true;
    }

    private async ValueTask<Http1Connection?> WaitAsync(ConnectionQuota quota, CancellationToken cancellationToken)
    {
        while (true)
        {
            ValueTask<object?> turn = quota.WaitAsync(Count, this, cancellationToken);
            endpoint.GiveUpIdle(this);
            object? handed = await turn;
            await loop.SwitchAsync();
            if (handed is not Http1Connection connection)
                return null;
            if (connection.Socket is { IsClosed: false, IsReadable: false, PeerEnded: false })
                return connection;

            connection.Close();
        }
    }

    private bool HandOver(Http1Connection connection, ConnectionQuota quota)
    {
        connection.ReleaseBuffer();
        switch (quota.HandOver(Count, this, connection, connection.Turns))
        {
            case Handover.Taken:
                connection.Turns++;
                return true;
            case Handover.Close:
                connection.Close();
                return true;
            default:
                return false;
        }
    }

    private bool IsSpent(Http1Connection connection) =>
        cluster.Config.MaxRequestsPerConnection > 0 && connection.Exchanges >= cluster.Config.MaxRequestsPerConnection;

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
