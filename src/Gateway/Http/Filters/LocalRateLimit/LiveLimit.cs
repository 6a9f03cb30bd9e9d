namespace Gateway.Http.Filters.LocalRateLimit;

/// <summary>A limit of a RateLimitPolicy with its buckets.</summary>
/// <param name="config">The limit.</param>
/// <param name="redis">Where replicas count together; null = they do not.</param>
internal sealed class LiveLimit(RateLimitConfig config, RedisLimiter? redis)
{
    private readonly BucketTable? _table = config.Key.IsEmpty ? null : new BucketTable(config.MaxKeys);
    private long _single;

    /// <summary>The limit.</summary>
    public RateLimitConfig Config => config;

    /// <summary>How buckets fill.</summary>
    public TokenRate Rate { get; } = config.Rate;

    /// <summary>Its item of <c>RateLimit-Policy</c>.</summary>
    public string PolicyItem { get; } = config.PolicyItem;

    /// <summary>Where replicas count together; null = they do not.</summary>
    public RedisLimiter? Redis => redis;

    /// <summary>Its counts.</summary>
    public RateLimitStats Stats { get; } = new();

    /// <summary>Keys whose budgets were forgotten for others.</summary>
    public long Evicted => _table?.Evicted ?? 0;

    /// <summary>Takes a token of this process.</summary>
    public BucketAnswer TakeLocal(RequestContext request, long now)
    {
        if (_table is null)
            return TokenBucket.Take(ref _single, now, Rate);
        var key = new KeyHash(shared: false);
        foreach (RateLimitKeyPart part in config.Key)
            key.Add(part, request);
        return _table.Take(key.Short, now, Rate);
    }

    /// <summary>The name of a request's bucket in Redis.</summary>
    public string SharedKey(RequestContext request)
    {
        var key = new KeyHash(shared: true);
        foreach (RateLimitKeyPart part in config.Key)
            key.Add(part, request);
        return $"gateway:ratelimit:{config.Id}:{key.Long:x32}";
    }
}
