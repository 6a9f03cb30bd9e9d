using System.Collections.Immutable;
using Gateway.Clusters;
using Gateway.Routing;
using Gateway.Streams;

namespace Gateway.Tcp;

/// <summary>Where a filter chain's connections go, linked to live clusters. Immutable.</summary>
/// <param name="Action">The destinations.</param>
/// <param name="Clusters">The live clusters that they name by index.</param>
internal sealed record TcpTarget(TcpAction Action, ImmutableArray<Cluster> Clusters)
{
    /// <summary>Whether connections may pass; null = all may.</summary>
    public INetworkAuthorization? Authorization { get; init; }
}
