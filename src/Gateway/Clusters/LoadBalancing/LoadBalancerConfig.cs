namespace Gateway.Clusters.LoadBalancing;

/// <summary>How an endpoint is chosen.</summary>
internal enum LoadBalancerAlgorithm
{
    /// <summary>The better of two drawn ones.</summary>
    LeastRequest,

    /// <summary>One after the other.</summary>
    RoundRobin,

    /// <summary>Drawn.</summary>
    Random,

    /// <summary>By hash, on a ring.</summary>
    RingHash,

    /// <summary>By hash, from a table.</summary>
    Maglev,
}

/// <summary>Describes a load balancer. Compares by content.</summary>
internal sealed record LoadBalancerConfig
{
    /// <summary>The algorithm.</summary>
    public LoadBalancerAlgorithm Algorithm { get; init; }

    /// <summary>Fewest entries of the ring, or entries of the table.</summary>
    public int TableSize { get; init; }

    /// <summary>How new endpoints get their share little by little; null = they have it at once.</summary>
    public SlowStart? WarmUp { get; init; }

    /// <summary>Whether the endpoint depends on the request's hash.</summary>
    public bool IsHashed => Algorithm is LoadBalancerAlgorithm.RingHash or LoadBalancerAlgorithm.Maglev;
}
