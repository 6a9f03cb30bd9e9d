using Gateway.Config.Resolution;

namespace Gateway.Config.Tests.Resolution;

public sealed class TlsDemandTests
{
    [Theory]
    [InlineData("trafficPolicy: {tls: {mode: SIMPLE}}", true)]
    [InlineData("trafficPolicy: {tls: {mode: DISABLE}}", false)]
    [InlineData("trafficPolicy: {tls: {mode: SIMPEL}}", true)]
    [InlineData("trafficPolicy: {tls: SIMPLE}", true)]
    [InlineData("trafficPolicy: {tls: {}}", false)]
    [InlineData("trafficPolicy: {loadBalancer: {simple: RANDOM}}", false)]
    [InlineData("trafficPolicy: {tls: {mode: SIMPLE}, portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]}", false)]
    [InlineData("trafficPolicy: {portLevelSettings: [{port: {number: 81}, tls: {mode: SIMPLE}}]}", false)]
    [InlineData("trafficPolicy: {portLevelSettings: [{port: {number: eighty}, tls: {mode: SIMPLE}}]}", true)]
    [InlineData("trafficPolicy: {tls: {mode: SIMPLE}}\n  subsets: [{name: v1, trafficPolicy: {tls: {mode: DISABLE}}}]", false)]
    [InlineData("subsets: [{name: v1, trafficPolicy: {tls: {mode: MUTUAL}}}]", true)]
    [InlineData("subsets: [{name: v2, trafficPolicy: {tls: {mode: MUTUAL}}}]", false)]
    public void A_rule_with_errors_asks_for_tls_where_it_may_have_been_meant(string spec, bool asks)
    {
        ConfigSet config = Load.WithErrors($$"""
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: r, namespace: default}
            spec:
              host: a.test
              unknown: field
              {{spec}}
            """);

        EffectiveDestinationRule rule = new DestinationRuleIndex(config, "istio-system", null, "cluster.local", withRefused: true).Find("a.test", "default")!;

        Assert.Empty(config.DestinationRules);
        Assert.Equal(asks, TlsDemand.Find(rule, "v1", 80) is not null);
    }
}
