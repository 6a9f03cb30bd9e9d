using Gateway.Clusters;

namespace Gateway.Tests.Snapshot;

/// <summary>From documents to priorities and weights of endpoints.</summary>
public sealed class LocalityCompilerTests
{
    private const string Detection = "outlierDetection: {}";

    [Theory]
    [InlineData("", "eu/a", "0 0 0")]
    [InlineData(Detection, "", "0 0 0")]
    [InlineData(Detection, "eu/a", "0 1 2")]
    [InlineData(Detection + ", loadBalancer: {localityLbSetting: {enabled: false}}", "eu/a", "0 0 0")]
    [InlineData("loadBalancer: {localityLbSetting: {distribute: [{from: eu/*, to: {us/*: 60, eu/a/*: 40}}]}}", "eu/a", "0/40 0/60")]
    [InlineData("loadBalancer: {localityLbSetting: {distribute: [{from: '*', to: {us/*: 100}}]}}", "", "0/100")]
    [InlineData(Detection + ", loadBalancer: {localityLbSetting: {failover: [{from: eu, to: us}]}}", "eu/a", "0/1 1/1 2/1")]
    [InlineData(Detection + ", loadBalancer: {localityLbSetting: {failoverPriority: [tier]}}", "eu/a", "0/1 0/1 0/1")]
    [InlineData(Detection + ", loadBalancer: {localityLbSetting: {failoverPriority: [tier=two]}}", "", "1/1 0/1 1/1")]
    [InlineData("loadBalancer: {localityLbSetting: {failoverPriority: [tier=two]}}", "", "0 0 0")]
    [InlineData("loadBalancer: {zoneAwareLbSetting: {}}", "eu/a", "0 0 1")]
    [InlineData("loadBalancer: {zoneAwareLbSetting: {enabled: false}}", "eu/a", "0 0 0")]
    [InlineData("loadBalancer: {zoneAwareLbSetting: {failover: [{from: asia, to: us}]}}", "asia/a", "1 1 0")]
    [InlineData("loadBalancer: {zoneAwareLbSetting: {failoverPriority: [tier=two]}}", "eu/a", "1 0 2")]
    public void A_rule_gives_priorities_and_weights(string policy, string locality, string places)
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway() + Compiled.VirtualService("vs", "\"*\"", "{route: [{destination: {host: up.test}}]}")
                + Compiled.ThreePlaces($"trafficPolicy: {{connectionPool: {{tcp: {{connectTimeout: 1s}}}}, {policy} }}"),
            Compiled.Ingress with { Locality = locality });

        Assert.Equal(places, Places(compiled));
    }

    [Theory]
    [InlineData("", "1 0 1")]
    [InlineData("loadBalancer: {localityLbSetting: {enabled: true}}, outlierDetection: {}", "0 0 0")]
    [InlineData("loadBalancer: {localityLbSetting: {enabled: false}}, outlierDetection: {}", "0 0 0")]
    public void The_meshs_zone_aware_setting_counts_where_the_rule_has_none_of_either_kind(string policy, string places)
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway() + Compiled.VirtualService("vs", "\"*\"", "{route: [{destination: {host: up.test}}]}")
                + Compiled.ThreePlaces($"trafficPolicy: {{connectionPool: {{tcp: {{connectTimeout: 1s}}}}, {policy} }}")
                + Mesh("zoneAwareLbSetting: {failoverPriority: [tier=two]}"),
            Compiled.Ingress);

        Assert.Equal(places, Places(compiled));
    }

    [Fact]
    public void A_gateway_that_knows_no_place_of_its_own_prefers_endpoints_that_have_none_either()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway() + Compiled.VirtualService("vs", "\"*\"", "{route: [{destination: {host: up.test}}]}")
                + Compiled.ThreePlaces($"trafficPolicy: {{ {Detection} }}").Replace("locality: eu/b, ", "", StringComparison.Ordinal));

        Assert.Equal("1 0 1", Places(compiled));
    }

    [Fact]
    public void What_labels_leave_of_a_locality_at_one_priority_has_one_weight()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway() + Compiled.VirtualService("vs", "\"*\"", "{route: [{destination: {host: up.test}}]}")
                + Compiled.ThreePlaces($"trafficPolicy: {{ {Detection}, loadBalancer: {{localityLbSetting: {{failoverPriority: [tier=one]}}}} }}").Replace("eu/b", "us/a", StringComparison.Ordinal));

        Assert.Equal("0/1 1/2 1/2", Places(compiled));
    }

    [Theory]
    [InlineData("PreferClose", "eu/a", "0/1 1/1")]
    [InlineData("PreferSameZone", "eu/a/x", "0/1 1/1")]
    [InlineData("Anything", "eu/a", "0 0")]
    public void A_services_traffic_distribution_prefers_its_zone(string distribution, string locality, string places)
    {
        Compiled compiled = Compiled.From(Compiled.HttpGateway() + Compiled.VirtualService("vs", "\"*\"", Compiled.To("shop")) + $$"""
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: shop, namespace: default}
            spec: {trafficDistribution: {{distribution}}, ports: [{name: http, port: 80}]}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: shop-1, namespace: default, labels: {kubernetes.io/service-name: shop} }
            addressType: IPv4
            ports: [{name: http, port: 8080}]
            endpoints: [{addresses: [10.0.0.1], zone: a}, {addresses: [10.0.0.2], zone: b}]
            """, Compiled.Ingress with { Locality = locality });

        Assert.Equal(places, Places(compiled));
    }

    private static string Mesh(string setting) => $$"""
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: istio, namespace: istio-system}
        data:
          mesh: "{{setting}}"

        """;

    private static string Places(Compiled compiled) => string.Join(' ', compiled.Snapshot.Clusters.Single().Endpoints
        .Select((EndpointConfig endpoint) => endpoint.LocalityWeight > 0 ? $"{endpoint.Priority}/{endpoint.LocalityWeight}" : $"{endpoint.Priority}"));
}
