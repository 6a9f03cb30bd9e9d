using System.Net.Sockets;

namespace Gateway.Clusters;

/// <summary>The connections of one stack to one endpoint. Thread-safe.</summary>
internal sealed class ConnectionCount
{
    private int _open;

    /// <summary>Open ones, those being opened included.</summary>
    public int Open => Volatile.Read(ref _open);

    internal bool TryAddFirst() => Interlocked.CompareExchange(ref _open, 1, 0) == 0;

    internal void Add() => Interlocked.Increment(ref _open);

    internal void Remove() => Interlocked.Decrement(ref _open);
}

/// <summary>Somebody who waits until a connection may be opened, or until one is handed over.</summary>
internal sealed class ConnectionWaiter(ConnectionCount count, object? pool)
{
    private readonly TaskCompletionSource<object?> _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The turn: a connection that was handed over, or null = one may be opened and is already counted.</summary>
    public Task<object?> Turn => _turn.Task;

    internal ConnectionCount Count => count;

    internal object? Pool => pool;

    internal LinkedListNode<ConnectionWaiter>? Node { get; set; }

    internal void Grant(object? connection) => _turn.TrySetResult(connection);

    internal void Fail(Exception exception) => _turn.TrySetException(exception);
}

/// <summary>
/// Counts a cluster's connections and holds their number to a limit: over all endpoints, all loops and both stacks. An
/// endpoint to which a stack has no connection always gets one, as in Envoy. Who finds no room waits in one queue, first
/// come, first served. Below the limit no lock is taken. Thread-safe.
/// </summary>
/// <param name="limit">Most connections; 0 = no limit.</param>
internal sealed class ConnectionQuota(int limit)
{
    // A loop's connection is handed to waiters of the same loop so often before it is given up for one of another loop,
    // which has to open its own: opening costs more than waiting, and nobody waits for ever.
    private const int MaxLocalTurns = 16;

    private readonly Lock _gate = new();
    private readonly LinkedList<ConnectionWaiter> _queue = new();
    private int _open;
    private int _waiting;
    private bool _retired;

    /// <summary>Open connections, those being opened included.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>The limit; 0 = none.</summary>
    public int Limit => limit;

    /// <summary>Who waits.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Takes room for a connection; <see cref="Close"/> must follow. Does not overtake those who wait.</summary>
    public bool TryOpen(ConnectionCount count) => (Waiting == 0 || count.Open == 0) && TryReserve(count);

    /// <summary>A connection was closed, or could not be opened.</summary>
    public void Close(ConnectionCount count)
    {
        count.Remove();
        Interlocked.Decrement(ref _open);
        if (Waiting > 0)
            GrantRoom(count);
    }

    /// <summary>Waits for room, or for a connection of the pool named.</summary>
    /// <param name="count">What is counted.</param>
    /// <param name="pool">Whose connections can be used as well; null = none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A connection that was handed over, or null = one may be opened; <see cref="Close"/> must follow.</returns>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    /// <exception cref="SocketException">The cluster is gone.</exception>
    public async ValueTask<object?> WaitAsync(ConnectionCount count, object? pool, CancellationToken cancellationToken)
    {
        var waiter = new ConnectionWaiter(count, pool);
        lock (_gate)
        {
            if (_retired)
                throw new SocketException((int)SocketError.Shutdown);
            waiter.Node = _queue.AddLast(waiter);
            Interlocked.Increment(ref _waiting);
        }
        // What was closed before the waiter was seen.
        GrantRoom(count);
        using (cancellationToken.UnsafeRegister(static state => ((Departure)state!).Leave(), new Departure(this, waiter, cancellationToken)))
            return await waiter.Turn;
    }

    /// <summary>
    /// Hands a connection that has become free to the oldest waiter of its pool, unless one of another loop has been passed
    /// over too often: then the connection is to be closed.
    /// </summary>
    /// <param name="count">The connection's count.</param>
    /// <param name="pool">Its pool.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="localTurns">How often it was handed over within its pool while others waited.</param>
    /// <returns>Whether it was handed over, whether it is to be closed, or neither.</returns>
    public Handover HandOver(ConnectionCount count, object pool, object connection, int localTurns)
    {
        if (Waiting == 0)
            return Handover.NotWanted;
        ConnectionWaiter? local = null;
        lock (_gate)
        {
            bool othersWait = false;
            foreach (ConnectionWaiter waiter in _queue)
            {
                if (waiter.Pool == pool)
                {
                    local = waiter;
                    break;
                }
                othersWait |= waiter.Count == count;
            }
            if (othersWait && (local is null || localTurns >= MaxLocalTurns))
                return Handover.Close;
            if (local is null)
                return Handover.NotWanted;
            Remove(local);
        }
        local.Grant(connection);
        return Handover.Taken;
    }

    /// <summary>Ends the waiting: the cluster is gone.</summary>
    public void Retire()
    {
        List<ConnectionWaiter> left;
        lock (_gate)
        {
            _retired = true;
            left = [.. _queue];
            _queue.Clear();
            _waiting = 0;
        }
        foreach (ConnectionWaiter waiter in left)
            waiter.Fail(new SocketException((int)SocketError.Shutdown));
    }

    private bool TryReserve(ConnectionCount count)
    {
        if (count.TryAddFirst())
        {
            Interlocked.Increment(ref _open);
            return true;
        }
        if (limit == 0)
        {
            Interlocked.Increment(ref _open);
            count.Add();
            return true;
        }
        for (int open = Open; open < limit; open = Open)
        {
            if (Interlocked.CompareExchange(ref _open, open + 1, open) != open)
                continue;
            count.Add();
            return true;
        }
        return false;
    }

    private void GrantRoom(ConnectionCount changed)
    {
        while (NextWithRoom(changed) is { } waiter)
            waiter.Grant(null);
    }

    private ConnectionWaiter? NextWithRoom(ConnectionCount changed)
    {
        lock (_gate)
        {
            ConnectionWaiter? next = _queue.First?.Value;
            // Without room there may still be an endpoint that has lost its last connection.
            if (next is not null && !TryReserve(next.Count))
                next = changed.Open == 0 ? FirstOf(changed) : null;
            if (next is not null)
                Remove(next);
            return next;
        }
    }

    private ConnectionWaiter? FirstOf(ConnectionCount count)
    {
        foreach (ConnectionWaiter waiter in _queue)
        {
            if (waiter.Count == count)
                return TryReserve(count) ? waiter : null;
        }
        return null;
    }

    private void Remove(ConnectionWaiter waiter)
    {
        _queue.Remove(waiter.Node!);
        waiter.Node = null;
        Interlocked.Decrement(ref _waiting);
    }

    private sealed class Departure(ConnectionQuota quota, ConnectionWaiter waiter, CancellationToken cancellationToken)
    {
        public void Leave()
        {
            lock (quota._gate)
            {
                // Its turn has come already: whoever waits takes it.
                if (waiter.Node is null)
                    return;
                quota.Remove(waiter);
            }
            waiter.Fail(new OperationCanceledException(cancellationToken));
        }
    }
}

/// <summary>What becomes of a connection that is free.</summary>
internal enum Handover
{
    /// <summary>Nobody waits for it: it is kept.</summary>
    NotWanted,

    /// <summary>It was handed to somebody who waited.</summary>
    Taken,

    /// <summary>It is to be closed: somebody who cannot use it waits for its room.</summary>
    Close,
}
