using System.Text.RegularExpressions;
using Gateway.Routing;
using Gateway.Snapshot.Explanation;

namespace Gateway.Tests.Snapshot;

public sealed class ActionCompilerTests
{
    private const string Subsets = """
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: a, namespace: default}
        spec:
          host: a
          subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: a, namespace: default}
        spec: {ports: [{name: grpc-x, port: 80}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: a-1, namespace: default, labels: {kubernetes.io/service-name: a, version: v1}}
        addressType: IPv4
        ports: [{name: grpc-x, port: 8080}]
        endpoints: [{addresses: [10.0.0.1]}, {addresses: [10.0.0.2], conditions: {ready: false}}]

        """;

    [Fact]
    public void A_subset_has_the_endpoints_with_its_labels_and_the_protocol_of_its_port()
    {
        Compiled compiled = Rule("{route: [{destination: {host: a, subset: v1}}]}", Subsets);

        Explanation explanation = compiled.Get("http://h.test/");

        Assert.Equal(("a.default.svc.cluster.local", 80, "v1", "outbound|80|v1|a.default.svc.cluster.local"),
            (explanation.Destination!.Host, explanation.Destination.Port, explanation.Destination.Subset, explanation.Destination.Cluster));
        Assert.Equal(["10.0.0.1:8080"], explanation.Destination.Endpoints);
        Assert.Equal("HTTP/2", explanation.Upstream!.Protocol);
    }

    [Theory]
    [InlineData("{host: nope}", "NC")]
    [InlineData("{host: a, port: {number: 81}}", "NC")]
    [InlineData("{host: a, subset: v3}", "NC")]
    [InlineData("{host: a, subset: v2}", "UH")]
    public void A_destination_that_nothing_defines_or_that_is_empty_answers_503_and_is_reported(string destination, string flag)
    {
        Compiled compiled = Rule($"{{route: [{{destination: {destination}}}]}}", Subsets);

        Explanation explanation = compiled.Get("http://h.test/");

        Assert.Equal(("upstream_failure", 503, flag), (explanation.Outcome, explanation.Status, explanation.Flag));
        Assert.Contains(compiled.Result.Diagnostics, finding => finding.Code == (flag == "NC" ? "GW0201" : "GW0206")
            && finding.FieldPath == "spec.http[0].route[0].destination" && finding.Location.Line > 0);
    }

    [Fact]
    public void A_service_without_slices_is_reached_by_its_name_in_the_cluster()
    {
        Compiled compiled = Rule("{route: [{destination: {host: x}}]}", """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: x, namespace: default}
            spec: {ports: [{name: http, port: 81}]}

            """);

        Assert.Equal(["x.default.svc.cluster.local:81"], compiled.Get("http://h.test/").Destination!.Endpoints);
        Assert.Equal(Gateway.Clusters.DiscoveryType.StrictDns, Assert.Single(compiled.Snapshot.Clusters).Config.Discovery);
    }

    [Fact]
    public void Where_endpoints_come_from_DNS_a_subset_is_all_of_them_and_that_is_told()
    {
        string documents = Subsets[..Subsets.IndexOf("---\napiVersion: discovery", StringComparison.Ordinal)];
        Compiled compiled = Rule("{route: [{destination: {host: a, subset: v2}}]}", documents);

        Assert.Equal(["a.default.svc.cluster.local:80"], compiled.Get("http://h.test/").Destination!.Endpoints);
        Assert.Contains(compiled.Findings, finding => finding.StartsWith("GW0208 spec.http[0].route[0].destination: a.default.svc.cluster.local has no EndpointSlice", StringComparison.Ordinal));
    }

    [Fact]
    public void Weights_are_relative_and_none_of_it_goes_to_weight_zero()
    {
        Compiled compiled = Rule(
            "{route: [{destination: {host: a}, weight: 1}, {destination: {host: b}, weight: 3}, {destination: {host: c}, weight: 0}]}",
            Compiled.Services("a", "b", "c"));

        Explanation explanation = compiled.Get("http://h.test/");

        Assert.Equal([25.0, 75.0], explanation.Weights.Select(weight => weight.Percent));
        Assert.Equal("b.default.svc.cluster.local", explanation.Destination!.Host);
    }

