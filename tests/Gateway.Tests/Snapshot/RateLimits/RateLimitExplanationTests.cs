using Gateway.Config.Diagnostics;

namespace Gateway.Tests.Snapshot.RateLimits;

/// <summary><c>gateway explain</c> names the limits that a request meets.</summary>
public sealed class RateLimitExplanationTests
{
    private const string Policy = """
        ---
        apiVersion: gateway.internal/v1alpha1
        kind: RateLimitPolicy
        metadata: {name: shop, namespace: default}
        spec:
          targetRefs: [{kind: Gateway, name: gw}, {kind: VirtualService, name: nowhere}]
          limits:
          - {name: login, match: [{path: {prefix: /login}}], key: [{source: CLIENT_ADDRESS}], requests: 5, unit: MINUTE, dryRun: true}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: vs, namespace: default}
        spec:
          hosts: [a.test]
          gateways: [gw]
          http: [{directResponse: {status: 200}}]

        """;

    [Theory]
    [InlineData("/login", "default/shop/login at test.yaml:8:5: 5 per 60 s, at most 5 at once, for each client address (dry run)")]
    [InlineData("/", null)]
    public void A_limit_is_named_where_it_covers_the_request(string path, string? verdict)
    {
        Compiled compiled = Compiled.From(Policy + Compiled.HttpGateway());

        Assert.Equal(verdict, compiled.Get($"http://a.test{path}").Security.SingleOrDefault(step => step.Step == "rate limit")?.Verdict);
    }

    [Fact]
    public void A_target_that_does_not_exist_is_reported()
    {
        Compiled compiled = Compiled.From(Policy + Compiled.HttpGateway());

        Assert.Contains($"{DiagnosticCatalogue.UnknownReference.Code} spec.targetRefs[1]: There is no VirtualService default/nowhere: it limits nothing.", compiled.Findings);
    }
}
