namespace Gateway.Clusters;

/// <summary>What waits and what is tried again in a cluster, each with its limit; like Envoy's, per cluster. Thread-safe.</summary>
/// <param name="config">The limits.</param>
/// <param name="time">The clock of the retry budget.</param>
internal sealed class CircuitBreakers(ClusterConfig config, TimeProvider time)
{
    private readonly RecentRequests? _recent = config.RetryBudget is { } budget && budget.Interval > TimeSpan.Zero ? new RecentRequests(budget.Interval, time) : null;
    private int _pending;
    private int _retries;

    /// <summary>Requests that wait for a connection.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>Retries under way, from the decision to the outcome.</summary>
    public int Retries => Volatile.Read(ref _retries);

    /// <summary>A request begins to wait for a connection; <see cref="EndPending"/> must follow, unless it was refused.</summary>
    public bool TryBeginPending()
    {
        if (Interlocked.Increment(ref _pending) <= config.MaxPendingRequests || config.MaxPendingRequests == 0)
            return true;
        Interlocked.Decrement(ref _pending);
        return false;
    }

    /// <summary>The waiting is over.</summary>
    public void EndPending() => Interlocked.Decrement(ref _pending);

    /// <summary>A request is to be tried again; <see cref="EndRetry"/> must follow, unless it was refused.</summary>
    /// <param name="activeRequests">Requests under way.</param>
    public bool TryBeginRetry(int activeRequests)
    {
        int limit = MostRetries(activeRequests);
        if (Interlocked.Increment(ref _retries) <= limit || limit == 0 && config.RetryBudget is null)
            return true;
        Interlocked.Decrement(ref _retries);
        return false;
    }

    /// <summary>The outcome of a retry is known.</summary>
    public void EndRetry() => Interlocked.Decrement(ref _retries);

    /// <summary>A request has ended.</summary>
    public void RequestEnded() => _recent?.Add();

    /// <summary>Most retries at this moment; 0 and no budget = no limit.</summary>
    public int MostRetries(int activeRequests)
    {
        if (config.RetryBudget is not { } budget)
            return config.MaxRetries;
        double considered = activeRequests + (_recent?.Count() ?? 0);
        return Math.Max((int)(budget.Percent * considered / 100), budget.MinConcurrency);
    }

    /// <summary>Requests that ended within an interval, counted in slices of it.</summary>
    private sealed class RecentRequests(TimeSpan interval, TimeProvider time)
    {
        private const int Slices = 10;

        private readonly Lock _gate = new();
        private readonly int[] _counts = new int[Slices];
        private readonly long _sliceTicks = Math.Max(1, (long)(interval.TotalSeconds * time.TimestampFrequency / Slices));
        private long _slice;

        public void Add() => Interlocked.Increment(ref _counts[Current()]);

        public int Count()
        {
            Current();
            int sum = 0;
            foreach (int count in _counts)
                sum += count;
            return sum;
        }

        // Takes the lock once per slice.
        private int Current()
        {
            long now = time.GetTimestamp() / _sliceTicks;
            if (now > Volatile.Read(ref _slice))
                Advance(now);
            return (int)(now % Slices);
        }

        private void Advance(long now)
        {
            lock (_gate)
            {
                for (long slice = Math.Max(_slice + 1, now - Slices + 1); slice <= now; slice++)
                    _counts[(int)(slice % Slices)] = 0;
                Volatile.Write(ref _slice, Math.Max(_slice, now));
            }
        }
    }
}
