namespace Gateway.Http.Filters.LocalRateLimit;

/// <summary>Counts of one limit. Thread-safe.</summary>
internal sealed class RateLimitStats
{
    private long _allowed;
    private long _limited;
    private long _wouldBeLimited;

    /// <summary>Requests within the limit.</summary>
    public long Allowed => Interlocked.Read(ref _allowed);

    /// <summary>Requests refused.</summary>
    public long Limited => Interlocked.Read(ref _limited);

    /// <summary>Requests over the limit that passed, as it is not enforced.</summary>
    public long WouldBeLimited => Interlocked.Read(ref _wouldBeLimited);

    /// <summary>Counts a request.</summary>
    public void Count(bool allowed, bool enforced)
    {
        if (allowed)
            Interlocked.Increment(ref _allowed);
        else if (enforced)
            Interlocked.Increment(ref _limited);
        else
            Interlocked.Increment(ref _wouldBeLimited);
    }
}
