using System.Collections.Immutable;

namespace Gateway.Clusters.LoadBalancing;

/// <summary>Chooses a priority by its share of the requests, by the request's hash if it has one, then an endpoint of it.</summary>
/// <param name="loads">Shares in percent; together 100.</param>
/// <param name="balancers">The balancers, by priority.</param>
/// <param name="random">Chance.</param>
internal sealed class PriorityBalancer(ImmutableArray<int> loads, ImmutableArray<ILoadBalancer> balancers, Random random) : ILoadBalancer
{
    public UpstreamEndpoint? Pick(ulong? hash, int attempt)
    {
        int point = (int)((hash ?? (ulong)random.NextInt64()) % 100);
        for (int i = 0; i < loads.Length; i++)
        {
            point -= loads[i];
            if (point < 0)
                return balancers[i].Pick(hash, attempt);
        }
        return null;
    }
}
