using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;
using Gateway.Snapshot.Explanation;

namespace Gateway.Tests.Snapshot.Security;

public sealed class PolicyTests
{
    private static readonly string Base = Compiled.HttpGateway() + Compiled.VirtualService("vs", "\"*\"", Compiled.To("a")) + Compiled.Services("a");

    [Theory]
    [InlineData("metadata: {name: p, namespace: istio-system}\nspec: {rules: [{to: [{operation: {colour: [red]}}]}]}")]
    [InlineData("metadata: {name: p, namespace: istio-system}\nspec: {selector: {matchLabels: [a]}, action: DENY, rules: [{}]}")]
    [InlineData("metadata: {name: p, namespace: istio-system}\nspec: {action: REFUSE}")]
    [InlineData("metadata: {namespace: istio-system}\nspec: {}")]
    [InlineData("metadata: {name: p, namespace: istio-system}\nspec: {action: [")]
    public void A_policy_that_cannot_be_read_denies_and_says_so(string policy)
    {
        (GatewaySnapshot snapshot, IReadOnlyList<Diagnostic> findings) = Load(new ConfigLoader(), Base, $"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n{policy}\n");

        Assert.Equal(403, Get(snapshot).Status);
        Assert.Contains(findings, finding => finding.Code == DiagnosticCatalogue.PolicyLocksOut.Code);
    }

    [Fact]
    public void A_policy_that_cannot_be_read_and_is_for_others_denies_nothing_here()
    {
        (GatewaySnapshot snapshot, _) = Load(new ConfigLoader(), Base,
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: istio-system}\nspec: {selector: {matchLabels: {app: other}}, action: REFUSE}\n");

        Assert.Equal("forward", Get(snapshot).Outcome);
    }

    [Fact]
    public void The_last_good_version_of_a_policy_stays()
    {
        var loader = new ConfigLoader();
        const string Head = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: istio-system}\n";
        Load(loader, Base, Head + "spec: {rules: [{to: [{operation: {paths: [/ok]}}]}]}\n");

        (GatewaySnapshot snapshot, _) = Load(loader, Base, Head + "spec: {action: REFUSE}\n");

        Assert.Equal("forward", Get(snapshot, "/ok").Outcome);
        Assert.Equal("rbac_access_denied_matched_policy[none]", Get(snapshot).Details);
    }

    [Fact]
    public void An_explanation_names_the_rule_that_denies_and_the_condition_that_fails()
    {
        (GatewaySnapshot snapshot, _) = Load(new ConfigLoader(), Base, """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: deny, namespace: istio-system}
            spec:
              action: DENY
              rules: [{to: [{operation: {paths: ["/admin*"]}}]}]
            ---
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: allow, namespace: istio-system}
            spec:
              rules: [{to: [{operation: {methods: [POST]}}]}]
            """);

        Assert.Equal("rbac_access_denied_matched_policy[ns[istio-system]-policy[deny]-rule[0]]", Get(snapshot, "/admin/x").Details);
        Explanation explanation = Get(snapshot, "/x");
        Assert.Contains(explanation.Security.SelectMany(step => step.Misses), miss => miss.FailedCondition == "method must be \"POST\", and is \"GET\"");
    }

    [Theory]
    [InlineData("/a/../private", 403)]
    [InlineData("/%70rivate", 403)]
    [InlineData("/./private", 403)]
    [InlineData("/private;v=1", null)]
    [InlineData("/PRIVATE", null)]
    [InlineData("/private/", null)]
    [InlineData("/private?x", 403)]
    [InlineData("/x%2Fprivate", null)]
    public void The_path_that_is_asked_about_is_the_path_that_goes_on(string target, int? status)
    {
        (GatewaySnapshot snapshot, _) = Load(new ConfigLoader(), Base,
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: istio-system}\nspec: {action: DENY, rules: [{to: [{operation: {paths: [/private]}}]}]}\n");
        Explanation explanation = Get(snapshot, target);

        Assert.Equal(status, explanation.Status);
        if (status is null)
            Assert.NotEqual("/private", explanation.Upstream!.Path.Split('?')[0]);
    }

    private static (GatewaySnapshot Snapshot, IReadOnlyList<Diagnostic> Findings) Load(ConfigLoader loader, params string[] texts)
    {
        LoadResult loaded = loader.Load([.. texts.Select((text, i) => new ConfigDocument($"{i}.yaml", Encoding.UTF8.GetBytes(text)))]);
        CompileResult compiled = SnapshotCompiler.Compile(loaded.Config, Compiled.Ingress);
        return (compiled.Snapshot, [.. loaded.Diagnostics, .. compiled.Diagnostics]);
    }

    private static Explanation Get(GatewaySnapshot snapshot, string target = "/") => RequestExplainer.Explain(snapshot, new ExplainRequest { Port = 80, Authority = "a.test", Target = target });
}
