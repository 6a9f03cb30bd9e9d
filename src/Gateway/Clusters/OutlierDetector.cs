namespace Gateway.Clusters;

/// <summary>
/// Takes failing endpoints of a cluster out and back in, as Envoy does: out at once when a counter reaches its threshold
/// and not too many are out, back in at the first sweep after their time. Reports come from any thread and take no lock
/// unless a threshold is reached.
/// </summary>
internal sealed class OutlierDetector : IDisposable
{
    /// <summary>An ejection lasts at most so long, or its base time if that is longer.</summary>
    public static readonly TimeSpan LongestEjection = TimeSpan.FromSeconds(300);

    private readonly OutlierConfig _config;
    private readonly TimeProvider _time;
    private readonly Func<EndpointSet> _endpoints;
    private readonly Action _changed;
    private readonly Lock _gate = new();
    private readonly ITimer _sweep;

    /// <summary>Begins to sweep.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="endpoints">All endpoints of the moment.</param>
    /// <param name="changed">Called when some went out or came back.</param>
    public OutlierDetector(OutlierConfig config, TimeProvider time, Func<EndpointSet> endpoints, Action changed)
    {
        _config = config;
        _time = time;
        _endpoints = endpoints;
        _changed = changed;
        _sweep = time.CreateTimer(static state => ((OutlierDetector)state!).Sweep(), this, config.Interval, config.Interval);
    }

    /// <summary>An endpoint has answered.</summary>
    /// <param name="endpoint">Which.</param>
    /// <param name="status">The status of the response.</param>
    /// <param name="standsFor">The status to count where none are named as errors: of gRPC, what its own stands for.</param>
    public void ReportStatus(UpstreamEndpoint endpoint, int status, int standsFor)
    {
        // Named statuses are no gateway errors, whatever their number.
        status = _config.ErrorCodes.IsEmpty ? standsFor : _config.ErrorCodes.Contains(status) ? 500 : 200;
        if (_config.SplitsLocalOrigin)
            endpoint.Outlier.ClearLocalOrigin();
        if (endpoint.Outlier.CountStatus(status, _config) is { } reason)
            Eject(endpoint, reason);
    }

    /// <summary>An endpoint has not answered.</summary>
    public void ReportFailure(UpstreamEndpoint endpoint, bool timedOut)
    {
        string? reason = _config.SplitsLocalOrigin
            ? endpoint.Outlier.CountLocalOrigin(_config)
            : endpoint.Outlier.CountStatus(timedOut ? 504 : 503, _config);
        if (reason is not null)
            Eject(endpoint, reason);
    }

    public void Dispose() => _sweep.Dispose();

    private void Eject(UpstreamEndpoint endpoint, string reason)
    {
        lock (_gate)
        {
            if (endpoint.Outlier.IsEjected)
                return;
            EndpointSet all = _endpoints();
            int ejected = 0;
            foreach (UpstreamEndpoint other in all.Endpoints)
                ejected += other.Outlier.IsEjected ? 1 : 0;
            endpoint.Outlier.ClearCounters();
            if (100.0 * (ejected + 1) / Math.Max(1, all.Count) > _config.MaxEjectionPercent)
                return;
            endpoint.Outlier.Eject(reason, _time.GetUtcNow(), _config);
        }
        _changed();
    }

    private void Sweep()
    {
        bool changed = false;
        lock (_gate)
        {
            DateTimeOffset now = _time.GetUtcNow();
            foreach (UpstreamEndpoint endpoint in _endpoints().Endpoints)
            {
                OutlierState state = endpoint.Outlier;
                if (!state.IsEjected)
                {
                    if (state.Ejections > 0 && now - state.ReturnedAt >= _config.Interval)
                        state.Forgive();
                }
                else if (now >= state.EjectedUntil)
                {
                    state.Return(now);
                    changed = true;
                }
            }
        }
        if (changed)
            _changed();
    }
}
