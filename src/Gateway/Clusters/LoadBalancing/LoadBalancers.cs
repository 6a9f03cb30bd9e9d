namespace Gateway.Clusters.LoadBalancing;

/// <summary>Makes load balancers.</summary>
internal static class LoadBalancers
{
    /// <summary>The load balancer of a set.</summary>
    public static ILoadBalancer Create(LoadBalancerConfig config, EndpointSet set, Random random) => config.Algorithm switch
    {
        LoadBalancerAlgorithm.RoundRobin => new RoundRobinBalancer(set, random),
        LoadBalancerAlgorithm.Random => new RandomBalancer(set, random),
        LoadBalancerAlgorithm.RingHash => new RingHashBalancer(set, config.TableSize, random),
        LoadBalancerAlgorithm.Maglev => new MaglevBalancer(set, config.TableSize, random),
        _ => new LeastRequestBalancer(set, random),
    };
}
