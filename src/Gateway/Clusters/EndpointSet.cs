using System.Collections.Immutable;

namespace Gateway.Clusters;

/// <summary>Where an endpoint stands among those of its cluster.</summary>
/// <param name="Priority">0 is used first; the next ones as far as those before are not available.</param>
/// <param name="Locality"><c>region/zone/subzone</c>; empty = unknown.</param>
/// <param name="LocalityWeight">Weight of all endpoints of its locality together; 0 = localities have no weights, only endpoints have.</param>
internal readonly record struct EndpointPlace(int Priority, string Locality, uint LocalityWeight)
{
    /// <summary>That of an endpoint of which nothing is said.</summary>
    public static EndpointPlace Unknown { get; } = new(0, "", 0);
}

/// <summary>All endpoints of a cluster at one moment. Immutable and replaced whole.</summary>
internal sealed class EndpointSet
{
    public EndpointSet(ImmutableArray<UpstreamEndpoint> endpoints, ImmutableArray<uint> weights, ImmutableArray<EndpointPlace> places = default)
    {
        Endpoints = endpoints;
        Weights = weights;
        Places = places;
        EqualWeights = true;
        foreach (uint weight in weights)
            EqualWeights &= weight == weights[0];
        if (!places.IsDefault)
        {
            foreach (EndpointPlace place in places)
                HasPlaces |= place.Priority > 0 || place.LocalityWeight > 0;
        }
    }

    /// <summary>No endpoint at all.</summary>
    public static EndpointSet Empty { get; } = new([], []);

    /// <summary>The endpoints, in the order of the configuration or the DNS answer.</summary>
    public ImmutableArray<UpstreamEndpoint> Endpoints { get; }

    /// <summary>Relative weights, by index.</summary>
    public ImmutableArray<uint> Weights { get; }

    /// <summary>Priorities and localities, by index; default = nothing is known of them.</summary>
    public ImmutableArray<EndpointPlace> Places { get; }

    /// <summary>Whether priorities or weights of localities matter.</summary>
    public bool HasPlaces { get; }

    /// <summary>Whether all weights are the same, so that they need not be looked at.</summary>
    public bool EqualWeights { get; }

    /// <summary>How many endpoints there are.</summary>
    public int Count => Endpoints.Length;

    /// <summary>Where an endpoint stands.</summary>
    public EndpointPlace PlaceOf(int index) => Places.IsDefault ? EndpointPlace.Unknown : Places[index];

    /// <summary>
    /// The endpoints that may get requests: not ejected, and not failing their health checks. Those that were not checked
    /// yet may only while none has passed.
    /// </summary>
    public EndpointSet Available()
    {
        bool anyPassed = false;
        foreach (UpstreamEndpoint endpoint in Endpoints)
            anyPassed |= endpoint.Health.Status == HealthStatus.Healthy;
        return Where((set, i) => !set.Endpoints[i].Outlier.IsEjected && set.Endpoints[i].Health.Status switch
        {
            HealthStatus.Unchecked => !anyPassed,
            HealthStatus.Unhealthy => false,
            _ => true,
        });
    }

    /// <summary>The endpoints for which a condition holds.</summary>
    public EndpointSet Where(Func<EndpointSet, int, bool> condition)
    {
        var endpoints = ImmutableArray.CreateBuilder<UpstreamEndpoint>(Count);
        var weights = ImmutableArray.CreateBuilder<uint>(Count);
        ImmutableArray<EndpointPlace>.Builder? places = Places.IsDefault ? null : ImmutableArray.CreateBuilder<EndpointPlace>(Count);
        for (int i = 0; i < Count; i++)
        {
            if (!condition(this, i))
                continue;
            endpoints.Add(Endpoints[i]);
            weights.Add(Weights[i]);
            places?.Add(Places[i]);
        }
        return endpoints.Count == Count ? this : new EndpointSet(endpoints.DrainToImmutable(), weights.DrainToImmutable(), places?.DrainToImmutable() ?? default);
    }

    /// <summary>The same endpoints with other weights.</summary>
    public EndpointSet WithWeights(ImmutableArray<uint> weights) => new(Endpoints, weights, Places);
}
