using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Parsing;
using Gateway.Config.Resolution;
using Gateway.Http.Filters.LocalRateLimit;

namespace Gateway.Snapshot.Compilation.RateLimits;

/// <summary>
/// Translates the patches of EnvoyFilters that make local rate limits; every other patch is reported as not applied.
/// </summary>
internal sealed class EnvoyFilterCompiler
{
    private readonly CompilationContext _context;
    private readonly List<TranslatedPatch> _patches = [];
    private bool _hasFilter;

    public EnvoyFilterCompiler(CompilationContext context)
    {
        _context = context;
        var scope = new PolicyScope(context.Identity.Namespace, context.Identity.Labels, context.Config.Mesh.RootNamespace);
        // Istio's order: priority, then the root namespace before the workload's, then age.
        foreach (Resource<EnvoyFilterSpec> filter in context.Config.EnvoyFilters
            .OrderBy(filter => filter.Spec.Priority).ThenBy(filter => filter.Metadata.Namespace == context.Config.Mesh.RootNamespace ? 0 : 1))
        {
            if (scope.Covers(filter.Metadata.Namespace, filter.Spec))
                Guard.Run(context, filter, () => Translate(filter));
            else
                context.Report(DiagnosticCatalogue.EnvoyFilterElsewhere, filter, "spec", "The EnvoyFilter is for other workloads.");
        }
    }

    /// <summary>What a patch that is translated does.</summary>
    /// <param name="Filter">The EnvoyFilter.</param>
    /// <param name="Path">The patch.</param>
    /// <param name="Patch">Its match.</param>
    /// <param name="Settings">The limit it sets; null = none.</param>
    /// <param name="Actions">The actions it sets; empty = none.</param>
    private sealed record TranslatedPatch(
        Resource<EnvoyFilterSpec> Filter, string Path, EnvoyPatch Patch, EnvoyLimitSettings? Settings, EquatableArray<EquatableArray<EnvoyAction>> Actions)
    {
        public bool IsUsed { get; set; }
    }

    /// <summary>The limit at a place and what makes its descriptors.</summary>
    public (EnvoyLimitConfig? Limit, EquatableArray<EquatableArray<EnvoyAction>> Actions) At(RateLimitPlace place)
    {
        TranslatedPatch? inserted = null;
        TranslatedPatch? special = null;
        EquatableArray<EquatableArray<EnvoyAction>> ofHost = default;
        EquatableArray<EquatableArray<EnvoyAction>> ofRoute = default;
        foreach (TranslatedPatch patch in _patches)
        {
            if (!EnvoyPatchMatcher.Covers(patch.Patch, place))
                continue;
            patch.IsUsed = true;
            if (patch.Patch.ApplyTo == EnvoyApplyTo.HttpFilter)
            {
                inserted = patch;
                continue;
            }
            if (patch.Settings is not null && (special is null || patch.Patch.ApplyTo >= special.Patch.ApplyTo))
                special = patch;
            if (patch.Patch.ApplyTo == EnvoyApplyTo.HttpRoute)
                ofRoute = ofRoute.Concat(patch.Actions).ToEquatableArray();
            else
                ofHost = ofHost.Concat(patch.Actions).ToEquatableArray();
        }
        if (inserted is null)
            return default;
        TranslatedPatch wins = special ?? inserted;
        if (wins.Settings is not { IsActive: true } settings)
            return default;
        // Each object of Envoy's configuration that holds the settings has its own buckets.
        string scope = wins.Patch.ApplyTo switch
        {
            EnvoyApplyTo.HttpRoute => place.Scope,
            EnvoyApplyTo.VirtualHost => (place with { Route = null }).Scope,
            _ => (place with { Route = null, Host = null }).Scope,
        };
        return (new EnvoyLimitConfig(scope, settings, wins.Filter.Id.ToString()), ofRoute.IsEmpty ? ofHost : ofRoute);
    }

    /// <summary>Says which patches met nothing here.</summary>
    public void ReportUnused()
    {
        foreach (TranslatedPatch patch in _patches)
        {
            if (!patch.IsUsed)
                Complain(patch.Filter, patch.Path, patch.Patch.Node, "nothing here matches it");
            else if (!_hasFilter)
                Complain(patch.Filter, patch.Path, patch.Patch.Node, $"no patch inserts the filter {LocalRateLimitReader.FilterName}");
        }
    }

