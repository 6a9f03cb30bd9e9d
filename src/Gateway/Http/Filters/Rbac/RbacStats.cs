namespace Gateway.Http.Filters.Rbac;

/// <summary>Counts of decisions. Thread-safe.</summary>
internal sealed class RbacStats
{
    private long _allowed;
    private long _denied;
    private long _audited;
    private long _shadowAllowed;
    private long _shadowDenied;

    /// <summary>Requests that passed.</summary>
    public long Allowed => Interlocked.Read(ref _allowed);

    /// <summary>Requests that were denied.</summary>
    public long Denied => Interlocked.Read(ref _denied);

    /// <summary>Requests that an AUDIT policy matched.</summary>
    public long Audited => Interlocked.Read(ref _audited);

    /// <summary>Requests that policies under dry-run would have let pass.</summary>
    public long ShadowAllowed => Interlocked.Read(ref _shadowAllowed);

    /// <summary>Requests that policies under dry-run would have denied.</summary>
    public long ShadowDenied => Interlocked.Read(ref _shadowDenied);

    /// <summary>Counts a decision.</summary>
    public void Count(bool denied) => _ = denied ? Interlocked.Increment(ref _denied) : Interlocked.Increment(ref _allowed);

    /// <summary>Counts a request that is audited.</summary>
    public void CountAudited() => Interlocked.Increment(ref _audited);

    /// <summary>Counts a decision of policies under dry-run.</summary>
    public void CountShadow(bool denied) => _ = denied ? Interlocked.Increment(ref _shadowDenied) : Interlocked.Increment(ref _shadowAllowed);
}