    [Fact]
    public void With_one_destination_its_set_wins_over_that_of_the_rule() =>
        Assert.Equal("destination", Upstream("{headers: {request: {set: {x: rule}}}, route: [{destination: {host: a}, headers: {request: {set: {x: destination}}}}]}", "x"));

    [Fact]
    public void With_several_destinations_the_set_of_the_rule_wins() =>
        Assert.Equal("rule", Upstream(
            "{headers: {request: {set: {x: rule}}}, route: [{destination: {host: a}, weight: 9, headers: {request: {set: {x: destination}}}}, {destination: {host: b}, weight: 1}]}", "x"));

    [Fact]
    public void With_several_destinations_the_rule_also_removes_what_the_destination_set() =>
        Assert.Equal("", Upstream(
            "{headers: {request: {remove: [x]}}, route: [{destination: {host: a}, weight: 9, headers: {request: {set: {x: destination}}}}, {destination: {host: b}, weight: 1}]}", "x"));

    [Fact]
    public void Removals_of_a_level_come_before_its_sets() =>
        Assert.Equal("new", Upstream("{headers: {request: {remove: [x], set: {x: new}}}, route: [{destination: {host: a}}]}", "x"));

    [Theory]
    [InlineData("rewrite: {authority: r.test},", "headers: {request: {set: {Host: d.test}}}", "r.test")]
    [InlineData("headers: {request: {set: {\":authority\": s.test}, add: {x: y}}},", "", "s.test")]
    [InlineData("headers: {request: {set: {host: s.test}}},", "headers: {request: {set: {host: d.test}}}", "s.test")]
    [InlineData("", "headers: {request: {add: {host: d.test}}}", "d.test")]
    [InlineData("", "", "h.test")]
    public void The_host_is_rewritten_by_rewrite_then_rule_then_destination(string rule, string destination, string expected)
    {
        Explanation explanation = Rule(
            $"{{{rule} route: [{{destination: {{host: a}}{(destination.Length == 0 ? "" : ", " + destination)}}}]}}", Compiled.Services("a")).Get("http://h.test/");

        Assert.Equal(expected, explanation.Upstream!.Authority);
        Assert.Equal(expected != "h.test", explanation.Upstream.Headers.Any(header => header is { Key: "x-envoy-original-host", Value: "h.test" }));
    }

    [Fact]
    public void A_path_rewrite_keeps_the_query_and_leaves_the_old_path_behind()
    {
        Explanation explanation = Rule(
            "{match: [{uri: {prefix: /old}}], rewrite: {uri: /new}, route: [{destination: {host: a}}]}", Compiled.Services("a")).Get("http://h.test/old/x?q=1");

        Assert.Equal("/new/x?q=1", explanation.Upstream!.Path);
        Assert.Contains(explanation.Upstream.Headers, header => header is { Key: "x-envoy-original-path", Value: "/old/x?q=1" });
    }

    [Theory]
    [InlineData("{derivePort: FROM_REQUEST_PORT}", "http://h.test/")]
    [InlineData("{scheme: https, derivePort: FROM_REQUEST_PORT}", "https://h.test:80/")]
    [InlineData("{scheme: https, port: 443}", "https://h.test/")]
    [InlineData("{scheme: http, port: 443}", "http://h.test:443/")]
    [InlineData("{port: 8080, redirectCode: 308}", "http://h.test:8080/")]
    public void Default_ports_are_left_out_of_redirects(string redirect, string location) =>
        Assert.Equal(location, Rule($"{{redirect: {redirect}}}", "").Get("http://h.test/").Location);

    [Fact]
    public void A_direct_response_answers_with_its_body_and_the_rule_s_response_headers()
    {
        Explanation explanation = Rule("{directResponse: {status: 503, body: {string: busy}}, headers: {response: {set: {retry-after: \"3\"}}}}", "").Get("http://h.test/");

        Assert.Equal(("local_reply", 503, "busy"), (explanation.Outcome, explanation.Status, explanation.Body));
        Assert.Contains(KeyValuePair.Create("retry-after", "3"), explanation.ResponseHeaders);
    }

