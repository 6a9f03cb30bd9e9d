using static Gateway.Bench.Variants;

namespace Gateway.Bench;

/// <summary>What the gateway's own features cost, against the gateway without them.</summary>
internal static class PolicyScenarios
{
    private const int Connections = 64;

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("policies", "A bare route; the same with timeout, retries, outlier detection and connection limits, none of them triggered",
            Wrk("bare", Plain, "/1k", Connections, $"Host: {GatewayYaml.BareHost}"), Wrk("policies", Plain, "/1k", Connections, $"Host: {GatewayYaml.PoliciesHost}"))
        {
            Contenders = roster => [roster.Gateway],
        },
        new("rbac-200", "No policy; 200 ALLOW rules by host, path and method; 200 by a header. The last one matches", Wrk("", Plain, "/1k", Connections, "x-team: all"))
        {
            Contenders = roster => [roster.Gateway, roster.RulesByPath, roster.RulesByHeader],
        },
        new("jwt", "The same request without and with a RequestAuthentication; one token, and more tokens than are remembered",
            Script("one token", "/1k", "token.lua", Connections, TokenAsync), Script("new tokens", "/1k", "tokens.lua", Connections, TokenAsync))
        {
            Contenders = roster => [roster.Gateway, roster.Tokens],
            Note = (_, folder) => $"checking one ES256 signature costs {folder.Tokens.MicrosToVerify():F0} µs by itself",
        },
        new("ratelimit", "No limit; a local limit per client that is not reached", Wrk("", Plain, "/1k", Connections))
        {
            Contenders = roster => [roster.Gateway, roster.RateLimit],
        },
    ];

    private static Task<string?> TokenAsync(Contender proxy, BenchFolder folder) =>
        Probe.GetAsync(Plain(proxy) + "/1k", StaticOrigin.Bodies["1k"], System.Net.HttpVersion.Version11, $"Authorization: Bearer {folder.Tokens.For("probe")}");
}
