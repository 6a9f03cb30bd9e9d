using Gateway.Config.Parsing;

namespace Gateway.Config.Model;

/// <summary>What part of Envoy's configuration a patch is for. Istio <c>EnvoyFilter.ApplyTo</c>.</summary>
public enum EnvoyApplyTo
{
    /// <summary><c>INVALID</c>, or not written.</summary>
    Invalid,

    /// <summary><c>LISTENER</c>.</summary>
    Listener,

    /// <summary><c>FILTER_CHAIN</c>.</summary>
    FilterChain,

    /// <summary><c>NETWORK_FILTER</c>.</summary>
    NetworkFilter,

    /// <summary><c>HTTP_FILTER</c>.</summary>
    HttpFilter,

    /// <summary><c>ROUTE_CONFIGURATION</c>.</summary>
    RouteConfiguration,

    /// <summary><c>VIRTUAL_HOST</c>.</summary>
    VirtualHost,

    /// <summary><c>HTTP_ROUTE</c>.</summary>
    HttpRoute,

    /// <summary><c>CLUSTER</c>.</summary>
    Cluster,

    /// <summary><c>EXTENSION_CONFIG</c>.</summary>
    ExtensionConfig,

    /// <summary><c>BOOTSTRAP</c>.</summary>
    Bootstrap,

    /// <summary><c>LISTENER_FILTER</c>.</summary>
    ListenerFilter,
}

/// <summary>The kind of proxy a patch is for. Istio <c>EnvoyFilter.PatchContext</c>.</summary>
public enum EnvoyPatchContext
{
    /// <summary><c>ANY</c>: sidecars and gateways.</summary>
    Any,

    /// <summary><c>SIDECAR_INBOUND</c>.</summary>
    SidecarInbound,

    /// <summary><c>SIDECAR_OUTBOUND</c>.</summary>
    SidecarOutbound,

    /// <summary><c>GATEWAY</c>.</summary>
    Gateway,

    /// <summary><c>WAYPOINT</c>.</summary>
    Waypoint,
}

/// <summary>What a patch does. Istio <c>EnvoyFilter.Patch.Operation</c>.</summary>
public enum EnvoyPatchOperation
{
    /// <summary><c>INVALID</c>, or not written.</summary>
    Invalid,

    /// <summary><c>MERGE</c>.</summary>
    Merge,

    /// <summary><c>ADD</c>.</summary>
    Add,

    /// <summary><c>REMOVE</c>.</summary>
    Remove,

    /// <summary><c>INSERT_BEFORE</c>.</summary>
    InsertBefore,

    /// <summary><c>INSERT_AFTER</c>.</summary>
    InsertAfter,

    /// <summary><c>INSERT_FIRST</c>.</summary>
    InsertFirst,

    /// <summary><c>REPLACE</c>.</summary>
    Replace,

    /// <summary><c>MERGE_AND_REPLACE_LIST</c>.</summary>
    MergeAndReplaceList,
}

/// <summary>The kind of route a patch is for. Istio <c>EnvoyFilter.RouteConfigurationMatch.RouteMatch.Action</c>.</summary>
public enum EnvoyRouteAction
{
    /// <summary><c>ANY</c>.</summary>
    Any,

    /// <summary><c>ROUTE</c>: it forwards.</summary>
    Route,

    /// <summary><c>REDIRECT</c>.</summary>
    Redirect,

    /// <summary><c>DIRECT_RESPONSE</c>.</summary>
    DirectResponse,
}

/// <summary>Istio <c>EnvoyFilter</c>: changes to the configuration that Istio makes for Envoy.</summary>
public sealed record EnvoyFilterSpec : SpecRecord, ITargetedPolicy
{
    /// <summary><c>workloadSelector</c>, whose labels stand here as those of a policy's selector; null = not written.</summary>
    public PolicySelector? Selector { get; init; }

    /// <summary>Always null: EnvoyFilters have no single reference.</summary>
    public PolicyTargetReference? TargetRef => null;

    /// <summary><c>targetRefs</c>.</summary>
    public EquatableArray<PolicyTargetReference> TargetRefs { get; init; }

    /// <summary><c>configPatches</c>.</summary>
    public EquatableArray<EnvoyPatch> ConfigPatches { get; init; }

    /// <summary><c>priority</c>; smaller ones are applied first.</summary>
    public int Priority { get; init; }
}

