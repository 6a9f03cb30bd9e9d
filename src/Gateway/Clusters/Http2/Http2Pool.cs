using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Transport;

namespace Gateway.Clusters.Http2;

/// <summary>
/// Connections of HTTP/2 from one loop to one endpoint. The first that has room takes the next stream; another one is
/// opened when none has. Requests wait meanwhile, in the order they came, as many as the limit allows. For the loop only.
/// </summary>
/// <param name="loop">The loop.</param>
/// <param name="endpoint">The endpoint.</param>
/// <param name="cluster">Its cluster: how connections are made and how long they are kept.</param>
/// <param name="authority">For whom TLS connections are made, where that matters.</param>
/// <param name="options">Limits.</param>
internal sealed class Http2Pool(EventLoop loop, UpstreamEndpoint endpoint, Cluster cluster, string authority, Http2Options options) : ILoopPool
{
    // So many requests are expected to fit on a connection that is being made.
    private const int StreamsExpected = 100;

    // While others wait for room, a connection that is never without streams is given up after so many more: opening
    // another one costs more than waiting, and nobody waits for ever.
    private const int MaxTurns = 256;

    private readonly List<Http2Connection> _connections = [];
    private readonly LinkedList<Waiter> _waiting = [];
    private int _connecting;
    private int _queued;
    private int _turns;
    private bool _retired;
    private bool _wakePosted;

    /// <summary>How long a connection without streams is kept.</summary>
    public TimeSpan IdleTimeout => cluster.Config.IdleTimeout;

    /// <summary>How long a connection takes new streams.</summary>
    public TimeSpan MaxConnectionDuration => cluster.Config.MaxConnectionDuration;

    /// <summary>Connections that take streams.</summary>
    public int Connections => _connections.Count;

    /// <summary>Requests that wait.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Streams under way on connections that take more.</summary>
    public int Streams => _connections.Sum(connection => connection.Streams);

    /// <summary>A connection on which a stream can be opened now; null = there is none.</summary>
    public Http2Connection? TryFind()
    {
        if (OthersWait)
            TakeTurn();
        foreach (Http2Connection connection in _connections)
        {
            if (connection.CanOpen)
                return connection;
        }

        return null;
    }

