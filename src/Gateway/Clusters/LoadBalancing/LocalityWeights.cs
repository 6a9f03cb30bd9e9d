using System.Collections.Immutable;

namespace Gateway.Clusters.LoadBalancing;

/// <summary>
/// Envoy's rule for localities with weights: each gets requests in proportion to its weight, less so the more of it is
/// missing: weight × min(1, 1.4 × available share).
/// </summary>
internal static class LocalityWeights
{
    // Weights are whole numbers: shares are kept to a millionth.
    private const double Precision = 1_000_000;

    /// <summary>The balancer of one priority's endpoints.</summary>
    /// <param name="all">All of them.</param>
    /// <param name="available">Those that may get requests; not empty.</param>
    /// <param name="config">How endpoints are chosen.</param>
    /// <param name="random">Chance.</param>
    public static ILoadBalancer Create(EndpointSet all, EndpointSet available, LoadBalancerConfig config, Random random)
    {
        Dictionary<string, (double Effective, double Total)> weights = Effective(all, available);
        if (config.IsHashed)
            return LoadBalancers.Create(config, available.WithWeights(Flatten(available, weights)), random);
        List<uint> shares = [];
        List<ILoadBalancer> balancers = [];
        double sum = weights.Values.Sum(weight => weight.Effective);
        foreach ((string locality, (double effective, _)) in weights)
        {
            if (effective <= 0)
                continue;
            shares.Add((uint)Math.Max(1, effective / sum * Precision));
            balancers.Add(LoadBalancers.Create(config, available.Where((set, i) => set.Places[i].Locality == locality), random));
        }
        return balancers.Count == 1 ? balancers[0] : new LocalityBalancer([.. shares], [.. balancers], random);
    }

    private static Dictionary<string, (double Effective, double Total)> Effective(EndpointSet all, EndpointSet available)
    {
        Dictionary<string, (int All, int Available, double Weights, uint Weight)> localities = new(StringComparer.Ordinal);
        for (int i = 0; i < all.Count; i++)
        {
            EndpointPlace place = all.Places[i];
            (int count, _, _, _) = localities.GetValueOrDefault(place.Locality);
            localities[place.Locality] = (count + 1, 0, 0, place.LocalityWeight);
        }
        for (int i = 0; i < available.Count; i++)
        {
            string locality = available.Places[i].Locality;
            (int count, int there, double sum, uint weight) = localities[locality];
            localities[locality] = (count, there + 1, sum + available.Weights[i], weight);
        }
        return localities.ToDictionary(
            pair => pair.Key,
            pair => (pair.Value.Weight * Math.Min(1, PriorityLoad.Overprovisioning / 100.0 * pair.Value.Available / pair.Value.All), pair.Value.Weights),
            StringComparer.Ordinal);
    }

    // Rings and tables take all localities together: an endpoint's share is its part of its locality's.
    private static ImmutableArray<uint> Flatten(EndpointSet available, Dictionary<string, (double Effective, double Total)> weights)
    {
        double sum = weights.Values.Sum(weight => weight.Effective);
        var flat = ImmutableArray.CreateBuilder<uint>(available.Count);
        for (int i = 0; i < available.Count; i++)
        {
            (double effective, double total) = weights[available.Places[i].Locality];
            flat.Add((uint)Math.Max(1, effective / sum * (available.Weights[i] / total) * Precision));
        }
        return flat.MoveToImmutable();
    }
}
