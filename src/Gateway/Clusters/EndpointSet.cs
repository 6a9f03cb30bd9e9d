using System.Collections.Immutable;

namespace Gateway.Clusters;

/// <summary>All endpoints of a cluster at one moment. Immutable and replaced whole.</summary>
internal sealed class EndpointSet
{
    public EndpointSet(ImmutableArray<UpstreamEndpoint> endpoints, ImmutableArray<uint> weights)
    {
        Endpoints = endpoints;
        Weights = weights;
        EqualWeights = weights.All(weight => weight == weights[0]);
    }

    /// <summary>No endpoint at all.</summary>
    public static EndpointSet Empty { get; } = new([], []);

    /// <summary>The endpoints, in the order of the configuration or the DNS answer.</summary>
    public ImmutableArray<UpstreamEndpoint> Endpoints { get; }

    /// <summary>Relative weights, by index.</summary>
    public ImmutableArray<uint> Weights { get; }

    /// <summary>Whether all weights are the same, so that they need not be looked at.</summary>
    public bool EqualWeights { get; }

    /// <summary>The endpoints that are not ejected.</summary>
    public EndpointSet WithoutEjected()
    {
        var endpoints = ImmutableArray.CreateBuilder<UpstreamEndpoint>(Count);
        var weights = ImmutableArray.CreateBuilder<uint>(Count);
        for (int i = 0; i < Count; i++)
        {
            if (Endpoints[i].Outlier.IsEjected)
                continue;
            endpoints.Add(Endpoints[i]);
            weights.Add(Weights[i]);
        }
        return endpoints.Count == Count ? this : new EndpointSet(endpoints.ToImmutable(), weights.ToImmutable());
    }

    /// <summary>How many endpoints there are.</summary>
    public int Count => Endpoints.Length;
}
