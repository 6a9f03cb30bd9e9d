using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;
using Gateway.Testing;

namespace Gateway.Tests.Snapshot.RateLimits;

/// <summary>What is said of EnvoyFilters that are not translated: never nothing.</summary>
public sealed class EnvoyFilterFindingTests
{
    [Theory]
    [InlineData("applyTo: CLUSTER, patch: {operation: ADD, value: {name: lua_cluster}}", "only local rate limits")]
    [InlineData("applyTo: HTTP_FILTER, match: {context: SIDECAR_INBOUND}, patch: {operation: INSERT_BEFORE, value: {name: x}}", "sidecars")]
    [InlineData("applyTo: HTTP_FILTER, match: {context: GATEWAY}, patch: {operation: INSERT_BEFORE, value: {name: envoy.lua, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua}}}", "it inserts the filter envoy.lua")]
    [InlineData("applyTo: HTTP_FILTER, match: {proxy: {proxyVersion: '^1.*'}}, patch: {operation: INSERT_BEFORE, value: {name: x}}", "version or metadata")]
    [InlineData("applyTo: HTTP_ROUTE, patch: {operation: MERGE, value: {decorator: {operation: x}}}", "'decorator'")]
    [InlineData("applyTo: VIRTUAL_HOST, patch: {operation: MERGE, value: {rate_limits: [{actions: [{request_headers: {header_name: x, descriptor_key: y}}]}]}}", "no patch inserts the filter")]
    [InlineData("applyTo: VIRTUAL_HOST, patch: {operation: MERGE, value: {rate_limits: [{actions: [{extension: {name: custom}}]}]}}", "the rate limit action extension")]
    [InlineData("applyTo: HTTP_FILTER, patch: {operation: INSERT_FIRST, value: {name: envoy.filters.http.local_ratelimit, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit, local_rate_limit_per_downstream_connection: true}}}", "'local_rate_limit_per_downstream_connection'")]
    public void A_patch_that_is_not_applied_is_reported_where_it_stands(string patch, string reason)
    {
        Diagnostic finding = Assert.Single(Compile($"  configPatches:\n  - {{{patch}}}"), finding => finding.Code == DiagnosticCatalogue.EnvoyFilterNotApplied.Code);

        Assert.Equal((Severity.Warning, "document-0.yaml", 6), (finding.Severity, finding.Location.Source, finding.Location.Line));
        Assert.Contains(reason, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_EnvoyFilter_for_other_workloads_is_told_from_those()
    {
        IReadOnlyList<Diagnostic> findings = Compile("  workloadSelector: {labels: {app: other}}\n  configPatches: [{applyTo: CLUSTER, patch: {operation: ADD, value: {name: a}}}]");

        Assert.Equal(DiagnosticCatalogue.EnvoyFilterElsewhere.Code, Assert.Single(findings).Code);
    }

    [Fact]
    public void A_patch_that_matches_nothing_here_is_reported()
    {
        IReadOnlyList<Diagnostic> findings = Compile("""
              configPatches:
              - applyTo: HTTP_FILTER
                match: {context: GATEWAY, listener: {portNumber: 9999}}
                patch:
                  operation: INSERT_BEFORE
                  value: {name: envoy.filters.http.local_ratelimit, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit}}
            """);

        Assert.Contains("nothing here matches it", Assert.Single(findings).Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<Diagnostic> Compile(string spec)
    {
        string filter = $"apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {{name: f, namespace: istio-system}}\nspec:\n{spec}\n";
        string[] texts = [filter, TestConfig.HttpGateway(), TestConfig.Backend("up.test", "HTTP", 8080), TestConfig.Route("a.test", "up.test")];
        LoadResult load = new ConfigLoader().Load([.. texts.Select((text, index) => new ConfigDocument($"document-{index}.yaml", Encoding.UTF8.GetBytes(text)))]);
        Assert.Empty(load.Diagnostics);
        var labels = new EquatableMap<string>([KeyValuePair.Create("istio", "ingressgateway")]);
        return [.. SnapshotCompiler.Compile(load.Config, new GatewayIdentity { Labels = labels }).Diagnostics.Where(finding => finding.Resource?.Kind == "EnvoyFilter")];
    }
}