/// <summary>One of an EnvoyFilter's changes. Istio <c>EnvoyConfigObjectPatch</c>.</summary>
public sealed record EnvoyPatch : SpecRecord
{
    /// <summary><c>applyTo</c>.</summary>
    public EnvoyApplyTo ApplyTo { get; init; }

    /// <summary><c>match</c>; null = not written: any.</summary>
    public EnvoyPatchMatch? Match { get; init; }

    /// <summary><c>patch</c>; null = not written.</summary>
    public EnvoyPatchBody? Patch { get; init; }
}

/// <summary><c>patch</c>.</summary>
public sealed record EnvoyPatchBody : SpecRecord
{
    /// <summary><c>operation</c>.</summary>
    public EnvoyPatchOperation Operation { get; init; }

    /// <summary><c>value</c>: a part of Envoy's own configuration, as written; null = not written.</summary>
    public ConfigNode? Value { get; init; }
}

/// <summary><c>match</c>.</summary>
public sealed record EnvoyPatchMatch : SpecRecord
{
    /// <summary><c>context</c>.</summary>
    public EnvoyPatchContext Context { get; init; }

    /// <summary><c>proxy.proxyVersion</c>, a regular expression; null = any.</summary>
    public string? ProxyVersion { get; init; }

    /// <summary><c>proxy.metadata</c> is written.</summary>
    public bool AsksForMetadata { get; init; }

    /// <summary><c>listener</c>; null = not written.</summary>
    public EnvoyListenerMatch? Listener { get; init; }

    /// <summary><c>routeConfiguration</c>; null = not written.</summary>
    public EnvoyRouteConfigurationMatch? RouteConfiguration { get; init; }

    /// <summary><c>cluster</c> is written.</summary>
    public bool HasCluster { get; init; }

    /// <summary><c>waypoint</c> is written.</summary>
    public bool HasWaypoint { get; init; }
}

/// <summary><c>match.listener</c>.</summary>
public sealed record EnvoyListenerMatch : SpecRecord
{
    /// <summary><c>portNumber</c>; null = any.</summary>
    public int? PortNumber { get; init; }

    /// <summary><c>portName</c>; null = any.</summary>
    public string? PortName { get; init; }

    /// <summary><c>name</c>; null = any.</summary>
    public string? Name { get; init; }

    /// <summary><c>listenerFilter</c>.</summary>
    public string? ListenerFilter { get; init; }

    /// <summary><c>filterChain</c>; null = any.</summary>
    public EnvoyFilterChainMatch? FilterChain { get; init; }
}

/// <summary><c>match.listener.filterChain</c>.</summary>
public sealed record EnvoyFilterChainMatch : SpecRecord
{
    /// <summary><c>name</c>; null = any.</summary>
    public string? Name { get; init; }

    /// <summary><c>sni</c>: a server name the chain must be for; null = any.</summary>
    public string? Sni { get; init; }

    /// <summary><c>transportProtocol</c>, <c>applicationProtocols</c>, <c>destinationPort</c> or <c>transportSocket</c> is written.</summary>
    public bool HasOther { get; init; }

    /// <summary><c>filter</c> is written.</summary>
    public bool HasFilter { get; init; }

    /// <summary><c>filter.name</c>; null = any.</summary>
    public string? FilterName { get; init; }

    /// <summary><c>filter.subFilter</c> is written.</summary>
    public bool HasSubFilter { get; init; }

    /// <summary><c>filter.subFilter.name</c>; null = any.</summary>
    public string? SubFilterName { get; init; }
}

/// <summary><c>match.routeConfiguration</c>.</summary>
public sealed record EnvoyRouteConfigurationMatch : SpecRecord
{
    /// <summary><c>portNumber</c>; null = any.</summary>
    public int? PortNumber { get; init; }

    /// <summary><c>portName</c>; null = any.</summary>
    public string? PortName { get; init; }

    /// <summary><c>gateway</c>, <c>namespace/name</c>; null = any.</summary>
    public string? Gateway { get; init; }

    /// <summary><c>name</c>, Istio's name of the route configuration (<c>http.8080</c>); null = any.</summary>
    public string? Name { get; init; }

    /// <summary><c>vhost.name</c>, <c>host:port</c>; null = any.</summary>
    public string? VirtualHostName { get; init; }

    /// <summary><c>vhost.domainName</c>; null = any.</summary>
    public string? DomainName { get; init; }

    /// <summary><c>vhost.route.name</c>; null = any.</summary>
    public string? RouteName { get; init; }

    /// <summary><c>vhost.route.action</c>.</summary>
    public EnvoyRouteAction RouteAction { get; init; }
}
