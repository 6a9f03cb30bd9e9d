using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Gateway.Config;
using Gateway.Routing;
using Microsoft.Extensions.Logging;

namespace Gateway.Http.Filters.LocalRateLimit;

/// <summary>
/// Owns buckets and connections to Redis from one snapshot to the next: what is configured the same goes on. Used by one
/// writer; what it lists may be read by others.
/// </summary>
internal sealed class RateLimitRegistry(TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<RateLimitRegistry>();
    private Dictionary<RateLimitConfig, LiveLimit> _limits = [];
    private Dictionary<EnvoyLimitConfig, LiveEnvoyLimit> _envoy = [];
    private Dictionary<RedisConfig, RedisLimiter> _redis = [];

    /// <summary>The limits of RateLimitPolicies.</summary>
    public IReadOnlyCollection<LiveLimit> Limits => _limits.Values;

    /// <summary>The limits of EnvoyFilters.</summary>
    public IReadOnlyCollection<LiveEnvoyLimit> EnvoyLimits => _envoy.Values;

    /// <summary>The Redis servers.</summary>
    public IReadOnlyCollection<RedisLimiter> Redis => _redis.Values;

    /// <summary>Links a plan to its buckets; null = there are no limits.</summary>
    public LinkedRateLimits? Link(RateLimitPlan plan)
    {
        var limits = new Dictionary<RateLimitConfig, LiveLimit>();
        var envoy = new Dictionary<EnvoyLimitConfig, LiveEnvoyLimit>();
        var redis = new Dictionary<RedisConfig, RedisLimiter>();
        var routes = new Dictionary<LinkedRateLimits.Key, LinkedRateLimits.Entry>(plan.Routes.Count);
        foreach (RouteRateLimits route in plan.Routes)
        {
            var applied = new (AppliedLimit, LiveLimit)[route.Limits.Count];
            for (int i = 0; i < applied.Length; i++)
                applied[i] = (route.Limits[i], Find(route.Limits[i].Limit, limits, redis));
            LiveEnvoyLimit? live = null;
            if (route.Envoy is { } config && !envoy.TryGetValue(config, out live))
                envoy.Add(config, live = _envoy.GetValueOrDefault(config) ?? new LiveEnvoyLimit(config));
            routes[new(route.Owner, route.Route)] = new(live, route.Actions, applied);
        }
        _limits = limits;
        _envoy = envoy;
        Dictionary<RedisConfig, RedisLimiter> old = _redis;
        _redis = redis;
        foreach ((RedisConfig config, RedisLimiter limiter) in old)
        {
            // Requests under way are decided locally.
            if (!redis.ContainsKey(config))
                _ = limiter.DisposeAsync().AsTask();
        }
        return routes.Count == 0 ? null : new LinkedRateLimits(routes);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RedisLimiter limiter in _redis.Values)
            await limiter.DisposeAsync();
    }

    private LiveLimit Find(RateLimitConfig config, Dictionary<RateLimitConfig, LiveLimit> limits, Dictionary<RedisConfig, RedisLimiter> redis)
    {
        RedisLimiter? server = null;
        if (config.Redis is { } at && !redis.TryGetValue(at, out server))
            redis.Add(at, server = _redis.GetValueOrDefault(at) ?? new RedisLimiter(at, time, _logger));
        if (!limits.TryGetValue(config, out LiveLimit? limit))
            limits.Add(config, limit = _limits.GetValueOrDefault(config) ?? new LiveLimit(config, server));
        return limit;
    }
}

/// <summary>The limits of one snapshot with their buckets, by virtual host and route. Immutable.</summary>
internal sealed class LinkedRateLimits(Dictionary<LinkedRateLimits.Key, LinkedRateLimits.Entry> routes)
{
    private readonly FrozenDictionary<Key, Entry> _routes = routes.ToFrozenDictionary();

    /// <summary>The limits for a request whose route was chosen; null = none.</summary>
    public Entry? Find(RequestContext request)
    {
        RouteTable table = request.Chain!.Routes;
        return _routes.TryGetValue(new Key((object?)request.Decision.VirtualHost ?? table, request.Route), out Entry? entry)
            ? entry
            : _routes.GetValueOrDefault(new Key(table, null));
    }

    /// <summary>A place in a route table, by identity.</summary>
    internal readonly struct Key(object owner, Route? route) : IEquatable<Key>
    {
        private readonly object _owner = owner;
        private readonly Route? _route = route;

        public bool Equals(Key other) => ReferenceEquals(_owner, other._owner) && ReferenceEquals(_route, other._route);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode() => HashCode.Combine(RuntimeHelpers.GetHashCode(_owner), _route is null ? 0 : RuntimeHelpers.GetHashCode(_route));
    }

    /// <summary>What requests of one place meet.</summary>
    /// <param name="Envoy">The limit of EnvoyFilters; null = none.</param>
    /// <param name="Actions">What of requests makes its descriptors.</param>
    /// <param name="Limits">The limits of RateLimitPolicies, in order.</param>
    internal sealed record Entry(LiveEnvoyLimit? Envoy, EquatableArray<EquatableArray<EnvoyAction>> Actions, (AppliedLimit Applied, LiveLimit Live)[] Limits);
}
