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
}
