using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads EnvoyFilters. What a patch's value holds is read where it is translated.</summary>
internal static class EnvoyFilterBinder
{
    private static readonly EnumNames<EnvoyApplyTo> ApplyTos = new(
        ("INVALID", EnvoyApplyTo.Invalid),
        ("LISTENER", EnvoyApplyTo.Listener),
        ("FILTER_CHAIN", EnvoyApplyTo.FilterChain),
        ("NETWORK_FILTER", EnvoyApplyTo.NetworkFilter),
        ("HTTP_FILTER", EnvoyApplyTo.HttpFilter),
        ("ROUTE_CONFIGURATION", EnvoyApplyTo.RouteConfiguration),
        ("VIRTUAL_HOST", EnvoyApplyTo.VirtualHost),
        ("HTTP_ROUTE", EnvoyApplyTo.HttpRoute),
        ("CLUSTER", EnvoyApplyTo.Cluster),
        ("EXTENSION_CONFIG", EnvoyApplyTo.ExtensionConfig),
        ("BOOTSTRAP", EnvoyApplyTo.Bootstrap),
        ("LISTENER_FILTER", EnvoyApplyTo.ListenerFilter));

    private static readonly EnumNames<EnvoyPatchContext> Contexts = new(
        ("ANY", EnvoyPatchContext.Any),
        ("SIDECAR_INBOUND", EnvoyPatchContext.SidecarInbound),
        ("SIDECAR_OUTBOUND", EnvoyPatchContext.SidecarOutbound),
        ("GATEWAY", EnvoyPatchContext.Gateway),
        ("WAYPOINT", EnvoyPatchContext.Waypoint));

    private static readonly EnumNames<EnvoyPatchOperation> Operations = new(
        ("INVALID", EnvoyPatchOperation.Invalid),
        ("MERGE", EnvoyPatchOperation.Merge),
        ("ADD", EnvoyPatchOperation.Add),
        ("REMOVE", EnvoyPatchOperation.Remove),
        ("INSERT_BEFORE", EnvoyPatchOperation.InsertBefore),
        ("INSERT_AFTER", EnvoyPatchOperation.InsertAfter),
        ("INSERT_FIRST", EnvoyPatchOperation.InsertFirst),
        ("REPLACE", EnvoyPatchOperation.Replace),
        ("MERGE_AND_REPLACE_LIST", EnvoyPatchOperation.MergeAndReplaceList));

    private static readonly EnumNames<EnvoyRouteAction> RouteActions = new(
        ("ANY", EnvoyRouteAction.Any),
        ("ROUTE", EnvoyRouteAction.Route),
        ("REDIRECT", EnvoyRouteAction.Redirect),
        ("DIRECT_RESPONSE", EnvoyRouteAction.DirectResponse));

    private static readonly EnumNames<EnvoyFilterClass> FilterClasses = new(
        ("UNSPECIFIED", EnvoyFilterClass.Unspecified),
        ("AUTHN", EnvoyFilterClass.Authn),
        ("AUTHZ", EnvoyFilterClass.Authz),
        ("STATS", EnvoyFilterClass.Stats));

    private enum EnvoyFilterClass
    {
        Unspecified,
        Authn,
        Authz,
        Stats,
    }

    public static EnvoyFilterSpec EnvoyFilterSpec(ObjectReader r) => new()
    {
        Node = r.Node,
        Selector = r.Object("workloadSelector", s => new PolicySelector { Node = s.Node, MatchLabels = s.StringMap("labels") }),
        TargetRefs = r.List("targetRefs", SecurityBinder.PolicyTargetReference),
        ConfigPatches = r.List("configPatches", Patch),
        Priority = r.Int32("priority") ?? 0,
    };

    private static EnvoyPatch Patch(ObjectReader r) => new()
    {
        Node = r.Node,
        ApplyTo = r.Enum("applyTo", ApplyTos) ?? EnvoyApplyTo.Invalid,
        Match = r.Object("match", Match),
        Patch = r.Object("patch", Body),
    };

    private static EnvoyPatchBody Body(ObjectReader r)
    {
        _ = r.Enum("filterClass", FilterClasses);
        return new() { Node = r.Node, Operation = r.Enum("operation", Operations) ?? EnvoyPatchOperation.Invalid, Value = r.Object("value", Verbatim) };
    }

