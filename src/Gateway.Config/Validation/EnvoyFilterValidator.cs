using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>An EnvoyFilter: the forms that Istio refuses. What is accepted is not thereby applied.</summary>
internal static class EnvoyFilterValidator
{
    private const int MaxVersionPattern = 1024;

    private static readonly string[] ConnectionManagers = ["envoy.filters.network.http_connection_manager", "envoy.http_connection_manager"];

    /// <summary>Checks the whole resource.</summary>
    public static void Check(Findings findings, EnvoyFilterSpec spec)
    {
        if (spec.Selector is { } selector)
        {
            if (!LabelRules.CheckSelector(findings, selector, "labels", selector.MatchLabels))
                return;
            if (selector.MatchLabels.IsEmpty)
                findings.Warning(selector, "labels", "Envoy filter: the workload selector is specified without labels; it will be applied to all workloads in the namespace.");
            if (spec.Node["targetRefs"] is not null)
                findings.Error(spec, "targetRefs", "only one of targetRefs or workloadSelector can be set.");
        }
        foreach (PolicyTargetReference reference in spec.TargetRefs)
        {
            if (reference.Name.Length == 0)
                findings.Error(reference, "name", "The name of the target reference must be set: Required value.");
            if (reference.Kind.Length == 0)
                findings.Error(reference, "kind", "The kind of the target reference must be set: Required value.");
            if (reference.Namespace.Length > 0)
                findings.Error(reference, "namespace", "cross namespace referencing is not currently supported: the target must be in the EnvoyFilter's namespace.");
        }
        foreach (EnvoyPatch patch in spec.ConfigPatches)
            CheckPatch(findings, patch);
    }

    private static void CheckPatch(Findings findings, EnvoyPatch patch)
    {
        if (patch.ApplyTo == EnvoyApplyTo.Invalid)
            findings.Error(patch, "applyTo", "Envoy filter: missing applyTo.");
        if (patch.Patch is not { } body)
            findings.Error(patch, "patch", "Envoy filter: missing patch.");
        else if (body.Operation == EnvoyPatchOperation.Invalid)
            findings.Error(body, "operation", "Envoy filter: missing patch operation.");
        else if (body.Operation != EnvoyPatchOperation.Remove && body.Value is null)
            findings.Error(body, "value", "Envoy filter: missing patch value for non-remove operation.");
        if (patch.Match is { } match)
            CheckMatch(findings, patch, match);
    }

    private static void CheckMatch(Findings findings, EnvoyPatch patch, EnvoyPatchMatch match)
    {
        if (match.HasWaypoint != (match.Context == EnvoyPatchContext.Waypoint))
            findings.Error(patch, "match", "only support waypointMatch when context is WAYPOINT: the one is written without the other.");
        bool isListener = match.Listener is not null;
        bool isRoutes = match.RouteConfiguration is not null;
        if ((isListener ? 1 : 0) + (isRoutes ? 1 : 0) + (match.HasCluster ? 1 : 0) + (match.HasWaypoint ? 1 : 0) > 1)
            findings.Error(patch, "match", "Only one of listener, routeConfiguration, cluster and waypoint can be set.");
        if (match.ProxyVersion is { Length: > MaxVersionPattern })
            findings.Warning(match, "proxy.proxyVersion", $"Envoy filter: the proxyVersion match exceeds {MaxVersionPattern} characters and will be ignored.");
        else if (match.ProxyVersion is not null)
            StringMatchRules.CheckPattern(findings, match, "proxy.proxyVersion", match.ProxyVersion, "proxy version");
        switch (patch.ApplyTo)
        {
            case EnvoyApplyTo.Listener or EnvoyApplyTo.FilterChain or EnvoyApplyTo.NetworkFilter or EnvoyApplyTo.HttpFilter:
                if (isRoutes || match.HasCluster)
                    findings.Error(patch, "match", "Envoy filter: applyTo for listener class objects cannot have non listener match.");
                if (match.Listener?.FilterChain is { HasFilter: true } chain)
                    CheckFilter(findings, patch, chain);
                break;
            case EnvoyApplyTo.RouteConfiguration or EnvoyApplyTo.VirtualHost or EnvoyApplyTo.HttpRoute:
                if (isListener || match.HasCluster)
                    findings.Error(patch, "match", "Envoy filter: applyTo for http route class objects cannot have non route configuration match.");
                break;
            case EnvoyApplyTo.Cluster:
                if (isListener || isRoutes)
                    findings.Error(patch, "match", "Envoy filter: applyTo for cluster class objects cannot have non cluster match.");
                break;
        }
    }

    private static void CheckFilter(Findings findings, EnvoyPatch patch, EnvoyFilterChainMatch chain)
    {
        if (patch.ApplyTo is EnvoyApplyTo.Listener or EnvoyApplyTo.FilterChain)
            findings.Warning(chain, "filter", "Envoy filter: filter match has no effect when used with LISTENER or FILTER_CHAIN.");
        if (chain.FilterName is null)
            findings.Error(chain, "filter", "Envoy filter: filter match has no name to match on.");
        if (!chain.HasSubFilter)
            return;
        if (patch.ApplyTo != EnvoyApplyTo.HttpFilter)
            findings.Error(chain, "filter.subFilter", "Envoy filter: subfilter match can be used with applyTo HTTP_FILTER only.");
        if (chain.FilterName is { } name && !ConnectionManagers.Contains(name))
            findings.Error(chain, "filter.subFilter", "Envoy filter: subfilter match requires filter match with envoy.filters.network.http_connection_manager.");
        if (chain.SubFilterName is null)
            findings.Error(chain, "filter.subFilter", "Envoy filter: subfilter match has no name to match on.");
    }
}
