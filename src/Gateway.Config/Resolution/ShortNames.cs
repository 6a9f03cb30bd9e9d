using Gateway.Config.Model;

namespace Gateway.Config.Resolution;

/// <summary>Replaces the short names in a rule by full ones, as seen from the namespace of the resource that wrote it.</summary>
public static class ShortNames
{
    /// <summary>The rule with full destination, mirror and gateway names.</summary>
    public static HttpRoute Resolve(HttpRoute route, string ns, string clusterDomain) => route with
    {
        Match = Map(route.Match, match => match with { Gateways = Map(match.Gateways, name => GatewayName.Resolve(name, ns)) }),
        Route = Map(route.Route, item => item with { Destination = Resolve(item.Destination, ns, clusterDomain) }),
        Mirror = Resolve(route.Mirror, ns, clusterDomain),
        Mirrors = Map(route.Mirrors, mirror => mirror with { Destination = Resolve(mirror.Destination, ns, clusterDomain) }),
    };

    private static Destination? Resolve(Destination? destination, string ns, string clusterDomain) =>
        destination?.Host is not { } host ? destination : destination with { Host = HostName.ResolveShortName(host, ns, clusterDomain) };

    private static EquatableArray<T> Map<T>(EquatableArray<T> items, Func<T, T> change) =>
        items.IsEmpty ? items : items.Select(change).ToEquatableArray();
}
