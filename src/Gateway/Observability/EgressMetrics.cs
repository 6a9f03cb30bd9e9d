using Prometheus;

namespace Gateway.Observability;

/// <summary>Names that are kept resolved, and what is refused on its way out.</summary>
internal sealed class EgressMetrics
{
    private readonly Gauge _hosts;
    private readonly Counter _lookUps;
    private readonly Counter _queries;
    private readonly Gauge _waiting;
    private readonly Gauge _failing;
    private readonly Gauge _addresses;
    private readonly Gauge _oldest;
    private readonly Counter _refused;
    private readonly Gauge _dynamic;
    private readonly Counter _denied;
    private readonly Gauge _destinations;

    public EgressMetrics(IMetricFactory factory)
    {
        _hosts = factory.CreateGauge("gateway_dns_hosts", "Names that are kept resolved: good, stale (the last good answer is used past its time), empty (no address to connect to).", ["state"]);
        _lookUps = factory.CreateCounter("gateway_dns_lookups_total", "Look-ups of names, by what they gave.", ["result"]);
        _queries = factory.CreateCounter("gateway_dns_queries_total", "Queries sent to DNS servers.");
        _waiting = factory.CreateGauge("gateway_dns_queries_waiting", "Queries held back by the limit per second.");
        _failing = factory.CreateGauge("gateway_dns_hosts_failing", "Names whose latest look-up failed.");
        _addresses = factory.CreateGauge("gateway_dns_addresses", "Addresses in use that look-ups gave.");
        _oldest = factory.CreateGauge("gateway_dns_oldest_answer_seconds", "Age of the oldest answer in use.");
        _refused = factory.CreateCounter("gateway_egress_refused_addresses_total", "Addresses that names led to, or that clients named, and that must not be connected to.");
        _dynamic = factory.CreateGauge("gateway_egress_dynamic_names", "Names below wildcards that are in use.");
        _denied = factory.CreateCounter("gateway_egress_denied_total", "Requests and connections that were refused on their way out, by how they asked.", ["protocol"]);
        _destinations = factory.CreateGauge("gateway_egress_denied_destinations", "Refused destinations that are remembered.");
    }

    /// <summary>Brings over the names by their state.</summary>
    /// <param name="good">Names with addresses.</param>
    /// <param name="stale">Names whose addresses are used past their time.</param>
    /// <param name="empty">Names without addresses.</param>
    /// <param name="failing">Names whose latest look-up failed.</param>
    /// <param name="addresses">Addresses in use.</param>
    /// <param name="oldest">Age of the oldest answer in use.</param>
    public void SetHosts(int good, int stale, int empty, int failing, int addresses, TimeSpan oldest)
    {
        _failing.Set(failing);
        _addresses.Set(addresses);
        _oldest.Set(oldest.TotalSeconds);
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

    /// <summary>Brings over wildcards and refusals.</summary>
    /// <param name="dynamicNames">Names below wildcards in use.</param>
    /// <param name="refusedAddresses">Addresses refused.</param>
    /// <param name="destinations">Refused destinations remembered.</param>
    public void SetWildcards(int dynamicNames, long refusedAddresses, int destinations)
    {
        _dynamic.Set(dynamicNames);
        _refused.IncTo(refusedAddresses);
        _destinations.Set(destinations);
    }

    /// <summary>Brings over the count of refusals.</summary>
    /// <param name="protocol">How clients asked.</param>
    /// <param name="total">How often they were refused.</param>
    public void SetDenied(string protocol, long total) => _denied.WithLabels(protocol).IncTo(total);
}
