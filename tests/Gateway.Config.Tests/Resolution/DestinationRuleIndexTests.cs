using Gateway.Config.Resolution;

namespace Gateway.Config.Tests.Resolution;

public sealed class DestinationRuleIndexTests
{
    private const string Host = "a.svc-ns.svc.cluster.local";

    [Fact]
    public void The_workload_s_namespace_is_looked_at_first_then_the_service_s_then_the_root()
    {
        string client = Rule("r1", "gw-ns", Host), service = Rule("r2", "svc-ns", "a"), root = Rule("r3", "istio-system", Host);

        Assert.Equal("r1", Find(client + service + root));
        Assert.Equal("r2", Find(service + root));
        Assert.Equal("r3", Find(root));
        Assert.Null(Find(Rule("r4", "elsewhere", Host)));
    }

    [Fact]
    public void The_first_namespace_with_a_match_ends_the_search_even_with_a_wildcard() =>
        Assert.Equal("r1", Find(Rule("r1", "gw-ns", "\"*.cluster.local\"") + Rule("r2", "svc-ns", "a")));

    [Fact]
    public void In_one_namespace_the_most_specific_host_wins() =>
        Assert.Equal("r2", Find(Rule("r1", "svc-ns", "\"*.cluster.local\"") + Rule("r2", "svc-ns", "\"*.svc-ns.svc.cluster.local\"") + Rule("r3", "svc-ns", "\"*\"")));

    [Fact]
    public void A_workload_in_the_root_namespace_first_sees_only_what_is_kept_there()
    {
        string service = Rule("r2", "svc-ns", "a");

        Assert.Equal("r2", Find(Rule("r1", "istio-system", Host) + service, "istio-system"));
        Assert.Equal("r1", Find(Rule("r1", "istio-system", Host, "exportTo: [\".\"]") + service, "istio-system"));
    }

    [Fact]
    public void A_rule_that_is_not_exported_to_the_workload_does_not_count() =>
        Assert.Null(Find(Rule("r1", "svc-ns", "a", "exportTo: [\".\"]")));

    [Fact]
    public void Rules_for_one_host_give_the_first_policy_and_all_subsets()
    {
        EffectiveDestinationRule rule = Index(
            Rule("r1", "svc-ns", "a", "trafficPolicy: {loadBalancer: {simple: RANDOM}}, subsets: [{name: v1, labels: {v: first}}]")
            + Rule("r2", "svc-ns", "a", "trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}, subsets: [{name: v1, labels: {v: second}}, {name: v2, labels: {v: v2}}]"))
            .Find(Host, "svc-ns")!;

        Assert.Equal(Gateway.Config.Model.SimpleLb.Random, rule.TrafficPolicy!.LoadBalancer!.Simple);
        Assert.Equal(["v1", "v2"], rule.Subsets.Select(subset => subset.Name!));
        Assert.True(rule.FindSubset("v1")!.Labels.TryGetValue("v", out string? label) && label == "first");
        Assert.Null(rule.FindSubset("v3"));
    }

    [Fact]
    public void Rules_exported_differently_are_not_joined() =>
        Assert.Single(Index(Rule("r1", "svc-ns", "a", "subsets: [{name: v1, labels: {v: a}}]")
            + Rule("r2", "svc-ns", "a", "exportTo: [gw-ns], subsets: [{name: v2, labels: {v: a}}]")).Find(Host, "svc-ns")!.Subsets);

    private static DestinationRuleIndex Index(string yaml, string client = "gw-ns") => new(Load.From(yaml), client, null, "cluster.local");

    private static string? Find(string yaml, string client = "gw-ns") => Index(yaml, client).Find(Host, "svc-ns")?.Rules[0].Metadata.Name;

    private static string Rule(string name, string ns, string host, string extra = "") => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: {{name}}, namespace: {{ns}}}
        spec: {host: {{host}}{{(extra.Length == 0 ? "" : ", " + extra)}} }

        """;
}
