namespace Gateway.Clusters;

/// <summary>
/// What outlier detection knows of one endpoint. Lives with the endpoint, so that it survives updates. The counters are
/// thread-safe; the rest is written by the detector alone, under its lock.
/// </summary>
internal sealed class OutlierState
{
    private int _serverErrors;
    private int _gatewayErrors;
    private int _localOriginErrors;
    private volatile bool _isEjected;

    /// <summary>Whether the endpoint gets no requests.</summary>
    public bool IsEjected => _isEjected;

    /// <summary>What it was ejected for; null = it is not ejected.</summary>
    public string? Reason { get; private set; }

    /// <summary>When it may come back, <see cref="TimeProvider.GetUtcNow"/>.</summary>
    public DateTimeOffset EjectedUntil { get; private set; }

    /// <summary>The factor of the next ejection's time but one: grows with each ejection, shrinks with each healthy interval.</summary>
    public int Ejections { get; private set; }

    /// <summary>When it came back.</summary>
    public DateTimeOffset ReturnedAt { get; private set; }

    /// <summary>Counts an answer of the endpoint, or what stands for one.</summary>
    /// <returns>Whether a threshold was reached, and which.</returns>
    public string? CountStatus(int status, OutlierConfig config)
    {
        if (status < 500)
        {
            // Written only if there is something to clear: the usual answer costs two reads.
            if (Volatile.Read(ref _serverErrors) != 0)
                Volatile.Write(ref _serverErrors, 0);
            if (Volatile.Read(ref _gatewayErrors) != 0)
                Volatile.Write(ref _gatewayErrors, 0);
            return null;
        }
        string? reached = null;
        if (status is 502 or 503 or 504)
        {
            if (Interlocked.Increment(ref _gatewayErrors) == config.ConsecutiveGateway)
                reached = "consecutiveGatewayErrors";
        }
        else
        {
            Volatile.Write(ref _gatewayErrors, 0);
        }
        if (Interlocked.Increment(ref _serverErrors) == config.Consecutive5xx)
            reached ??= "consecutive5xxErrors";
        return reached;
    }

    /// <summary>Counts a failure to get an answer.</summary>
    /// <returns>Whether the threshold was reached.</returns>
    public string? CountLocalOrigin(OutlierConfig config) =>
        Interlocked.Increment(ref _localOriginErrors) == config.ConsecutiveLocalOrigin ? "consecutiveLocalOriginFailures" : null;

    /// <summary>An answer came: whatever it says, the endpoint is there.</summary>
    public void ClearLocalOrigin()
    {
        if (Volatile.Read(ref _localOriginErrors) != 0)
            Volatile.Write(ref _localOriginErrors, 0);
    }

    /// <summary>Begins to count anew.</summary>
    public void ClearCounters()
    {
        Volatile.Write(ref _serverErrors, 0);
        Volatile.Write(ref _gatewayErrors, 0);
        Volatile.Write(ref _localOriginErrors, 0);
    }

    /// <summary>Takes the endpoint out.</summary>
    public void Eject(string reason, DateTimeOffset now, OutlierConfig config)
    {
        Ejections++;
        TimeSpan longest = config.BaseEjectionTime > OutlierDetector.LongestEjection ? config.BaseEjectionTime : OutlierDetector.LongestEjection;
        TimeSpan duration = config.BaseEjectionTime * Ejections;
        EjectedUntil = now + (duration < longest ? duration : longest);
        Reason = reason;
        _isEjected = true;
    }

    /// <summary>Takes the endpoint back.</summary>
    public void Return(DateTimeOffset now)
    {
        ClearCounters();
        ReturnedAt = now;
        Reason = null;
        _isEjected = false;
    }

    /// <summary>An interval has passed in health.</summary>
    public void Forgive() => Ejections = Math.Max(0, Ejections - 1);
}
