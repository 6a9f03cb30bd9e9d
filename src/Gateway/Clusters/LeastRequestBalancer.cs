namespace Gateway.Clusters;

/// <summary>
/// Istio's default. Equal weights: two endpoints are drawn with replacement and the one with fewer active requests is
/// taken, the first on a tie. Unequal weights: an endpoint is drawn with a probability proportional to
/// weight / (active + 1), the shares that Envoy's earliest-deadline-first schedule tends to.
/// </summary>
internal static class LeastRequestBalancer
{
    /// <summary>Chooses an endpoint; null if there is none.</summary>
    public static UpstreamEndpoint? Pick(EndpointSet set, Random random)
    {
        switch (set.Count)
        {
            case 0:
                return null;
            case 1:
                return set.Endpoints[0];
        }
        if (!set.EqualWeights)
            return PickWeighted(set, random);
        UpstreamEndpoint first = set.Endpoints[random.Next(set.Count)];
        UpstreamEndpoint second = set.Endpoints[random.Next(set.Count)];
        return second.ActiveRequests < first.ActiveRequests ? second : first;
    }

    private static UpstreamEndpoint PickWeighted(EndpointSet set, Random random)
    {
        double total = 0;
        for (int i = 0; i < set.Count; i++)
            total += EffectiveWeight(set, i);
        double point = random.NextDouble() * total;
        for (int i = 0; i < set.Count; i++)
        {
            point -= EffectiveWeight(set, i);
            if (point < 0)
                return set.Endpoints[i];
        }
        // The counters move between the two passes, so the point can lie past the end.
        return set.Endpoints[^1];
    }

    private static double EffectiveWeight(EndpointSet set, int index) =>
        set.Weights[index] / (Math.Max(0, set.Endpoints[index].ActiveRequests) + 1.0);
}
