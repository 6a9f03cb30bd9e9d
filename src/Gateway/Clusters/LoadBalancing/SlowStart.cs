using System.Collections.Immutable;

namespace Gateway.Clusters.LoadBalancing;

/// <summary>How a new endpoint's weight grows. Istio <c>warmup</c>, Envoy's slow start.</summary>
/// <param name="Window">How long it takes.</param>
/// <param name="Aggression">1 = linear; more = faster at the beginning.</param>
/// <param name="MinimumPercent">Percent of its weight that an endpoint has at least.</param>
internal sealed record SlowStart(TimeSpan Window, double Aggression, double MinimumPercent)
{
    // Weights are whole numbers: one of 1 has so many steps.
    private const uint Steps = 1000;

    // Turns are made anew so often while something warms up; the share is then at most 1 % of the window old.
    private static readonly TimeSpan ShortestStep = TimeSpan.FromMilliseconds(100);

    /// <summary>Time between two looks at the weights.</summary>
    public TimeSpan Step => Window / 100 > ShortestStep ? Window / 100 : ShortestStep;

    /// <summary>The share of its weight that an endpoint has at an age.</summary>
    public double Factor(TimeSpan age)
    {
        if (age >= Window)
            return 1;
        double share = Math.Max(age / Window, 0);
        return Math.Max(Aggression == 1 ? share : Math.Pow(share, 1 / Aggression), MinimumPercent / 100);
    }

    /// <summary>The set with the weights of the moment; itself if all endpoints are equally warm.</summary>
    /// <param name="set">The set.</param>
    /// <param name="ageOf">How long an endpoint has been there.</param>
    /// <param name="isWarming">Whether any weight is still growing.</param>
    public EndpointSet Weigh(EndpointSet set, Func<UpstreamEndpoint, TimeSpan> ageOf, out bool isWarming)
    {
        isWarming = false;
        bool differ = false;
        double[] factors = new double[set.Count];
        for (int i = 0; i < factors.Length; i++)
        {
            TimeSpan age = ageOf(set.Endpoints[i]);
            isWarming |= age < Window;
            factors[i] = Factor(age);
            differ |= factors[i] != factors[0];
        }
        if (!differ)
            return set;
        double largest = 1;
        foreach (uint weight in set.Weights)
            largest = Math.Max(largest, weight);
        double scale = Math.Min(Steps, uint.MaxValue / largest);
        var weights = ImmutableArray.CreateBuilder<uint>(set.Count);
        for (int i = 0; i < factors.Length; i++)
            weights.Add((uint)Math.Max(1, Math.Round(set.Weights[i] * factors[i] * scale)));
        return set.WithWeights(weights.MoveToImmutable());
    }
}