    /// <summary>Waits until <see cref="TryFind"/> may find one, opening it if need be.</summary>
    /// <returns>Why there is none: the pool is full (<see cref="Http2Failure.Refused"/>) or the backend did not say hello; <see cref="Http2Failure.None"/> = look.</returns>
    /// <exception cref="SocketException">No connection: refused, or none in time.</exception>
    /// <exception cref="AuthenticationException">TLS.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async ValueTask<Http2Failure> WaitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_waiting.Count >= options.MaxWaiting)
            return Http2Failure.Refused;
        var waiter = new Waiter(loop);
        LinkedListNode<Waiter> node = _waiting.AddLast(waiter);
        loop.Timers.Set(waiter.Timer, cluster.Config.ConnectTimeout);
        ConnectIfNeeded();
        using (cancellationToken.UnsafeRegister(static state => ((Waiter)state!).Cancel(), waiter))
            await waiter.WaitAsync();
        loop.Timers.Clear(waiter.Timer);
        if (node.List is not null)
            _waiting.Remove(node);
        cancellationToken.ThrowIfCancellationRequested();
        return waiter.Result();
    }

    /// <inheritdoc/>
    public void Retire()
    {
        _retired = true;
        foreach (Http2Connection connection in _connections.ToArray())
            connection.Drain();
    }

    /// <inheritdoc/>
    public bool GiveUpOne()
    {
        Http2Connection? unused = _connections.Find(static connection => connection.Streams == 0);
        unused?.Drain();
        return unused is not null;
    }

    /// <summary>Whether a connection that has no streams now is to be given up: others wait for its room, and none of ours does.</summary>
    public bool IsWantedElsewhere => OthersWait && _waiting.Count == 0;

    private bool OthersWait => cluster.Connections.Waiting > _queued;

    /// <summary>A stream has ended, or more are allowed: those who wait look again, soon.</summary>
    public void OnRoom()
    {
        if (_waiting.Count == 0 || _wakePosted)
            return;
        _wakePosted = true;
        loop.Post(static state => ((Http2Pool)state!).WakeSome(), this);
    }

    /// <summary>A connection takes no more streams.</summary>
    public void Remove(Http2Connection connection)
    {
        if (!_connections.Remove(connection) || _waiting.Count == 0)
            return;
        ConnectIfNeeded();
    }

    private void WakeSome()
    {
        _wakePosted = false;
        for (int left = _waiting.Count; left > 0 && _waiting.First is { } first && TryFind() is not null; left--)
        {
            _waiting.Remove(first);
            first.Value.Wake();
        }

        ConnectIfNeeded();
    }

    private void ConnectIfNeeded()
    {
        // A backend that allows no streams would be asked for ever.
        while (_waiting.Count > _connecting * StreamsExpected && _connecting + _connections.Count < options.MaxConnections && !_connections.Exists(static c => c.Capacity == 0))
        {
            _connecting++;
            _ = ConnectAsync();
        }
    }

    private async Task ConnectAsync()
    {
        Http2Failure failure = Http2Failure.None;
        Exception? error = null;
        try
        {
            if (await TryOpenAsync() is { } connection)
            {
                failure = await connection.OpenAsync(cluster.Config.ConnectTimeout);
                if (failure != Http2Failure.None && connection.Fault is { } alert)
                    error = new AuthenticationException(alert);
                if (failure == Http2Failure.None && !connection.IsClosed)
                {
                    _connections.Add(connection);
                    if (_retired)
                        connection.Drain();
                }
            }
        }
        catch (Exception e)
        {
            error = e;
            await loop.SwitchAsync();
        }

        _connecting--;
        if (failure != Http2Failure.None || error is not null)
        {
            Fail(failure, error);
            return;
        }

        WakeSome();
        // Whoever wanted it may have gone meanwhile, and nothing would end on it that makes it look around.
        loop.Post(static state => ((Http2Pool)state!).GiveUpIfWanted(), this);
    }

    private void GiveUpIfWanted()
    {
        if (IsWantedElsewhere)
            GiveUpOne();
    }

    private void TakeTurn()
    {
        if (++_turns < MaxTurns || _connections.Count == 0)
            return;
        _turns = 0;
        _connections[0].Drain();
    }

    /// <returns>Null = nobody waits for it any more.</returns>
    private async ValueTask<Http2Connection?> TryOpenAsync()
    {
        ConnectionQuota quota = cluster.Connections;
        ConnectionCount count = endpoint.OwnConnections;
        if (!quota.TryOpen(count))
        {
            using var limit = new CancellationTokenSource(cluster.Config.ConnectTimeout);
            _queued++;
            ValueTask<object?> turn = quota.WaitAsync(count, pool: null, limit.Token);
            endpoint.GiveUpIdle(this);
            try
            {
                await turn;
            }
            catch (OperationCanceledException)
            {
                throw new SocketException((int)SocketError.TimedOut);
            }
            finally
            {
                await loop.SwitchAsync();
                _queued--;
            }
        }

        try
        {
            if (_waiting.Count > 0)
                return new Http2Connection(await cluster.Connector.ConnectAsync(loop, endpoint.EndPoint, authority, isHttp2: true, default, CancellationToken.None), this, options, new Place(quota, count).Leave);
        }
        catch
        {
            quota.Close(count);
            throw;
        }

        quota.Close(count);
        return null;
    }

    private sealed class Place(ConnectionQuota quota, ConnectionCount count)
    {
        public void Leave() => quota.Close(count);
    }

    // As Envoy does: a failed connection fails all that wait.
    private void Fail(Http2Failure failure, Exception? error)
    {
        while (_waiting.First is { } first)
        {
            _waiting.RemoveFirst();
            first.Value.Fail(failure, error);
        }
    }

    private sealed class Waiter
    {
        private readonly EventLoop _loop;
        private readonly LoopSignal _signal = new();
        private Http2Failure _failure;
        private Exception? _error;
        private bool _done;

        public Waiter(EventLoop loop)
        {
            _loop = loop;
            Timer = new LoopTimer(static state => ((Waiter)state!).Fail(Http2Failure.None, new SocketException((int)SocketError.TimedOut)), this);
        }

        public LoopTimer Timer { get; }

        public ValueTask WaitAsync() => _done ? default : _signal.WaitAsync();

        public void Wake()
        {
            _done = true;
            _signal.Set();
        }

        public void Fail(Http2Failure failure, Exception? error)
        {
            (_failure, _error) = (failure, error);
            Wake();
        }

        public void Cancel() => _loop.Scheduler.Schedule(static state => ((Waiter)state!).Wake(), this);

        public Http2Failure Result() => _error is null ? _failure : throw _error;
    }
}
