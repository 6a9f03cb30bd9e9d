namespace Gateway.Clusters.Discovery;

/// <summary>
/// Lets at most so many queries go in any one second, and a tenth of them in a tenth of it, all names together: thousands
/// of names must not arrive at a resolver as a burst. Names that a request waits for go before those that are only renewed. Thread-safe.
/// </summary>
internal sealed class DnsRateLimiter : IDisposable
{
    private const int OthersShare = 4;

    private const int SlicesPerSecond = 10;

    private readonly TimeProvider _time;
    private readonly TimeSpan _slice;
    private readonly long[] _latest;
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _urgent = [];
    private readonly LinkedList<TaskCompletionSource> _others = [];
    private readonly ITimer _timer;
    private int _next;
    private long _sent;

    /// <summary>Makes a limiter.</summary>
    /// <param name="perSecond">Most queries in a second.</param>
    /// <param name="time">The clock.</param>
    public DnsRateLimiter(int perSecond, TimeProvider time)
    {
        _time = time;
        _latest = new long[Math.Max(1, perSecond / SlicesPerSecond)];
        _slice = TimeSpan.FromSeconds((double)_latest.Length / perSecond);
        Array.Fill(_latest, long.MinValue);
        _timer = time.CreateTimer(static state => ((DnsRateLimiter)state!).Release(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Queries let go.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Queries that wait for their turn.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _urgent.Count + _others.Count;
        }
    }

    /// <summary>Ends when a query may be sent.</summary>
    public async ValueTask WaitAsync(bool urgent, CancellationToken cancellationToken)
    {
        LinkedList<TaskCompletionSource> queue = urgent ? _urgent : _others;
        LinkedListNode<TaskCompletionSource> turn;
        lock (_lock)
        {
            if (queue.Count == 0 && (urgent || _urgent.Count == 0) && TryTake())
                return;
            turn = queue.AddLast(new TaskCompletionSource());
            Arm();
        }
        using CancellationTokenRegistration gone = cancellationToken.UnsafeRegister(
            state =>
            {
                lock (_lock)
                {
                    if (turn.List is not null)
                        turn.List.Remove(turn);
                }
                turn.Value.TrySetCanceled((CancellationToken)state!);
            },
            cancellationToken);
        await turn.Value.Task;
    }

    public void Dispose() => _timer.Dispose();

    private void Release()
    {
        List<TaskCompletionSource> free = [];
        lock (_lock)
        {
            while (NextTurn() is { } turn && TryTake())
            {
                turn.List!.Remove(turn);
                free.Add(turn.Value);
            }
            Arm();
        }
        // They are sent from here, one after the other: to wake a thread for each costs more than to send it.
        foreach (TaskCompletionSource turn in free)
            turn.TrySetResult();
    }

    // Clients that ask for ever new names must not keep the names in use from being renewed.
    private LinkedListNode<TaskCompletionSource>? NextTurn() =>
        _others.First is { } other && (_urgent.Count == 0 || Interlocked.Read(ref _sent) % OthersShare == 0) ? other : _urgent.First;

    private void Arm()
    {
        if (_urgent.Count + _others.Count > 0)
            _timer.Change(UntilFree(), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes the place of the oldest of the latest queries, if that was a whole slice ago.</summary>
    private bool TryTake()
    {
        if (UntilFree() > TimeSpan.Zero)
            return false;
        _latest[_next] = _time.GetTimestamp();
        _next = (_next + 1) % _latest.Length;
        Interlocked.Increment(ref _sent);
        return true;
    }

    private TimeSpan UntilFree()
    {
        TimeSpan wait = _latest[_next] == long.MinValue ? TimeSpan.Zero : _slice - _time.GetElapsedTime(_latest[_next]);
        // Timers have whole milliseconds.
        return wait <= TimeSpan.Zero ? TimeSpan.Zero : wait + TimeSpan.FromMilliseconds(1);
    }
}
