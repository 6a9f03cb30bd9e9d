using System.Collections.Immutable;
using Gateway.Clusters;
using Gateway.Routing;
using Gateway.Tls;

namespace Gateway.Http;

/// <summary>What the requests of a matched connection meet: settings, virtual hosts, filters and live clusters of one snapshot. Immutable.</summary>
internal sealed class FilterChain
{
    /// <summary>Stable name, Istio's route name.</summary>
    public required string Name { get; init; }

    /// <summary>Mesh-wide settings.</summary>
    public required HttpSettings Settings { get; init; }

    /// <summary>How TLS is ended; null = plain text.</summary>
    public DownstreamTlsConfig? Tls { get; init; }

    /// <summary>The port's other TLS chains; null = there are none, or requests for their hosts get 404 as in Istio.</summary>
    public SiblingChains? Siblings { get; set; }

    /// <summary>The virtual hosts.</summary>
    public required RouteTable Routes { get; init; }

    /// <summary>What is asked before a route is chosen: CUSTOM policies and tokens.</summary>
    public ImmutableArray<HttpFilter> Authentication { get; init; } = [];

    /// <summary>What is asked once the route is known, before anything is answered: policies.</summary>
    public ImmutableArray<HttpFilter> Authorization { get; init; } = [];

    /// <summary>The filters of requests that are forwarded, in order; the router is last.</summary>
    public required ImmutableArray<HttpFilter> Filters { get; init; }

    /// <summary>Clusters by <see cref="WeightedCluster.ClusterIndex"/>.</summary>
    public required ImmutableArray<Cluster> Clusters { get; init; }
}
