using System.Text.Json;
using Gateway.Snapshot.Explanation;

namespace Gateway.Tests.Snapshot;

/// <summary>What is said of a destination's policy: by explanations, and at load where the stack cannot do a part of it.</summary>
public sealed class DestinationPolicyTests
{
    private const string Origin = "DestinationRule default/up test.yaml:";

    [Theory]
    [InlineData("", "LEAST_REQUEST")]
    [InlineData("loadBalancer: {simple: LEAST_CONN}", "LEAST_REQUEST")]
    [InlineData("loadBalancer: {simple: ROUND_ROBIN}", "ROUND_ROBIN")]
    [InlineData("loadBalancer: {simple: RANDOM}", "RANDOM")]
    [InlineData("loadBalancer: {simple: PASSTHROUGH}", "PASSTHROUGH")]
    [InlineData("loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 30s}}", "ROUND_ROBIN, new endpoints warm up for 30s")]
    [InlineData("loadBalancer: {consistentHash: {httpHeaderName: x-user}}", "ring hash, at least 1024 points, by header x-user")]
    [InlineData("loadBalancer: {consistentHash: {httpCookie: {name: id}, ringHash: {minimumRingSize: 64}}}", "ring hash, at least 64 points, by cookie id")]
    [InlineData("loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 65537}}}", "Maglev, a table of 65537, by the client's address")]
    [InlineData("loadBalancer: {consistentHash: {httpQueryParameterName: q, maglev: {tableSize: 131}}}", "Maglev, a table of 131, by query parameter q")]
    public void An_explanation_names_the_algorithm_and_where_it_was_written(string policy, string algorithm)
    {
        JsonElement balancer = Policy(policy).GetProperty("loadBalancer");

        Assert.Equal(algorithm, balancer.GetProperty("value").GetString());
        if (policy.Length == 0)
            Assert.False(balancer.TryGetProperty("origin", out _));
        else
            Assert.Equal(Origin + "31:34", balancer.GetProperty("origin").GetString());
    }

    [Fact]
    public void Each_part_stands_with_what_it_says_and_where_it_was_written()
    {
        const string Parts = """
            connectionPool: {tcp: {connectTimeout: 2s}, http: {maxRetries: 3}},
                loadBalancer: {localityLbSetting: {failoverPriority: [tier, "zone=a"]}},
                outlierDetection: {interval: 5s},
                proxyProtocol: {version: V2},
                retryBudget: {percent: 10}
            """;

        JsonElement policy = Policy(Parts);

        (string, string, string)[] expected =
        [
            ("connectionPool", "{tcp: {connectTimeout: 2s}, http: {maxRetries: 3}}", Origin + "31:36"),
            ("loadBalancer", "LEAST_REQUEST", Origin + "32:19"),
            ("localityLbSetting", "{failoverPriority: [tier, zone=a]}", Origin + "32:39"),
            ("outlierDetection", "{interval: 5s}", Origin + "33:23"),
            ("proxyProtocol", "{version: V2}", Origin + "34:20"),
            ("retryBudget", "{percent: 10}", Origin + "35:18"),
        ];
        Assert.Equal(expected, policy.EnumerateObject().Select(part => (part.Name, part.Value.GetProperty("value").GetString()!, part.Value.GetProperty("origin").GetString()!)));
    }

    [Fact]
    public void A_locality_setting_of_the_mesh_is_named_as_such()
    {
        const string Mesh = """
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: istio, namespace: istio-system}
            data:
              mesh: |
                localityLbSetting: {failover: [{from: eu, to: us}]}

            """;

        JsonElement setting = Policy("outlierDetection: {}", Mesh).GetProperty("localityLbSetting");

        Assert.Equal("{failover: [{from: eu, to: us}]}", setting.GetProperty("value").GetString());
        Assert.StartsWith("MeshConfig ", setting.GetProperty("origin").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "{tcp: {maxConnections: 100}} mesh", "{consecutive5xxErrors: 4} mesh")]
    [InlineData("connectionPool: {tcp: {maxConnections: 7}}", "{tcp: {maxConnections: 7}}", "{consecutive5xxErrors: 4} mesh")]
    [InlineData("outlierDetection: {interval: 5s}", "{tcp: {maxConnections: 100}} mesh", "{interval: 5s}")]
    [InlineData("portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]", "{tcp: {maxConnections: 100}} mesh", "{consecutive5xxErrors: 4} mesh")]
    public void What_a_rule_leaves_out_is_the_meshs_default(string policy, string pool, string detection)
    {
        const string Mesh = """
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: istio, namespace: istio-system}
            data:
              mesh: |
                defaultTrafficPolicy: {connectionPool: {tcp: {maxConnections: 100}}, outlierDetection: {consecutive5xxErrors: 4}}

            """;

        JsonElement said = Policy(policy, Mesh);

        Assert.Equal((pool, detection), (Part("connectionPool"), Part("outlierDetection")));
        string Part(string name) => said.GetProperty(name).GetProperty("value").GetString()
            + (said.GetProperty(name).GetProperty("origin").GetString()!.StartsWith("MeshConfig ", StringComparison.Ordinal) ? " mesh" : "");
    }

    [Theory]
    [InlineData("HTTP2", "maxConcurrentStreams: 5", "maxConcurrentStreams")]
    [InlineData("HTTP2", "maxRequestsPerConnection: 5", "maxRequestsPerConnection")]
    [InlineData("HTTP2", "http2KeepAlive: {interval: 500ms, timeout: 5s}", "http2KeepAlive")]
    [InlineData("HTTP2", "http2KeepAlive: {interval: 5s, timeout: 5s}", null)]
    [InlineData("HTTP", "maxRequestsPerConnection: 5", null)]
    [InlineData("HTTP", "maxRequestsPerConnection: 5, useClientProtocol: true", "maxRequestsPerConnection")]
    public void What_the_chosen_client_cannot_do_is_said_at_its_line(string protocol, string field, string? reported)
    {
        string documents = Documents($"connectionPool: {{http: {{ {field} }}}}", protocol);
        Compiled own = Compiled.From(documents, Compiled.Ingress with { OwnClient = true });
        Compiled other = Compiled.From(documents, Compiled.Ingress with { OwnClient = false });

        Assert.DoesNotContain(own.Result.Diagnostics, finding => finding.Code == "GW0505");
        Assert.Equal(
            reported is null ? [] : [("DestinationRule default/up", 31, $"connectionPool.http.{reported}")],
            other.Result.Diagnostics.Where(finding => finding.Code == "GW0505").Select(finding => (finding.Resource.ToString()!, finding.Location.Line, finding.FieldPath!)));
    }

    private static JsonElement Policy(string policy, string more = "")
    {
        Explanation explanation = Compiled.From(Documents(policy) + more).Get("http://h.test/");
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            ExplanationJson.Write(writer, explanation);
        using JsonDocument json = JsonDocument.Parse(stream.ToArray());
        return json.RootElement.GetProperty("destination").GetProperty("policy").Clone();
    }

    private static string Documents(string policy, string protocol = "HTTP") =>
        Compiled.HttpGateway() + Compiled.VirtualService("vs", "\"*\"", "{route: [{destination: {host: up.test}}]}") + $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: up, namespace: default}
            spec: {hosts: [up.test], resolution: STATIC, ports: [{number: 80, name: up, protocol: {{protocol}} }], endpoints: [{address: 10.0.0.1}] }
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: up, namespace: default}
            spec:
              host: up.test
              {{(policy.Length == 0 ? "exportTo: ['*']" : $"trafficPolicy: {{ {policy} }}")}}

            """;
}
