using System.Globalization;
using System.Text;

namespace Gateway.Bench;

/// <summary>Security policies beside the common configuration. Each lets every request of the load pass.</summary>
internal static class GatewayPolicies
{
    private const int Rules = 200;

    /// <summary>Rules for 199 teams' paths and hosts; the last one lets the load pass.</summary>
    public static string RulesByPath(BenchFolder folder) =>
        Allow(i => $"{{to: [{{operation: {{hosts: [\"team-{i}.test\"], paths: [\"/team-{i}/*\"], methods: [GET, POST]}}}}]}}", "{to: [{operation: {paths: [\"/1k\"], methods: [GET]}}]}");

    /// <summary>Rules that no index over hosts, paths or methods shortens.</summary>
    public static string RulesByHeader(BenchFolder folder) =>
        Allow(i => $"{{when: [{{key: \"request.headers[x-team]\", values: [\"team-{i}\"]}}]}}", "{when: [{key: \"request.headers[x-team]\", values: [all]}]}");

    public static string Tokens(BenchFolder folder) => $$"""
        apiVersion: security.istio.io/v1
        kind: RequestAuthentication
        metadata: {name: bench, namespace: istio-system}
        spec:
          jwtRules:
          - {issuer: {{BenchTokens.Issuer}}, forwardOriginalToken: true, jwks: '{{folder.Tokens.KeySet}}' }
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: need-a-token, namespace: istio-system}
        spec:
          rules: [{from: [{source: {requestPrincipals: ["{{BenchTokens.Issuer}}/*"]} }]}]
        """;

    public static string RateLimit(BenchFolder folder) => """
        apiVersion: gateway.internal/v1alpha1
        kind: RateLimitPolicy
        metadata: {name: bench, namespace: istio-system}
        spec:
          hosts: ["*"]
          limits: [{name: all, key: [{source: CLIENT_ADDRESS}], requests: 10000000, unit: SECOND}]
        """;

    private static string Allow(Func<int, string> rule, string last)
    {
        var yaml = new StringBuilder("""
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: bench, namespace: istio-system}
            spec:
              action: ALLOW
              rules:

            """);
        for (int i = 1; i < Rules; i++)
            yaml.Append(CultureInfo.InvariantCulture, $"  - {rule(i)}\n");
        return yaml.Append("  - ").Append(last).Append('\n').ToString();
    }
}
