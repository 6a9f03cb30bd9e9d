namespace Gateway.Clusters.LoadBalancing;

/// <summary>Istio <c>RANDOM</c>: draws an endpoint by weight.</summary>
internal sealed class RandomBalancer(EndpointSet set, Random random) : ILoadBalancer
{
    private readonly AliasTable? _byWeight = set.EqualWeights ? null : new AliasTable(set.Weights);

    public UpstreamEndpoint? Pick(ulong? hash, int attempt) =>
        set.Count == 0 ? null : set.Endpoints[_byWeight?.Draw(random) ?? random.Next(set.Count)];
}
