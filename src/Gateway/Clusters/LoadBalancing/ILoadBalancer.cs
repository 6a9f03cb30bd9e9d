namespace Gateway.Clusters.LoadBalancing;

/// <summary>Chooses among the endpoints of one <see cref="EndpointSet"/>, in constant time: its tables are made with the set. Thread-safe.</summary>
internal interface ILoadBalancer
{
    /// <summary>Chooses an endpoint; null = there is none.</summary>
    /// <param name="hash">Hash of the request; null = it has none.</param>
    /// <param name="attempt">How many choices for the request were passed over before.</param>
    UpstreamEndpoint? Pick(ulong? hash, int attempt);
}
