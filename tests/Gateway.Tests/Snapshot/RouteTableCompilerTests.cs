using Gateway.Routing;
using Gateway.Snapshot.Explanation;

namespace Gateway.Tests.Snapshot;

public sealed class RouteTableCompilerTests
{
    private static readonly string Services = Compiled.Services("a", "b", "c");

    [Fact]
    public void The_more_specific_of_two_overlapping_hosts_becomes_the_virtual_host()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway("\"*.foo.com\", bar.com") + Services
            + Compiled.VirtualService("x", "\"*\"", Compiled.To("a")) + Compiled.VirtualService("y", "y.foo.com", Compiled.To("b")));

        Assert.Equal("a", compiled.Where("http://x.foo.com/"));
        Assert.Equal("b", compiled.Where("http://y.foo.com/"));
        Assert.Equal("a", compiled.Where("http://bar.com/"));
        Assert.Equal("not_found", compiled.Where("http://foo.com/"));
    }

    [Fact]
    public void VirtualServices_for_one_host_are_appended_and_catch_alls_go_last()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway() + Services
            + Compiled.VirtualService("v1", "h.test", Compiled.To("a"))
            + Compiled.VirtualService("v2", "h.test", Compiled.To("b", "{uri: {prefix: /b}}") + ", " + Compiled.To("c")));

        Assert.Equal("b", compiled.Where("http://h.test/b"));
        Assert.Equal("a", compiled.Where("http://h.test/"));
    }

    [Fact]
    public void A_wildcard_VirtualService_does_not_add_to_the_host_of_another()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway("\"*.foo.com\"") + Services
            + Compiled.VirtualService("v1", "\"*.foo.com\"", Compiled.To("a"))
            + Compiled.VirtualService("v2", "x.foo.com", Compiled.To("b", "{uri: {prefix: /b}}")));

        Assert.Equal("not_found", compiled.Where("http://x.foo.com/"));
        Assert.Equal("b", compiled.Where("http://x.foo.com/b"));
        Assert.Equal("a", compiled.Where("http://y.foo.com/"));
    }

    [Fact]
    public void Private_VirtualServices_come_before_exported_ones_and_those_before_public_ones()
    {
        string gateway = Compiled.HttpGateway(ns: "istio-system");
        const string Gateway = "istio-system/gw";
        string rule(string host) => Compiled.To($"{host}.default.svc.cluster.local", "{uri: {prefix: /x}}");
        Compiled compiled = Compiled.From(
            gateway + Services
            + Compiled.VirtualService("a-public", "h.test", rule("a"), Gateway, "other")
            + Compiled.VirtualService("b-exported", "h.test", rule("b"), Gateway, "other", "exportTo: [istio-system]")
            + Compiled.VirtualService("c-private", "h.test", rule("c"), Gateway, "istio-system", "exportTo: [\".\"]"));

        VirtualHost host = compiled.Snapshot.Listeners[0].FilterChains[0].Routes.FindVirtualHost("h.test")!;

        Assert.Equal(["c-private", "b-exported", "a-public"], host.Routes.Select(route => route.Origin.Resource.Name));
    }

    [Fact]
    public void A_VirtualService_that_is_not_exported_to_the_workload_does_not_apply()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway() + Services + Compiled.VirtualService("v", "h.test", Compiled.To("a"), extra: "exportTo: [\".\"]"));

        Assert.Equal("not_found", compiled.Where("http://h.test/"));
    }

    [Fact]
    public void A_server_host_with_a_namespace_is_only_for_VirtualServices_of_that_namespace()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway("./own.test, other/theirs.test") + Services
            + Compiled.VirtualService("v", "\"*\"", Compiled.To("a")));

        Assert.Equal("a", compiled.Where("http://own.test/"));
        Assert.Equal("not_found", compiled.Where("http://theirs.test/"));
    }

    [Fact]
    public void Without_any_VirtualService_the_port_answers_404()
    {
        Explanation explanation = Compiled.From(Compiled.HttpGateway()).Get("http://h.test/");

        Assert.Equal(("not_found", 404, "NR"), (explanation.Outcome, explanation.Status, explanation.Flag));
    }

    [Fact]
    public void Https_redirect_covers_the_hosts_of_its_server_with_and_without_routes()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway("a.test, \"*/b.test\"", extra: "tls: {httpsRedirect: true}") + Compiled.HttpGateway("c.test", "gw2") + Services
            + Compiled.VirtualService("v", "a.test", Compiled.To("a")) + Compiled.VirtualService("w", "c.test", Compiled.To("c"), "gw2"));

        Assert.Equal("https://a.test/x?y", compiled.Get("http://a.test/x?y").Location);
        Assert.Equal("https://b.test/", compiled.Get("http://b.test/").Location);
        Assert.Equal("c", compiled.Where("http://c.test/"));
    }

    [Fact]
    public void Https_redirect_of_a_host_for_one_namespace_covers_what_a_VirtualService_there_has()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway("\"./*.a.test\", other/b.test, other/c.test", extra: "tls: {httpsRedirect: true}") + Services
            + Compiled.VirtualService("v", "x.a.test", Compiled.To("a")) + Compiled.VirtualService("w", "b.test", Compiled.To("a"))
            + Compiled.VirtualService("u", "c.test", Compiled.To("a"), "default/gw", ns: "other"));

        Assert.Equal("https://x.a.test/", compiled.Get("http://x.a.test/").Location);
        Assert.Equal("https://c.test/", compiled.Get("http://c.test/").Location);
        Assert.Equal(404, compiled.Get("http://y.a.test/").Status);
        Assert.Equal(404, compiled.Get("http://b.test/").Status);
        Assert.Equal("GW0202 spec.servers[0].hosts: No VirtualService of the namespace other has the host b.test: requests for it are not redirected but get 404.",
            Assert.Single(compiled.Findings, finding => finding.Contains("redirected", StringComparison.Ordinal)));
    }

    [Fact]
    public void Rules_after_one_that_takes_everything_are_dropped()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway() + Services + Compiled.VirtualService("v", "h.test", Compiled.To("a") + ", " + Compiled.To("b", "{uri: {prefix: /b}}")));

        Assert.Equal("a", compiled.Where("http://h.test/b"));
    }

    [Fact]
    public void Conditions_on_port_gateway_and_workload_are_decided_when_compiling()
    {
        string rules = string.Join(", ",
            Compiled.To("c", "{port: 8080}"),
            Compiled.To("c", "{gateways: [mesh]}"),
            Compiled.To("c", "{sourceLabels: {app: other}}"),
            Compiled.To("c", "{sourceNamespace: default}"),
            Compiled.To("b", "{uri: {prefix: /b}, gateways: [gw], sourceLabels: {app: other}}"),
            Compiled.To("a", "{port: 80, sourceLabels: {istio: ingressgateway}, sourceNamespace: istio-system}"));
        Compiled compiled = Compiled.From(Compiled.HttpGateway() + Services + Compiled.VirtualService("v", "h.test", rules, "gw, mesh"));

        Assert.Equal("a", compiled.Where("http://h.test/"));
        Assert.Equal("b", compiled.Where("http://h.test/b"));
    }

    [Fact]
    public void A_bad_expression_costs_its_match_and_hurts_no_neighbour()
    {
        string long1024 = new('a', 900);
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway() + Services
            + Compiled.VirtualService("v", "h.test", Compiled.To("b", $"{{uri: {{regex: \"({long1024}){{500}}\"}}}}, {{uri: {{prefix: /ok}}}}") + ", " + Compiled.To("a")));

        Assert.Equal("b", compiled.Where("http://h.test/ok"));
        Assert.Equal("a", compiled.Where("http://h.test/"));
    }

    [Fact]
    public void Delegates_take_the_place_of_the_rule_that_names_them()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway() + Compiled.Services("a") + """
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: root, namespace: default}
            spec:
              hosts: [h.test]
              gateways: [gw]
              http:
              - name: r
                match: [{uri: {prefix: /p}}]
                delegate: {name: d, namespace: team}
              - match: [{uri: {prefix: /q}}]
                delegate: {name: missing}
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: d, namespace: team}
            spec:
              http:
              - name: inner
                match: [{uri: {prefix: /p/x}}]
                route: [{destination: {host: svc}}]
              - match: [{uri: {prefix: /other}}]
                route: [{destination: {host: svc}}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: svc, namespace: team}
            spec: {ports: [{name: http, port: 9000}]}
            """);

        Explanation explanation = compiled.Get("http://h.test/p/x/1");

        Assert.Equal(("forward", "svc.team.svc.cluster.local", 9000, "r-inner"),
            (explanation.Outcome, explanation.Destination!.Host, explanation.Destination.Port, explanation.Route!.Name));
        Assert.Equal("VirtualService team/d", explanation.Route.Origin.Resource.ToString());
        Assert.Equal("not_found", compiled.Where("http://h.test/p/y"));
        Assert.Contains(compiled.Findings, finding => finding.StartsWith("GW0202 spec.http[1].delegate", StringComparison.Ordinal));
        Assert.Contains(compiled.Findings, finding => finding.StartsWith("GW0205 spec.http[1]: The rule's matches lie outside", StringComparison.Ordinal));
    }

    [Fact]
    public void Bindings_that_come_to_nothing_are_reported()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway("a.test") + Services
            + Compiled.VirtualService("v", "b.test", Compiled.To("a")) + Compiled.VirtualService("w", "a.test", Compiled.To("a"), "nope"));

        Assert.Contains("GW0207 spec.hosts: Gateway default/gw serves none of these hosts over HTTP.", compiled.Findings);
        Assert.Contains("GW0202 spec.gateways[0]: There is no Gateway default/nope.", compiled.Findings);
    }

    [Fact]
    public void Hundreds_of_hosts_find_their_own_routes()
    {
        string services = string.Concat(Enumerable.Range(0, 300).Select(i => Compiled.VirtualService($"v{i}", $"h{i}.test", Compiled.To("a", $"{{uri: {{prefix: /{i}}}}}"))));
        Compiled compiled = Compiled.From(Compiled.HttpGateway("\"*.test\"") + Services + services);

        for (int i = 0; i < 300; i++)
        {
            Assert.Equal("a", compiled.Where($"http://h{i}.test/{i}"));
            Assert.Equal("not_found", compiled.Where($"http://h{i}.test/x"));
        }
    }
}