    private static EnvoyPatchMatch Match(ObjectReader r)
    {
        ProxyMatch? proxy = r.Object("proxy", p => new ProxyMatch(NotEmpty(p.String("proxyVersion")), !p.StringMap("metadata").IsEmpty));
        return new()
        {
            Node = r.Node,
            Context = r.Enum("context", Contexts) ?? EnvoyPatchContext.Any,
            ProxyVersion = proxy?.Version,
            AsksForMetadata = proxy is { HasMetadata: true },
            Listener = r.Object("listener", Listener),
            RouteConfiguration = r.Object("routeConfiguration", RouteConfiguration),
            HasCluster = r.Object("cluster", Cluster) is not null,
            HasWaypoint = r.Object("waypoint", Waypoint) is not null,
        };
    }

    private static EnvoyListenerMatch Listener(ObjectReader r) => new()
    {
        Node = r.Node,
        PortNumber = NotZero(r.Count("portNumber")),
        PortName = NotEmpty(r.String("portName")),
        Name = NotEmpty(r.String("name")),
        ListenerFilter = NotEmpty(r.String("listenerFilter")),
        FilterChain = r.Object("filterChain", FilterChain),
    };

    private static EnvoyFilterChainMatch FilterChain(ObjectReader r)
    {
        FilterMatch? filter = r.Object("filter", NamedFilter);
        return new()
        {
            Node = r.Node,
            Name = NotEmpty(r.String("name")),
            Sni = NotEmpty(r.String("sni")),
            HasOther = NotEmpty(r.String("transportProtocol")) is not null | NotEmpty(r.String("applicationProtocols")) is not null
                | NotZero(r.Count("destinationPort")) is not null | NotEmpty(r.String("transportSocket")) is not null,
            HasFilter = filter is not null,
            FilterName = filter?.Name,
            HasSubFilter = filter?.HasSubFilter ?? false,
            SubFilterName = filter?.SubFilter,
        };
    }

    private static EnvoyRouteConfigurationMatch RouteConfiguration(ObjectReader r)
    {
        VirtualHostMatch? host = r.Object("vhost", VirtualHost);
        return new()
        {
            Node = r.Node,
            PortNumber = NotZero(r.Count("portNumber")),
            PortName = NotEmpty(r.String("portName")),
            Gateway = NotEmpty(r.String("gateway")),
            Name = NotEmpty(r.String("name")),
            VirtualHostName = host?.Name,
            DomainName = host?.DomainName,
            RouteName = host?.Route?.Name,
            RouteAction = host?.Route?.Action ?? EnvoyRouteAction.Any,
        };
    }

    private static VirtualHostMatch VirtualHost(ObjectReader r) => new(
        NotEmpty(r.String("name")),
        NotEmpty(r.String("domainName")),
        r.Object("route", route => new RouteMatch(NotEmpty(route.String("name")), route.Enum("action", RouteActions) ?? EnvoyRouteAction.Any)));

    private static FilterMatch NamedFilter(ObjectReader r)
    {
        FilterMatch? below = r.Object("subFilter", s => new FilterMatch(NotEmpty(s.String("name")), false, null));
        return new(NotEmpty(r.String("name")), below is not null, below?.Name);
    }

    private static object Cluster(ObjectReader r)
    {
        _ = r.String("name");
        _ = r.String("service");
        _ = r.String("subset");
        _ = r.Count("portNumber");
        return r;
    }

    private static object Waypoint(ObjectReader r)
    {
        _ = r.Count("portNumber");
        _ = r.Object("filter", NamedFilter);
        _ = r.Object("route", route => route.String("name") ?? "");
        return r;
    }

    private static Parsing.ConfigNode Verbatim(ObjectReader r)
    {
        r.IgnoreRest();
        return r.Node;
    }

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static int? NotZero(int? number) => number == 0 ? null : number;

    private sealed record ProxyMatch(string? Version, bool HasMetadata);

    private sealed record FilterMatch(string? Name, bool HasSubFilter, string? SubFilter);

    private sealed record VirtualHostMatch(string? Name, string? DomainName, RouteMatch? Route);

    private sealed record RouteMatch(string? Name, EnvoyRouteAction Action);
}
