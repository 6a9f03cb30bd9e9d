namespace Gateway.Clusters.HealthChecks;

/// <summary>
/// Checks the endpoints of a cluster one after the other as they are due, a limited number at a time, and tells when the
/// health of one has changed. New endpoints are checked at once. Disposing ends it and every check under way.
/// </summary>
internal sealed class HealthChecker : IDisposable
{
    /// <summary>Checks of one cluster under way at most; the others wait.</summary>
    public const int MaxConcurrent = 32;

    private readonly HealthCheckConfig _config;
    private readonly HealthProbe _probe;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Action _changed;
    private readonly Lock _gate = new();
    private readonly PriorityQueue<UpstreamEndpoint, long> _due = new();
    private readonly HashSet<UpstreamEndpoint> _known = [];
    private readonly HashSet<UpstreamEndpoint> _running = [];
    private readonly SemaphoreSlim _slots = new(MaxConcurrent, MaxConcurrent);
    private readonly CancellationTokenSource _stopping = new();
    private TaskCompletionSource _wake = New();
    private long _passed;
    private long _failed;

    /// <summary>Begins without endpoints.</summary>
    /// <param name="config">What is asked, how often.</param>
    /// <param name="probe">Asks one endpoint.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Chance, for jitter.</param>
    /// <param name="changed">Called when the health of an endpoint has changed.</param>
    public HealthChecker(HealthCheckConfig config, HealthProbe probe, TimeProvider time, Random random, Action changed)
    {
        _config = config;
        _probe = probe;
        _time = time;
        _random = random;
        _changed = changed;
        _ = RunAsync(_stopping.Token);
    }

    /// <summary>Checks that an endpoint passed.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    /// <summary>Checks that an endpoint failed.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Takes the endpoints of the moment.</summary>
    public void Follow(EndpointSet set)
    {
        long now = _time.GetTimestamp();
        lock (_gate)
        {
            HashSet<UpstreamEndpoint> wanted = [.. set.Endpoints];
            _known.RemoveWhere(endpoint => !wanted.Contains(endpoint));
            foreach (UpstreamEndpoint endpoint in wanted)
            {
                if (!_known.Add(endpoint) || _running.Contains(endpoint))
                    continue;
                _due.Enqueue(endpoint, now);
            }
        }
        Wake();
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _probe.Dispose();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Wake() => Volatile.Read(ref _wake).TrySetResult();

    private async Task RunAsync(CancellationToken stopping)
    {
        // What the maker does next is not held up by the first checks.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!stopping.IsCancellationRequested)
        {
            TaskCompletionSource wake = New();
            Volatile.Write(ref _wake, wake);
            TimeSpan wait;
            while (TryTake(out UpstreamEndpoint? endpoint, out wait))
            {
                await _slots.WaitAsync(stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (stopping.IsCancellationRequested)
                    return;
                _ = CheckAsync(endpoint, stopping);
            }
            await wake.Task.WaitAsync(wait, _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Takes an endpoint that is due; else says how long it is until the next one is.</summary>
    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out UpstreamEndpoint? endpoint, out TimeSpan wait)
    {
        lock (_gate)
        {
            wait = Timeout.InfiniteTimeSpan;
            while (_due.TryPeek(out endpoint, out long due))
            {
                TimeSpan left = _time.GetElapsedTime(_time.GetTimestamp(), due);
                if (left > TimeSpan.Zero)
                {
                    wait = left + TimeSpan.FromMilliseconds(1);
                    return false;
                }
                _due.Dequeue();
                if (_known.Contains(endpoint) && _running.Add(endpoint))
                    return true;
            }
            return false;
        }
    }

    private async Task CheckAsync(UpstreamEndpoint endpoint, CancellationToken stopping)
    {
        string? failure = await _probe.FailureOfAsync(endpoint, stopping);
        if (stopping.IsCancellationRequested)
            return;
        Interlocked.Increment(ref failure is null ? ref _passed : ref _failed);
        HealthStatus before = endpoint.Health.Status;
        bool changed = endpoint.Health.Report(failure, _config, _time.GetUtcNow());
        if (changed && before == HealthStatus.Unhealthy)
            endpoint.ReadyAt = _time.GetTimestamp();
        TimeSpan pause = _config.Interval * (1 + (_config.JitterPercent / 100.0 * _random.NextDouble()));
        lock (_gate)
        {
            _running.Remove(endpoint);
            if (_known.Contains(endpoint))
                _due.Enqueue(endpoint, _time.GetTimestamp() + (long)(pause.TotalSeconds * _time.TimestampFrequency));
        }
        _slots.Release();
        if (changed)
            _changed();
        Wake();
    }
}
