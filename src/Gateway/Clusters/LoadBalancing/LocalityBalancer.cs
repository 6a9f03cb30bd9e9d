using System.Collections.Immutable;

namespace Gateway.Clusters.LoadBalancing;

/// <summary>Draws a locality by its weight, then lets that locality's own balancer choose.</summary>
/// <param name="weights">The weights, all positive.</param>
/// <param name="balancers">The balancers, by locality.</param>
/// <param name="random">Chance.</param>
internal sealed class LocalityBalancer(ImmutableArray<uint> weights, ImmutableArray<ILoadBalancer> balancers, Random random) : ILoadBalancer
{
    private readonly AliasTable _byWeight = new(weights);

    public UpstreamEndpoint? Pick(ulong? hash, int attempt) => balancers[_byWeight.Draw(random)].Pick(hash, attempt);
}
