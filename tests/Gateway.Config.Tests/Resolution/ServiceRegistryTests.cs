using Gateway.Config.Resolution;

namespace Gateway.Config.Tests.Resolution;

public sealed class ServiceRegistryTests
{
    private static readonly ServiceRegistry Registry = ServiceRegistry.Build(Load.From("""
        apiVersion: v1
        kind: Service
        metadata: {name: a, namespace: ns}
        spec:
          ports: [{name: http, port: 80, targetPort: 8080}, {name: other, port: 81, appProtocol: kubernetes.io/h2c}]
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: a-1, namespace: ns, labels: {kubernetes.io/service-name: a, version: slice}}
        addressType: IPv4
        ports: [{name: http, port: 8080}]
        endpoints:
        - {addresses: [10.0.0.1], targetRef: {kind: Pod, name: p, namespace: ns}}
        - {addresses: [10.0.0.2]}
        - {addresses: [10.0.0.3], conditions: {ready: false}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: p, namespace: ns, labels: {version: pod}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: noslices, namespace: ns}
        spec: {ports: [{name: grpc-x, port: 90}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: headless, namespace: ns}
        spec: {clusterIP: None, ports: [{name: http, port: 80, targetPort: 8080}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: alias, namespace: ns}
        spec: {type: ExternalName, externalName: api.example.com, ports: [{name: http, port: 80}]}
        """
        + ServiceEntry("static", "hosts: [static.test], resolution: STATIC, "
            + "ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}, {number: 81, name: h2, protocol: HTTP2}], "
            + "endpoints: [{address: 1.1.1.1, ports: {http: 9090}, weight: 3, locality: r/z, labels: {version: v1}}, {address: 2.2.2.2}]")
        + ServiceEntry("static-too", "hosts: [static.test], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 3.3.3.3}]")
        + ServiceEntry("dns", "hosts: [api.example.com], resolution: DNS, exportTo: ['.'], ports: [{number: 443, name: https, protocol: HTTPS}]")
        + ServiceEntry("none", "hosts: [none.test], ports: [{number: 443, name: tls, protocol: TLS}]")
        + ServiceEntry("selected", "hosts: [selected.test], resolution: STATIC, workloadSelector: {labels: {app: w}}, "
            + "ports: [{number: 80, name: http, protocol: HTTP, targetPort: 7000}]")
        + Workload("w1", "ns", "address: 4.4.4.4, labels: {app: w}")
        + Workload("w2", "elsewhere", "address: 5.5.5.5, labels: {app: w}")
        + """

        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: w3, namespace: ns, labels: {app: w}}
        status: {podIP: 6.6.6.6}
        """), "cluster.local");

    [Theory]
    [InlineData("STATIC", "{}", "4.4.4.4 7.7.7.7")]
    [InlineData("DNS", "{}", "4.4.4.4 7.7.7.7 w.test")]
    [InlineData("DNS", "{labels: {app: w}}", "4.4.4.4 w.test")]
    [InlineData("DNS", "{labels: {app: none}}", "")]
    public void A_selector_without_labels_takes_all_workloads_of_the_namespace_and_names_only_where_they_are_resolved(string resolution, string selector, string expected)
    {
        ServiceRegistry registry = ServiceRegistry.Build(
            Load.From(
                ServiceEntry("selected", $"hosts: [selected.test], resolution: {resolution}, ports: [{{number: 80, name: http, protocol: HTTP}}], workloadSelector: {selector} ")
                + Workload("w1", "ns", "address: 4.4.4.4, labels: {app: w}")
                + Workload("w2", "ns", "address: 7.7.7.7")
                + Workload("w3", "ns", "address: w.test, labels: {app: w}")),
            "cluster.local");

        Assert.Equal(expected, string.Join(' ', registry.Find("selected.test", "ns")!.Ports[0].Endpoints.Select(endpoint => endpoint.Address)));
    }

    [Theory]
    [InlineData("PreferSameNode", "preferclose", "prefersamezone", TrafficDistribution.SameNode)]
    [InlineData("Whatever", "preferclose", "PreferSameNode", TrafficDistribution.SameZone)]
    [InlineData("", "PreferSameNode", "", TrafficDistribution.SameNode)]
    [InlineData("", "whatever", "PreferSameNode", TrafficDistribution.Any)]
    [InlineData("", "", "PreferSameZone", TrafficDistribution.SameZone)]
    [InlineData("", "", "", TrafficDistribution.Any)]
    public void Which_endpoints_are_preferred_is_said_by_field_annotation_or_namespace(string field, string annotation, string ofNamespace, TrafficDistribution expected)
    {
        string Annotations(string value) => value.Length == 0 ? "" : $", annotations: {{networking.istio.io/traffic-distribution: {value}}}";
        ServiceRegistry registry = ServiceRegistry.Build(Load.From($$"""
            apiVersion: v1
            kind: Namespace
            metadata: {name: ns{{Annotations(ofNamespace)}} }
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: a, namespace: ns{{Annotations(annotation)}} }
            spec: { {{(field.Length == 0 ? "" : $"trafficDistribution: {field}, ")}}ports: [{name: http, port: 80}]}
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: e, namespace: ns{{Annotations(annotation)}} }
            spec: {hosts: [e.test], resolution: DNS, ports: [{number: 80, name: http, protocol: HTTP}]}
            """), "cluster.local");

        Assert.Equal(expected, registry.Find("a.ns.svc.cluster.local", "ns")!.TrafficDistribution);
        if (field.Length == 0)
            Assert.Equal(expected, registry.Find("e.test", "ns")!.TrafficDistribution);
    }

