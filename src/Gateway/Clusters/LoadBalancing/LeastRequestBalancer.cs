namespace Gateway.Clusters.LoadBalancing;

/// <summary>
/// Istio's default. Equal weights: two endpoints are drawn with replacement and the one with fewer active requests is
/// taken, the first on a tie. Unequal weights: an endpoint is drawn with a probability proportional to
/// weight / (active + 1), the shares that Envoy's earliest-deadline-first schedule tends to; among many, from a few that
/// were drawn by weight.
/// </summary>
internal sealed class LeastRequestBalancer(EndpointSet set, Random random) : ILoadBalancer
{
    // So many are looked at: all of few, some of many.
    private const int Sample = 16;

    private readonly AliasTable? _byWeight = set.EqualWeights || set.Count <= Sample ? null : new AliasTable(set.Weights);

    /// <summary>Chooses an endpoint; null if there is none.</summary>
    public UpstreamEndpoint? Pick(ulong? hash, int attempt)
    {
        switch (set.Count)
        {
            case 0:
                return null;
            case 1:
                return set.Endpoints[0];
        }
        if (!set.EqualWeights)
            return _byWeight is null ? PickOfFew() : PickOfMany(_byWeight);
        UpstreamEndpoint first = set.Endpoints[random.Next(set.Count)];
        UpstreamEndpoint second = set.Endpoints[random.Next(set.Count)];
        return second.ActiveRequests < first.ActiveRequests ? second : first;
    }

    private UpstreamEndpoint PickOfFew()
    {
        Span<double> shares = stackalloc double[Sample];
        for (int i = 0; i < set.Count; i++)
            shares[i] = set.Weights[i] * Idleness(set.Endpoints[i]);
        return set.Endpoints[Draw(shares[..set.Count])];
    }

    private UpstreamEndpoint PickOfMany(AliasTable byWeight)
    {
        Span<double> shares = stackalloc double[Sample];
        Span<int> drawn = stackalloc int[Sample];
        for (int i = 0; i < Sample; i++)
        {
            drawn[i] = byWeight.Draw(random);
            shares[i] = Idleness(set.Endpoints[drawn[i]]);
        }
        return set.Endpoints[drawn[Draw(shares)]];
    }

    private int Draw(ReadOnlySpan<double> shares)
    {
        double total = 0;
        foreach (double share in shares)
            total += share;
        double point = random.NextDouble() * total;
        for (int i = 0; i < shares.Length; i++)
        {
            point -= shares[i];
            if (point < 0)
                return i;
        }
        return shares.Length - 1;
    }

    private static double Idleness(UpstreamEndpoint endpoint) => 1.0 / (Math.Max(0, endpoint.ActiveRequests) + 1.0);
}
