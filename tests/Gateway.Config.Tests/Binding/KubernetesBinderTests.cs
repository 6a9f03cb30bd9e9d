using System.Text;
using Gateway.Config.Model;

namespace Gateway.Config.Tests.Binding;

public class KubernetesBinderTests
{
    private static ConfigSet Load(string text)
    {
        LoadResult result = new ConfigLoader().Load([new("f", Encoding.UTF8.GetBytes(text))]);
        Assert.Empty(result.Diagnostics);
        return result.Config;
    }

    [Fact]
    public void A_Service_has_its_ports_with_targets_by_number_and_name()
    {
        ServiceSpec service = Load("""
            apiVersion: v1
            kind: Service
            metadata: {name: a}
            spec:
              type: LoadBalancer
              clusterIP: None
              externalTrafficPolicy: Local
              selector: {app: a}
              ports:
              - {name: http-web, port: 80, targetPort: web, nodePort: 30080}
              - {name: s, port: 443, targetPort: 8443, protocol: TCP, appProtocol: https}
              - {name: q, port: 90, targetPort: "9090"}
            status: {loadBalancer: {}}
            """).Services[0].Spec;
        Assert.Equal(["http-web:80>web/", "s:443>/8443", "q:90>/9090"], service.Ports.Select(p => $"{p.Name}:{p.Port}>{p.TargetPortName}/{p.TargetPort}"));
        Assert.Equal(("LoadBalancer", "None", "https"), (service.Type, service.ClusterIP, service.Ports[1].AppProtocol));
    }

    [Fact]
    public void An_EndpointSlice_has_its_service_conditions_and_Pods()
    {
        EndpointSliceSpec slice = Load("""
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: a-x1, labels: {kubernetes.io/service-name: a}}
            addressType: IPv4
            endpoints:
            - {addresses: [10.0.0.1], conditions: {ready: true, serving: true}, targetRef: {kind: Pod, name: p, namespace: n}, zone: z}
            - {addresses: [10.0.0.2], conditions: {ready: false, terminating: true}, targetRef: {kind: Node, name: n}}
            - {addresses: [10.0.0.3], conditions: {}}
            ports: [{name: http, port: 8080, protocol: TCP}]
            """).EndpointSlices[0].Spec;
        Assert.Equal("a", slice.ServiceName);
        Assert.Equal([true, false, true], slice.Endpoints.Select(e => e.Ready));
        Assert.Equal(["p", null, null], slice.Endpoints.Select(e => e.PodName));
        Assert.True(slice.Endpoints[1].Terminating);
        Assert.Equal(8080, slice.Ports[0].Port);
    }

    [Fact]
    public void Endpoints_become_one_slice_per_subset()
    {
        ConfigSet config = Load("""
            apiVersion: v1
            kind: Endpoints
            metadata: {name: a}
            subsets:
            - addresses: [{ip: 10.0.0.1, targetRef: {kind: Pod, name: p}}]
              notReadyAddresses: [{ip: 10.0.0.2}]
              ports: [{port: 80}]
            - addresses: [{ip: 10.0.0.3}]
              ports: [{port: 81}]
            """);
        Assert.Equal(["a", "a[1]"], config.EndpointSlices.Select(e => e.Id.Name));
        Assert.All(config.EndpointSlices, e => Assert.Equal("a", e.Spec.ServiceName));
        Assert.Equal([true, false], config.EndpointSlices[0].Spec.Endpoints.Select(e => e.Ready));
    }

    [Fact]
    public void A_Pod_has_labels_address_and_named_ports()
    {
        Resource<PodSpec> pod = Load("""
            apiVersion: v1
            kind: Pod
            metadata: {name: p, labels: {app: a}}
            spec:
              serviceAccountName: sa
              nodeName: n
              containers:
              - {name: c, image: i, ports: [{name: web, containerPort: 8080, hostPort: 1}]}
            status: {podIP: 10.0.0.1, phase: Running}
            """).Pods[0];
        Assert.True(pod.Spec.NamedPorts.TryGetValue("web", out int port));
        Assert.Equal((8080, "10.0.0.1", "sa"), (port, pod.Spec.PodIP, pod.Spec.ServiceAccountName));
    }
}