    private void Translate(Resource<EnvoyFilterSpec> filter)
    {
        for (int i = 0; i < filter.Spec.ConfigPatches.Count; i++)
        {
            EnvoyPatch patch = filter.Spec.ConfigPatches[i];
            string path = $"spec.configPatches[{i}]";
            if (Fault(patch) is { } fault)
                Complain(filter, path, patch.Node, fault);
            else
                Translate(filter, path, patch);
        }
    }

    /// <summary>Why a patch is not even looked into; null = it may be one for rate limits.</summary>
    private static string? Fault(EnvoyPatch patch)
    {
        if (patch.Match is { Context: EnvoyPatchContext.SidecarInbound or EnvoyPatchContext.SidecarOutbound or EnvoyPatchContext.Waypoint })
            return "it is for sidecars or waypoints, and this is a gateway";
        if (patch.Match is { ProxyVersion: not null } or { AsksForMetadata: true })
            return "it asks for a version or metadata of Envoy, which this is not";
        EnvoyPatchOperation operation = patch.Patch?.Operation ?? EnvoyPatchOperation.Invalid;
        return patch.ApplyTo switch
        {
            EnvoyApplyTo.HttpFilter when operation is EnvoyPatchOperation.InsertBefore or EnvoyPatchOperation.InsertAfter or EnvoyPatchOperation.InsertFirst or EnvoyPatchOperation.Add => null,
            EnvoyApplyTo.RouteConfiguration or EnvoyApplyTo.VirtualHost or EnvoyApplyTo.HttpRoute when operation == EnvoyPatchOperation.Merge => null,
            _ => "only local rate limits are translated: HTTP_FILTER that is inserted, and ROUTE_CONFIGURATION, VIRTUAL_HOST or HTTP_ROUTE that is merged",
        };
    }

    private void Translate(Resource<EnvoyFilterSpec> filter, string path, EnvoyPatch patch)
    {
        ConfigNode value = patch.Patch?.Value ?? ConfigNode.Missing;
        var reader = new LocalRateLimitReader((node, what) => Complain(filter, path, node, what), _context.Matchers);
        if (patch.ApplyTo == EnvoyApplyTo.HttpFilter)
        {
            if (value.Field("typed_config") is not { } any || reader.ReadAny(any) is not { } settings)
            {
                Complain(filter, path, value.Location.Line > 0 ? value : patch.Node, $"it inserts the filter {value.Text("name") ?? "(without a name)"}");
                return;
            }
            _hasFilter = true;
            _patches.Add(new TranslatedPatch(filter, path, patch, settings, default));
            return;
        }
        EnvoyLimitSettings? special = null;
        ConfigNode? actions = patch.ApplyTo == EnvoyApplyTo.HttpRoute ? value.Field("route")?.Field("rate_limits") : patch.ApplyTo == EnvoyApplyTo.VirtualHost ? value.Field("rate_limits") : null;
        foreach (ConfigEntry entry in value.Field("typed_per_filter_config")?.Entries ?? [])
        {
            special = reader.ReadAny(entry.Value) ?? special;
            if (reader.ReadAny(entry.Value) is null)
                Complain(filter, path, entry.Value, $"the configuration of {entry.Key}");
        }
        foreach (string other in value.Others("typed_per_filter_config", patch.ApplyTo == EnvoyApplyTo.HttpRoute ? "route" : "rate_limits"))
            Complain(filter, path, value[other]!, $"'{other}'");
        foreach (string other in value.Field("route")?.Others("rate_limits") ?? [])
            Complain(filter, path, value.Field("route")![other]!, $"'route.{other}'");
        EquatableArray<EquatableArray<EnvoyAction>> read = actions is null ? default : reader.ReadActions(actions);
        if (special is not null || !read.IsEmpty)
            _patches.Add(new TranslatedPatch(filter, path, patch, special, read));
    }

    private void Complain(Resource<EnvoyFilterSpec> filter, string path, ConfigNode node, string what) =>
        _context.Report(DiagnosticCatalogue.EnvoyFilterNotApplied, filter, path, $"Not applied: {what}.", node);
}
