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
    public void Rules_exported_differently_are_not_joined_and_the_younger_stands() =>
        Assert.Equal(["v2"], Subsets(Rule("r1", "svc-ns", "a", "subsets: [{name: v1, labels: {v: a}}]")
            + Rule("r2", "svc-ns", "a", "exportTo: [gw-ns], subsets: [{name: v2, labels: {v: a}}]")));

    [Fact]
    public void A_rule_exported_further_joins_the_older_and_is_seen_where_that_one_is()
    {
        string rules = Rule("r1", "svc-ns", "a", "exportTo: [gw-ns], subsets: [{name: v1, labels: {v: a}}]")
            + Rule("r2", "svc-ns", "a", "exportTo: [gw-ns, other-ns], subsets: [{name: v2, labels: {v: a}}]");

        Assert.Equal(["v1", "v2"], Subsets(rules));
        Assert.Empty(Subsets(rules, "other-ns"));
    }

    [Fact]
    public void The_most_specific_host_ends_the_search_in_its_namespace_even_if_its_rule_may_not_be_seen() =>
        Assert.Equal("r3", Find(
            Rule("r1", "svc-ns", "a", "exportTo: [other-ns]") + Rule("r2", "svc-ns", "\"*.svc.cluster.local\"") + Rule("r3", "istio-system", "\"*\"")));

    [Theory]
    [InlineData("[other-ns]", null)]
    [InlineData("[\".\"]", "r1")]
    [InlineData("[gw-ns, other-ns]", "r1")]
    public void In_its_own_namespace_a_rule_counts_if_it_is_exported_there(string exportTo, string? expected) =>
        Assert.Equal(expected, Find(Rule("r1", "gw-ns", Host, $"exportTo: {exportTo}")));

    [Fact]
    public void A_dot_beside_other_namespaces_does_not_keep_a_rule_in_the_root_namespace() =>
        Assert.Null(Find(Rule("r1", "istio-system", Host, "exportTo: [\".\", other-ns]"), "istio-system"));

    [Fact]
    public void A_rule_for_the_workload_goes_before_one_for_all_and_one_for_other_workloads_counts_for_nothing()
    {
        string all = Rule("r1", "gw-ns", Host, "subsets: [{name: all, labels: {v: a}}]");
        string some = Rule("r2", "gw-ns", Host, "workloadSelector: {matchLabels: {app: edge}}, subsets: [{name: some, labels: {v: a}}]");

        Assert.Equal(["some"], Subsets(all + some, labels: "edge"));
        Assert.Equal(["all"], Subsets(all + some, labels: "inner"));
        Assert.Empty(Subsets(some + Rule("r3", "svc-ns", "a", "subsets: [{name: other, labels: {v: a}}]"), labels: "inner"));
        Assert.Equal(["any"], Subsets(Rule("r4", "gw-ns", Host, "workloadSelector: {}, subsets: [{name: any, labels: {v: a}}]"), labels: "edge"));
        Assert.Empty(Subsets(Rule("r5", "svc-ns", "a", "workloadSelector: {matchLabels: {app: edge}}, subsets: [{name: x, labels: {v: a}}]"), labels: "edge"));
    }

    [Fact]
    public void A_private_rule_for_all_joins_one_for_some_and_is_gone_for_the_others()
    {
        string rules = Rule("r1", "gw-ns", Host, "exportTo: [\".\"], subsets: [{name: all, labels: {v: a}}]")
            + Rule("r2", "gw-ns", Host, "workloadSelector: {matchLabels: {app: edge}}, subsets: [{name: some, labels: {v: a}}]");

        Assert.Equal(["some", "all"], Subsets(rules, labels: "edge"));
        Assert.Empty(Subsets(rules, labels: "inner"));
    }

    private static IEnumerable<string> Subsets(string yaml, string client = "gw-ns", string? labels = null)
    {
        EquatableMap<string>? known = labels is null ? null : new EquatableMap<string>([KeyValuePair.Create("app", labels)]);
        return new DestinationRuleIndex(Load.From(yaml), client, known, "cluster.local").Find(Host, "svc-ns")?.Subsets.Select(subset => subset.Name!) ?? [];
    }

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
