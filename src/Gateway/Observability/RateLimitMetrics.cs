using Prometheus;

namespace Gateway.Observability;

/// <summary>What rate limits decided, and whether Redis is there. Without limits there are no such metrics.</summary>
internal sealed class RateLimitMetrics(IMetricFactory factory)
{
    private static readonly string[] Results = ["allowed", "limited", "not_enforced"];

    private readonly Counter _requests = factory.CreateCounter("gateway_rate_limit_requests_total", "Requests that a rate limit was asked about, by what it said.", ["limit", "result"]);
    private readonly Counter _evictions = factory.CreateCounter("gateway_rate_limit_evictions_total", "Budgets forgotten before they were full, for those of other keys.", ["limit"]);
    private readonly Gauge _redisUp = factory.CreateGauge("gateway_rate_limit_redis_up", "1 while shared limits are counted in Redis; 0 while each replica counts for itself.", ["address"]);
    private readonly Counter _redis = factory.CreateCounter("gateway_rate_limit_redis_requests_total", "Requests for which Redis was to be asked, by whether it answered in time.", ["address", "result"]);
    private readonly HashSet<string> _limits = new(StringComparer.Ordinal);
    private readonly HashSet<string> _servers = new(StringComparer.Ordinal);

    /// <summary>Brings over one limit.</summary>
    public void SetLimit(string limit, long allowed, long limited, long notEnforced, long evicted)
    {
        long[] counts = [allowed, limited, notEnforced];
        // A limit that was changed begins anew, which a counter only does by beginning anew.
        if (Results.Zip(counts).Any(pair => _requests.WithLabels(limit, pair.First).Value > pair.Second))
            RemoveLimit(limit);
        _limits.Add(limit);
        for (int i = 0; i < counts.Length; i++)
            _requests.WithLabels(limit, Results[i]).IncTo(counts[i]);
        _evictions.WithLabels(limit).IncTo(evicted);
    }

    /// <summary>Brings over one server.</summary>
    public void SetRedis(string address, bool isUp, long answered, long failed)
    {
        if (_redis.WithLabels(address, "success").Value > answered || _redis.WithLabels(address, "failure").Value > failed)
            RemoveRedis(address);
        _servers.Add(address);
        _redisUp.WithLabels(address).Set(isUp ? 1 : 0);
        _redis.WithLabels(address, "success").IncTo(answered);
        _redis.WithLabels(address, "failure").IncTo(failed);
    }

    /// <summary>Forgets all others.</summary>
    public void Retain(IReadOnlySet<string> limits, IReadOnlySet<string> servers)
    {
        foreach (string limit in _limits.Where(limit => !limits.Contains(limit)).ToArray())
        {
            _limits.Remove(limit);
            RemoveLimit(limit);
        }
        foreach (string server in _servers.Where(server => !servers.Contains(server)).ToArray())
        {
            _servers.Remove(server);
            RemoveRedis(server);
        }
    }

    private void RemoveLimit(string limit)
    {
        foreach (string result in Results)
            _requests.RemoveLabelled(limit, result);
        _evictions.RemoveLabelled(limit);
    }

    private void RemoveRedis(string address)
    {
        _redisUp.RemoveLabelled(address);
        _redis.RemoveLabelled(address, "success");
        _redis.RemoveLabelled(address, "failure");
    }
}
