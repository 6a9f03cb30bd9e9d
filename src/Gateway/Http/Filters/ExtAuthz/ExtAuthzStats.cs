namespace Gateway.Http.Filters.ExtAuthz;

/// <summary>Counts of answers of external authorization services. Thread-safe.</summary>
internal sealed class ExtAuthzStats
{
    private long _allowed;
    private long _denied;
    private long _errors;
    private long _failedOpen;

    /// <summary>Requests that a service allowed.</summary>
    public long Allowed => Interlocked.Read(ref _allowed);

    /// <summary>Requests that a service denied.</summary>
    public long Denied => Interlocked.Read(ref _denied);

    /// <summary>Checks without a usable answer.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Of these, requests that passed by <c>failOpen</c>.</summary>
    public long FailedOpen => Interlocked.Read(ref _failedOpen);

    /// <summary>Counts an answer.</summary>
    public void Count(AuthorizationVerdict verdict, bool failsOpen)
    {
        switch (verdict)
        {
            case AuthorizationVerdict.Allowed:
                Interlocked.Increment(ref _allowed);
                break;
            case AuthorizationVerdict.Denied:
                Interlocked.Increment(ref _denied);
                break;
            default:
                Interlocked.Increment(ref _errors);
                if (failsOpen)
                    Interlocked.Increment(ref _failedOpen);
                break;
        }
    }
}
