namespace Gateway.Clusters;

/// <summary>What active health checks say of an endpoint.</summary>
internal enum HealthStatus
{
    /// <summary>It is not checked.</summary>
    NotChecked,

    /// <summary>It is to be checked and has not been yet.</summary>
    Unchecked,

    /// <summary>It passes.</summary>
    Healthy,

    /// <summary>It fails.</summary>
    Unhealthy,
}

/// <summary>The health of one endpoint. Lives with the endpoint, so that it survives updates. Written by its checker alone.</summary>
internal sealed class EndpointHealth
{
    private volatile HealthStatus _status;
    private int _inARow;

    /// <summary>What is known.</summary>
    public HealthStatus Status => _status;

    /// <summary>Why the latest failing check failed; null = none has failed since it is healthy.</summary>
    public string? Reason { get; private set; }

    /// <summary>When <see cref="Status"/> changed.</summary>
    public DateTimeOffset Since { get; private set; }

    /// <summary>It will be checked.</summary>
    public void Expect(DateTimeOffset now)
    {
        if (_status == HealthStatus.NotChecked)
            Become(HealthStatus.Unchecked, now);
    }

    /// <summary>A check has ended. The first one decides at once, later ones by the thresholds.</summary>
    /// <param name="failure">Why it failed; null = it passed.</param>
    /// <param name="config">The thresholds.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether the status changed.</returns>
    public bool Report(string? failure, HealthCheckConfig config, DateTimeOffset now)
    {
        if (failure is not null)
            Reason = failure;
        HealthStatus wanted = failure is null ? HealthStatus.Healthy : HealthStatus.Unhealthy;
        if (wanted == _status)
        {
            _inARow = 0;
            return false;
        }
        int threshold = failure is null ? config.HealthyThreshold : config.UnhealthyThreshold;
        if (_status is HealthStatus.Healthy or HealthStatus.Unhealthy && ++_inARow < threshold)
            return false;
        Become(wanted, now);
        if (failure is null)
            Reason = null;
        return true;
    }

    private void Become(HealthStatus status, DateTimeOffset now)
    {
        _inARow = 0;
        Since = now;
        _status = status;
    }
}
