using Prometheus;

namespace Gateway.Observability;

/// <summary>Names that are kept resolved, and what forward proxies refuse.</summary>
internal sealed class EgressMetrics
{
    private readonly Gauge _hosts;
    private readonly Counter _lookUps;
    private readonly Counter _queries;
    private readonly Gauge _waiting;
    private readonly Counter _denied;

    public EgressMetrics(IMetricFactory factory)
    {
        _hosts = factory.CreateGauge("gateway_dns_hosts", "Names that are kept resolved: good, stale (the last good answer is used past its time), empty (no address to connect to).", ["state"]);
        _lookUps = factory.CreateCounter("gateway_dns_lookups_total", "Look-ups of names, by what they gave.", ["result"]);
        _queries = factory.CreateCounter("gateway_dns_queries_total", "Queries sent to DNS servers.");
        _waiting = factory.CreateGauge("gateway_dns_queries_waiting", "Queries held back by the limit per second.");
        _denied = factory.CreateCounter("gateway_egress_denied_total", "Requests that forward proxies refused.");
    }

    /// <summary>Brings over the names by their state.</summary>
    public void SetHosts(int good, int stale, int empty)
    {
        _hosts.WithLabels("good").Set(good);
        _hosts.WithLabels("stale").Set(stale);
        _hosts.WithLabels("empty").Set(empty);
    }

    /// <summary>Brings over the counts of look-ups and queries.</summary>
    public void SetLookUps(long found, long notFound, long failed, long queries, int waiting)
    {
        _lookUps.WithLabels("found").IncTo(found);
        _lookUps.WithLabels("not_found").IncTo(notFound);
        _lookUps.WithLabels("failed").IncTo(failed);
        _queries.IncTo(queries);
        _waiting.Set(waiting);
    }

    /// <summary>Brings over the count of refusals.</summary>
    public void SetDenied(long total) => _denied.IncTo(total);
}