    [Fact]
    public void Routes_of_one_match_list_are_named_by_rule_and_match()
    {
        Compiled compiled = Rule("{name: r, match: [{name: m, uri: {exact: /m}}, {uri: {prefix: /}}], route: [{destination: {host: a}}]}", Compiled.Services("a"));

        Assert.Equal("r.m", compiled.Get("http://h.test/m").Route!.Name);
        Assert.Equal("r", compiled.Get("http://h.test/x").Route!.Name);
        Assert.Equal("spec.http[0].match[1]", compiled.Get("http://h.test/x").Route!.Origin.FieldPath);
        Assert.Same(compiled.Get("http://h.test/m").Route!.Action as ForwardAction, compiled.Get("http://h.test/x").Route!.Action);
    }

    [Theory]
    [InlineData("{host: a, port: {number: 80}}", "{portLevelSettings: [{port: {number: 80}, @by-port}]}", "", "by-port")]
    [InlineData("{host: a}", "{portLevelSettings: [{port: {number: 80}, @by-port}]}", "", "")]
    [InlineData("{host: a, port: {number: 80}}", "{@by-rule, portLevelSettings: [{port: {number: 81}, @by-port}]}", "", "by-rule")]
    [InlineData("{host: a, port: {number: 80}}", "{@by-rule, portLevelSettings: [{port: {number: 80}, outlierDetection: {}}]}", "", "by-rule")]
    [InlineData("{host: a, subset: v1, port: {number: 80}}", "{@by-rule, portLevelSettings: [{port: {number: 80}, @by-port}]}", ", trafficPolicy: {@by-subset}", "by-subset")]
    [InlineData("{host: a, subset: v1}", "{@by-rule}", "", "by-rule")]
    public void Requests_are_hashed_by_what_is_said_for_the_destination_as_written(string destination, string policy, string subset, string expected)
    {
        ForwardAction action = Hashed($"{{route: [{{destination: {destination}}}]}}", policy, subset);

        Assert.Equal(expected, action.HashPolicies.Count == 0 ? "" : Assert.Single(action.HashPolicies).Name);
        Assert.Equal(expected.Length == 0, action.Retries!.AvoidPreviousHosts);
    }

    [Fact]
    public void Among_several_destinations_a_retry_avoids_the_host_before_though_they_are_hashed()
    {
        ForwardAction action = Hashed("{route: [{destination: {host: a, subset: v1}, weight: 1}, {destination: {host: a, subset: v2}, weight: 1}]}", "{@by-rule}", "");

        Assert.Equal(["by-rule", "by-rule"], action.HashPolicies.Select(policy => policy.Name));
        Assert.True(action.Retries!.AvoidPreviousHosts);
    }

    /// <summary>In the policies <c>@name</c> stands for hashing by the header of that name.</summary>
    private static ForwardAction Hashed(string rule, string policy, string subset)
    {
        string documents = Subsets
            .Replace("host: a\n", $"host: a\n  trafficPolicy: {policy}\n", StringComparison.Ordinal)
            .Replace("{version: v1}}, ", $"{{version: v1}}{subset}}}, ", StringComparison.Ordinal);
        documents = Regex.Replace(documents, "@([a-z-]+)", "loadBalancer: {consistentHash: {httpHeaderName: $1}}");
        return Assert.IsType<ForwardAction>(Rule(rule, documents).Get("http://h.test/").Route!.Action);
    }

    private static Compiled Rule(string rule, string documents) =>
        Compiled.From(Compiled.HttpGateway() + documents + Compiled.VirtualService("v", "h.test", rule));

    private static string Upstream(string rule, string header) => string.Join(",", Rule(rule, Compiled.Services("a", "b"))
        .Get("http://h.test/").Upstream!.Headers.Where(candidate => candidate.Key == header).Select(candidate => candidate.Value));
}
