using Gateway.Config.Model;

namespace Gateway.Config.Resolution;

/// <summary>Which of the policies of a DestinationRule is in force for a subset and a service port.</summary>
public static class EffectiveTrafficPolicy
{
    /// <summary>
    /// Joins policies as Istio does: an entry for the port stands for the policy's own connection pool, load balancing,
    /// outlier detection and TLS, also where it leaves them out; then what the subset says replaces each part as a whole.
    /// </summary>
    /// <param name="policy">The policy of the rule.</param>
    /// <param name="subset">The policy of the subset; null = it has none, or there is no subset.</param>
    /// <param name="port">The service port.</param>
    /// <param name="mesh">The mesh's connection pool and outlier detection, for rules that leave them out; null = it has none.</param>
    /// <returns>The policy, without port-level entries; null = nothing was said.</returns>
    public static TrafficPolicy? Resolve(TrafficPolicy? policy, TrafficPolicy? subset, int port, DefaultTrafficPolicy? mesh = null)
    {
        TrafficPolicy? top = Over(mesh, AtPort(policy, port));
        if (subset is null || top is null)
            return AtPort(subset, port) ?? top;
        PortTrafficPolicy? entry = Find(subset, port);
        return new TrafficPolicy
        {
            Node = subset.Node,
            ConnectionPool = entry is null ? subset.ConnectionPool ?? top.ConnectionPool : entry.ConnectionPool,
            LoadBalancer = entry is null ? subset.LoadBalancer ?? top.LoadBalancer : entry.LoadBalancer,
            OutlierDetection = entry is null ? subset.OutlierDetection ?? top.OutlierDetection : entry.OutlierDetection,
            Tls = entry is null ? subset.Tls ?? top.Tls : entry.Tls,
            ProxyProtocol = subset.ProxyProtocol ?? top.ProxyProtocol,
            RetryBudget = subset.RetryBudget ?? top.RetryBudget,
            Tunnel = subset.Tunnel ?? top.Tunnel,
        };
    }

    // Below what a rule says for all subsets; a subset's entry for the port leaves nothing of either.
    private static TrafficPolicy? Over(DefaultTrafficPolicy? mesh, TrafficPolicy? policy)
    {
        if (mesh is null)
            return policy;
        policy ??= new TrafficPolicy { Node = mesh.Node };
        return policy with
        {
            ConnectionPool = policy.ConnectionPool ?? mesh.ConnectionPool,
            OutlierDetection = policy.OutlierDetection ?? mesh.OutlierDetection,
        };
    }

    private static TrafficPolicy? AtPort(TrafficPolicy? policy, int port)
    {
        if (policy is null || policy.PortLevelSettings.IsEmpty)
            return policy;
        if (Find(policy, port) is not { } entry)
            return policy with { PortLevelSettings = default };
        return policy with
        {
            PortLevelSettings = default,
            ConnectionPool = entry.ConnectionPool,
            LoadBalancer = entry.LoadBalancer,
            OutlierDetection = entry.OutlierDetection,
            Tls = entry.Tls,
        };
    }

    private static PortTrafficPolicy? Find(TrafficPolicy policy, int port)
    {
        foreach (PortTrafficPolicy entry in policy.PortLevelSettings)
        {
            if (entry.Port?.Number == port)
                return entry;
        }
        return null;
    }
}
