using Gateway.Config;

namespace Gateway.Routing;

/// <summary>Where the bytes of a connection go: one of several clusters, drawn once per connection. Immutable.</summary>
internal sealed class TcpAction
{
    /// <summary>The destinations; at least one. Weights are positive unless there is only one.</summary>
    public required EquatableArray<WeightedCluster> Destinations { get; init; }

    /// <summary>Sum of the weights.</summary>
    public required long TotalWeight { get; init; }

    /// <summary>The rule it was compiled from.</summary>
    public required ConfigOrigin Origin { get; init; }

    /// <summary>Chooses a destination by a random number over consecutive ranges.</summary>
    public WeightedCluster Pick(ulong random) => WeightedCluster.Pick(Destinations, TotalWeight, random);
}
