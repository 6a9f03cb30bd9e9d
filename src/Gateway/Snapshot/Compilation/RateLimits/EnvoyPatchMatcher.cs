using Gateway.Config.Model;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation.RateLimits;

/// <summary>Whether a patch is for a place, by Istio's rules for gateways.</summary>
internal static class EnvoyPatchMatcher
{
    /// <summary>Whether it is. A patch of virtual hosts is for their routes as well.</summary>
    public static bool Covers(EnvoyPatch patch, RateLimitPlace place)
    {
        if (patch.Match is { HasCluster: true } or { HasWaypoint: true })
            return false;
        return patch.ApplyTo switch
        {
            EnvoyApplyTo.HttpFilter => patch.Match?.Listener is not { } listener || Covers(listener, place),
            EnvoyApplyTo.RouteConfiguration => CoversTable(patch.Match?.RouteConfiguration, place),
            EnvoyApplyTo.VirtualHost => place.Host is not null && CoversHost(patch.Match?.RouteConfiguration, place),
            _ => place.Route is not null && CoversRoute(patch.Match?.RouteConfiguration, place),
        };
    }

    private static bool Covers(EnvoyListenerMatch match, RateLimitPlace place)
    {
        if ((match.PortNumber is { } port && port != place.Listener.Port) || match.PortName is not null || match.ListenerFilter is not null
            || (match.Name is { } name && name != place.Listener.Name))
        {
            return false;
        }
        if (match.FilterChain is not { } chain)
            return true;
        return !chain.HasOther
            && (chain.Name is null || chain.Name == place.Chain.Name)
            && (chain.Sni is null || place.Chain.ServerNames.AsSpan().Contains(chain.Sni));
    }

    private static bool CoversTable(EnvoyRouteConfigurationMatch? match, RateLimitPlace place) =>
        match is null
        || ((match.PortNumber is null || match.PortNumber == place.Listener.Port)
            && (match.Name is null || match.Name == place.Chain.Name)
            && (match.PortName is null || place.Chain.Name.Split('.') is ["https", _, var portName, ..] && portName == match.PortName)
            && (match.Gateway is null || IsOf(match.Gateway, place)));

    private static bool CoversHost(EnvoyRouteConfigurationMatch? match, RateLimitPlace place) =>
        CoversTable(match, place)
        && (match?.VirtualHostName is not { } name || place.Host!.Name == name)
        && (match?.DomainName is not { } domain || place.Host!.Domain == domain || place.Host.Name == domain);

    private static bool CoversRoute(EnvoyRouteConfigurationMatch? match, RateLimitPlace place)
    {
        if (!CoversHost(match, place) || (match?.RouteName is { } name && place.Route!.Name != name))
            return false;
        return match?.RouteAction switch
        {
            EnvoyRouteAction.Route => place.Route!.Action is ForwardAction,
            EnvoyRouteAction.Redirect => place.Route!.Action is RedirectAction,
            EnvoyRouteAction.DirectResponse => place.Route!.Action is DirectResponseAction,
            _ => true,
        };
    }

    private static bool IsOf(string gateway, RateLimitPlace place)
    {
        if (place.Route is { } route)
            return route.Gateway == gateway;
        foreach (VirtualHost host in place.Host is { } one ? [one] : place.Chain.Routes.VirtualHosts)
        {
            foreach (Route candidate in host.Routes)
            {
                if (candidate.Gateway == gateway)
                    return true;
            }
        }
        return false;
    }
}
