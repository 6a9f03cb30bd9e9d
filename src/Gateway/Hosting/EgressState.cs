using Gateway.Admin;
using Gateway.Clusters.Discovery;
using Gateway.Observability;

namespace Gateway.Hosting;

/// <summary>Brings what is known of names and refusals into the words of the admin port and of the metrics.</summary>
internal static class EgressState
{
    /// <summary>The names, in order.</summary>
    public static IReadOnlyList<DnsStatus> Names(DataPlane dataPlane, TimeProvider time) =>
        [.. dataPlane.Names.List.OrderBy(host => host.Name, StringComparer.OrdinalIgnoreCase).Select(host =>
        {
            DnsHostState state = host.State;
            TimeSpan next = state.NextAt == 0 ? TimeSpan.Zero : time.GetElapsedTime(time.GetTimestamp(), state.NextAt);
            return new DnsStatus(host, state.AnsweredAt == 0 ? null : time.GetElapsedTime(state.AnsweredAt), next > TimeSpan.Zero ? next : TimeSpan.Zero);
        })];

    /// <summary>Before a scrape.</summary>
    public static void Update(EgressMetrics metrics, DataPlane dataPlane, TimeProvider time)
    {
        int good = 0, stale = 0, empty = 0, failing = 0, addresses = 0;
        TimeSpan oldest = TimeSpan.Zero;
        foreach (DnsHost host in dataPlane.Names.List)
        {
            DnsHostState state = host.State;
            failing += state.Outcome == DnsOutcome.Failed ? 1 : 0;
            addresses += state.Addresses.Length;
            if (state.Addresses.IsEmpty)
            {
                empty++;
                continue;
            }
            if (host.IsStale)
                stale++;
            else
                good++;
            TimeSpan age = time.GetElapsedTime(state.AnsweredAt);
            oldest = age > oldest ? age : oldest;
        }
        metrics.SetHosts(good, stale, empty, failing, addresses, oldest);
        (long found, long notFound, long failed) = dataPlane.Names.LookUps;
        DnsRateLimiter limiter = dataPlane.Names.Resolver.Limiter;
        metrics.SetLookUps(found, notFound, failed, limiter.Sent, limiter.Waiting);
        metrics.SetWildcards(dataPlane.Clusters.Current.Values.Sum(cluster => cluster.Dynamic?.Count ?? 0), dataPlane.Names.RefusedAddresses, dataPlane.Denials.Count);
        foreach ((string protocol, long total) in dataPlane.Denials.Totals)
            metrics.SetDenied(protocol, total);
    }
}
