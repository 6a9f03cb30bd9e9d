namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>Counts of decisions about tokens. Thread-safe.</summary>
internal sealed class JwtStats
{
    private long _allowed;
    private long _denied;

    /// <summary>Requests that passed, with or without a token.</summary>
    public long Allowed => Interlocked.Read(ref _allowed);

    /// <summary>Requests that were refused.</summary>
    public long Denied => Interlocked.Read(ref _denied);

    /// <summary>Counts a request.</summary>
    public void Count(bool denied) => _ = denied ? Interlocked.Increment(ref _denied) : Interlocked.Increment(ref _allowed);
}
