using Gateway.Matching;

namespace Gateway.Routing;

/// <summary>All virtual hosts of a filter chain. Immutable; safe for all threads.</summary>
internal sealed class RouteTable
{
    private readonly HostMap<VirtualHost> _hosts;

    /// <summary>Makes a table; domains must be unique.</summary>
    public RouteTable(string name, IReadOnlyList<VirtualHost> virtualHosts)
    {
        Name = name;
        VirtualHosts = virtualHosts;
        _hosts = new HostMap<VirtualHost>(virtualHosts.Select(host => KeyValuePair.Create(host.Domain, host)));
    }

    /// <summary>A table that routes nothing.</summary>
    public static RouteTable None { get; } = new("", []);

    /// <summary>Istio's route configuration name, e.g. <c>http.8080</c>.</summary>
    public string Name { get; }

    /// <summary>All virtual hosts.</summary>
    public IReadOnlyList<VirtualHost> VirtualHosts { get; }

    /// <summary>What clients may ask for that use the gateway as their proxy; null = it is none.</summary>
    public ForwardProxyTable? Proxy { get; init; }

    /// <summary>
    /// The decision for a request: the one function that the data plane, <c>gateway explain</c> and the simulated tests call.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="trace">Records why each candidate was passed over; null on the data plane.</param>
    public RouteDecision Decide(in RouteRequest request, MatchTrace? trace = null)
    {
        VirtualHost? virtualHost = FindVirtualHost(request.Authority);
        // A host that a VirtualService speaks for has its routes and no others.
        if (Proxy is not null && (virtualHost is null or { Routes.Count: 0, RequireTls: false } || request.Method == "CONNECT"))
        {
            Route? proxied = Proxy.Find(request.Authority, request.Method == "CONNECT", out string denial);
            return new RouteDecision(virtualHost, proxied, false) { Denial = proxied is null ? denial : null };
        }
        if (virtualHost is null)
            return default;
        if (virtualHost.RequireTls && !request.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase))
            return new RouteDecision(virtualHost, null, true);
        // CONNECT and OPTIONS * have no path; ordinary routes do not match them.
        if (!request.Path.StartsWith('/') || request.Method == "CONNECT")
            return new RouteDecision(virtualHost, null, false);
        return new RouteDecision(virtualHost, FindRoute(virtualHost.Routes, request, trace), false);
    }

    /// <summary>The virtual host for an authority (port ignored, any case).</summary>
    public VirtualHost? FindVirtualHost(ReadOnlySpan<char> authority) => _hosts.Find(HostWithoutPort(authority));

    /// <summary>Cuts the port off an authority; an IPv6 address keeps its brackets.</summary>
    public static ReadOnlySpan<char> HostWithoutPort(ReadOnlySpan<char> authority)
    {
        int colon = authority.LastIndexOf(':');
        return colon < 0 || authority.LastIndexOf(']') > colon ? authority : authority[..colon];
    }

    /// <summary>The first route that matches; a recorder sees every route, so with one the index is not used.</summary>
    private static Route? FindRoute(RouteList routes, in RouteRequest request, MatchTrace? trace)
    {
        if (trace is null && routes.Index is { } index)
        {
            Span<PathIndex.Run> runs = stackalloc PathIndex.Run[PathIndex.MaxRuns];
            PathIndex.Cursor candidates = index.Find(request.Path, runs);
            for (int i = candidates.Next(); i >= 0; i = candidates.Next())
            {
                if (routes[i].Match.IsMatch(request))
                    return routes[i];
            }
            return null;
        }

        foreach (Route route in routes.AsSpan())
        {
            if (route.Match.IsMatch(request))
                return route;
            trace?.Misses.Add(new NearMiss(route, route.Match.FirstFailure(request) ?? ""));
        }
        return null;
    }
}

/// <summary>What was decided: no virtual host, no route, a redirect to https, or a route.</summary>
/// <param name="VirtualHost">The virtual host; null = none covers the authority.</param>
/// <param name="Route">The route; null = none matched, or <paramref name="HttpsRedirect"/>.</param>
/// <param name="HttpsRedirect">The virtual host takes only TLS and the request came without: 301.</param>
internal readonly record struct RouteDecision(VirtualHost? VirtualHost, Route? Route, bool HttpsRedirect)
{
    /// <summary>Why a forward proxy refuses the request, in words; null = it does not.</summary>
    public string? Denial { get; init; }
}

/// <summary>Collects, for explanations, the candidates that did not match with the first condition that failed.</summary>
internal sealed class MatchTrace
{
    /// <summary>The routes passed over, in order.</summary>
    public List<NearMiss> Misses { get; } = [];
}

/// <summary>A route that did not match.</summary>
/// <param name="Route">The route.</param>
/// <param name="FailedCondition">The first condition that failed, in words: <c>header end-user: exact "jason", request has "x"</c>.</param>
internal sealed record NearMiss(Route Route, string FailedCondition);
