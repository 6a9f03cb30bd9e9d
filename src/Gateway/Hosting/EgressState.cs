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
    public static void Update(EgressMetrics metrics, DataPlane dataPlane)
    {
        int good = 0, stale = 0, empty = 0;
        foreach (DnsHost host in dataPlane.Names.List)
        {
            if (host.State.Addresses.IsEmpty)
                empty++;
            else if (host.IsStale)
                stale++;
            else
                good++;
        }
        metrics.SetHosts(good, stale, empty);
        (long found, long notFound, long failed) = dataPlane.Names.LookUps;
        DnsRateLimiter limiter = dataPlane.Names.Resolver.Limiter;
        metrics.SetLookUps(found, notFound, failed, limiter.Sent, limiter.Waiting);
        metrics.SetDenied(dataPlane.Denials.Total);
    }
}