    [Fact]
    public void A_Service_has_the_ready_endpoints_of_its_slices_with_the_labels_of_their_pods()
    {
        MeshService service = Find("a.ns.svc.cluster.local");

        Assert.Equal(["10.0.0.1:8080 pod", "10.0.0.2:8080 slice"],
            service.FindPort(80)!.Endpoints.Select(endpoint => $"{endpoint.Address}:{endpoint.Port} {(endpoint.Labels.TryGetValue("version", out string? version) ? version : "")}"));
        Assert.Empty(service.FindPort(81)!.Endpoints);
        Assert.Equal((ServiceProtocol.Http, ServiceProtocol.Http2), (service.FindPort(80)!.Protocol, service.FindPort(81)!.Protocol));
    }

    [Fact]
    public void A_Service_without_slices_is_a_name_of_the_cluster_s_DNS()
    {
        MeshService service = Find("noslices.ns.svc.cluster.local");

        Assert.Equal(ServiceResolution.Dns, service.Resolution);
        Assert.Equal(["noslices.ns.svc.cluster.local:90"], Addresses(service, 90));
        Assert.True(service.FindPort(90)!.Protocol.IsHttp2());
    }

    [Fact]
    public void A_headless_Service_without_slices_is_reached_at_the_port_of_its_pods() =>
        Assert.Equal(["headless.ns.svc.cluster.local:8080"], Addresses(Find("headless.ns.svc.cluster.local"), 80));

    [Fact]
    public void An_ExternalName_Service_stands_for_another_host() => Assert.Equal("api.example.com", Find("alias.ns.svc.cluster.local").ExternalName);

    [Fact]
    public void Endpoint_ports_beat_target_ports_and_those_beat_numbers()
    {
        MeshService service = Find("static.test");

        Assert.Equal(["1.1.1.1:9090", "2.2.2.2:8080", "3.3.3.3:80"], Addresses(service, 80));
        Assert.Equal(["1.1.1.1:81", "2.2.2.2:81"], Addresses(service, 81));
        MeshEndpoint first = service.FindPort(80)!.Endpoints[0];
        Assert.Equal((3u, "r/z"), (first.Weight, first.Locality));
    }

    [Fact]
    public void A_DNS_entry_without_endpoints_is_its_host()
    {
        MeshService service = Registry.Find("api.example.com", "ns")!;

        Assert.Equal(ServiceResolution.Dns, service.Resolution);
        Assert.Equal(["api.example.com:443"], Addresses(service, 443));
        Assert.Null(Registry.Find("api.example.com", "elsewhere"));
    }

    [Fact]
    public void An_entry_for_the_original_destination_has_no_endpoints() => Assert.Empty(Addresses(Find("none.test"), 443));

    [Fact]
    public void A_workload_selector_picks_entries_and_pods_of_its_namespace() =>
        Assert.Equal(["4.4.4.4:7000", "6.6.6.6:7000"], Addresses(Find("selected.test"), 80));

    [Theory]
    [InlineData("http", null, ServiceProtocol.Http)]
    [InlineData("http2-x", null, ServiceProtocol.Http2)]
    [InlineData("grpc-web-x", null, ServiceProtocol.GrpcWeb)]
    [InlineData("GRPC-x", null, ServiceProtocol.Grpc)]
    [InlineData("x", "http2", ServiceProtocol.Http2)]
    [InlineData("http", "kubernetes.io/ws", ServiceProtocol.Http)]
    [InlineData("h2c", null, ServiceProtocol.Unsupported)]
    [InlineData(null, null, ServiceProtocol.Unsupported)]
    public void A_protocol_is_told_by_appProtocol_else_by_the_port_s_name(string? name, string? appProtocol, ServiceProtocol expected) =>
        Assert.Equal(expected, ServiceProtocols.OfKubernetesPort(name, appProtocol, "TCP"));

    private static string ServiceEntry(string name, string spec) => Document("ServiceEntry", name, "ns", spec);

    private static string Workload(string name, string ns, string spec) => Document("WorkloadEntry", name, ns, spec);

    private static string Document(string kind, string name, string ns, string spec) => $$"""

        ---
        apiVersion: networking.istio.io/v1
        kind: {{kind}}
        metadata: {name: {{name}}, namespace: {{ns}} }
        spec: { {{spec}} }
        """;

    private static MeshService Find(string host) => Registry.Find(host, "istio-system") ?? throw new InvalidOperationException(host);

    private static IEnumerable<string> Addresses(MeshService service, int port) =>
        service.FindPort(port)!.Endpoints.Select(endpoint => $"{endpoint.Address}:{endpoint.Port}");
}
