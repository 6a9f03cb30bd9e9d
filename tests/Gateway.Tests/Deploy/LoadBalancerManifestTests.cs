using Gateway.Tests.Architecture;
using YamlDotNet.RepresentationModel;

namespace Gateway.Tests.Deploy;

/// <summary><c>deploy/loadbalancer</c>: that the manifests agree with each other and are safe.</summary>
public sealed class LoadBalancerManifestTests
{
    private const string Folder = "deploy/loadbalancer";
    private const string PodLabels = "app=gateway,istio=ingressgateway";

    private static readonly IReadOnlyList<Manifest> Base = Manifest.Below(Folder + "/base");
    private static readonly Manifest Deployment = Of("Deployment");
    private static readonly Manifest Container = Deployment.Items("spec.template.spec.containers").Single();

    [Fact]
    public void Everything_selects_the_pods_of_the_deployment()
    {
        Assert.Equal(PodLabels, Deployment.Labels("spec.template.metadata.labels"));
        Assert.Equal(PodLabels, Deployment.Labels("spec.selector.matchLabels"));
        Assert.Equal(PodLabels, Of("Service").Labels("spec.selector"));
        Assert.Equal(PodLabels, Of("PodDisruptionBudget").Labels("spec.selector.matchLabels"));
        Assert.Equal(PodLabels, Of("NetworkPolicy").Labels("spec.podSelector.matchLabels"));
        Assert.Equal(PodLabels, Deployment.Labels("spec.template.spec.topologySpreadConstraints[0].labelSelector.matchLabels"));
        Assert.Equal(PodLabels, Deployment.Labels(
            "spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector.matchLabels"));
        Assert.Equal(Deployment.Name, Of("HorizontalPodAutoscaler").Text("spec.scaleTargetRef.name"));
        Assert.Equal(Of("ServiceAccount").Name, Deployment.Text("spec.template.spec.serviceAccountName"));
    }

    [Fact]
    public void The_service_sends_traffic_to_ports_of_the_container()
    {
        string[] containerPorts = [.. Container.Items("ports").Select(p => p.Text("containerPort"))];

        Assert.Equal(["15021:15021", "80:8080", "443:8443"], Of("Service").Items("spec.ports").Select(p => $"{p.Text("port")}:{p.Text("targetPort")}"));
        Assert.All(Of("Service").Items("spec.ports"), p => Assert.Contains(p.Text("targetPort"), containerPorts));
    }

    [Fact]
    public void The_network_policy_lets_in_what_the_container_serves_and_nothing_else()
    {
        IEnumerable<string> allowed = Of("NetworkPolicy").Items("spec.ingress").SelectMany(i => i.Items("ports")).Select(p => p.Text("port"));

        Assert.Equal(Container.Items("ports").Select(p => p.Text("containerPort")).Order(StringComparer.Ordinal), allowed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_container_has_no_rights()
    {
        Assert.Equal("true", Deployment.Text("spec.template.spec.securityContext.runAsNonRoot"));
        Assert.NotEqual(0, Deployment.Number("spec.template.spec.securityContext.runAsUser"));
        Assert.Equal("RuntimeDefault", Deployment.Text("spec.template.spec.securityContext.seccompProfile.type"));
        Assert.Equal("false", Deployment.Text("spec.template.spec.automountServiceAccountToken"));
        Assert.Equal("false", Of("ServiceAccount").Text("automountServiceAccountToken"));
        Assert.Equal("false", Container.Text("securityContext.allowPrivilegeEscalation"));
        Assert.Equal("false", Container.Text("securityContext.privileged"));
        Assert.Equal("true", Container.Text("securityContext.readOnlyRootFilesystem"));
        Assert.Equal(["ALL"], Container.Texts("securityContext.capabilities.drop"));
        Assert.Null(Container.Find("securityContext.capabilities.add"));
        Assert.All(Container.Items("ports"), p => Assert.True(p.Number("containerPort") >= 1024, "a port below 1024 needs a capability"));
    }

    [Fact]
    public void Every_mount_has_its_volume_and_every_volume_its_mount()
    {
        IEnumerable<string> mounts = Container.Items("volumeMounts").Select(m => m.Text("name"));
        IEnumerable<string> volumes = Deployment.Items("spec.template.spec.volumes").Select(v => v.Text("name"));

        Assert.Equal(volumes.Order(StringComparer.Ordinal), mounts.Order(StringComparer.Ordinal));
        Assert.All(Container.Items("volumeMounts"), m => Assert.Equal("true", m.Text("readOnly")));
    }

    [Fact]
    public void The_mounted_config_map_is_the_generated_one_and_has_all_files()
    {
        Manifest kustomization = Of("Kustomization");
        string volume = Deployment.Items("spec.template.spec.volumes").Select(v => v.Find("configMap.name")).OfType<YamlScalarNode>().Single().Value!;
        string[] files = [.. SourceTree.Files(Folder + "/base/config", ".yaml").Select(f => f.Path[(Folder.Length + "/base/".Length)..])];

        Assert.Equal(volume, kustomization.Text("configMapGenerator[0].name"));
        Assert.Equal(files, kustomization.Texts("configMapGenerator[0].files"));
    }

    [Fact]
    public void Resources_are_asked_for_and_memory_is_limited()
    {
        Assert.NotEmpty(Container.Text("resources.requests.cpu"));
        Assert.NotEmpty(Container.Text("resources.requests.memory"));
        Assert.NotEmpty(Container.Text("resources.limits.memory"));
        Assert.True(Of("HorizontalPodAutoscaler").Number("spec.minReplicas") >= 2, "one pod cannot be replaced without a gap");
        Assert.Null(Deployment.Find("spec.replicas"));
    }

    [Theory]
    [InlineData("base", 6)]
    [InlineData("overlays/loadbalancer", 2)]
    [InlineData("overlays/nodeport", 2)]
    public void A_kustomization_names_every_manifest_beside_it(string folder, int manifests)
    {
        Manifest kustomization = Manifest.Below($"{Folder}/{folder}").Single(m => m.Kind == "Kustomization");
        string[] beside = [.. Directory.GetFiles(Path.Combine(SourceTree.Root, Folder, folder), "*.yaml").Select(f => Path.GetFileName(f)!)
            .Where(f => f != "kustomization.yaml").Order(StringComparer.Ordinal)];

        IEnumerable<string> named = kustomization.Texts("resources").Where(r => r != "../../base")
            .Concat(kustomization.Items("patches").Select(p => p.Text("path")));

        Assert.Equal(manifests, beside.Length);
        Assert.Equal(beside, named.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("loadbalancer", "LoadBalancer")]
    [InlineData("nodeport", "NodePort")]
    public void An_overlay_gives_the_service_its_type(string overlay, string type)
    {
        Manifest service = Manifest.Below($"{Folder}/overlays/{overlay}").Single(m => m.Kind == "Service");

        Assert.Equal(Of("Service").Name, service.Name);
        Assert.Equal(type, service.Text("spec.type"));
        Assert.Equal("Local", service.Text("spec.externalTrafficPolicy"));
    }

    [Fact]
    public void The_load_balancer_names_who_may_connect() =>
        Assert.NotEmpty(Manifest.Below(Folder + "/overlays/loadbalancer").Single(m => m.Kind == "Service").Texts("spec.loadBalancerSourceRanges"));

    [Fact]
    public void The_node_ports_belong_to_ports_of_the_service()
    {
        IReadOnlyList<Manifest> nodePorts = Manifest.Below(Folder + "/overlays/nodeport").Single(m => m.Kind == "Service").Items("spec.ports");

        Assert.Equal(Of("Service").Items("spec.ports").Select(Key), nodePorts.Select(Key));
        Assert.All(nodePorts, p => Assert.InRange(p.Number("nodePort"), 30000, 32767));

        // Kustomize merges ports by number and protocol; without the protocol it drops what the patch adds.
        static string Key(Manifest port) => $"{port.Text("name")} {port.Text("port")} {port.Text("protocol")}";
    }

    [Fact]
    public void The_image_runs_as_the_user_of_the_deployment()
    {
        string dockerfile = SourceTree.Read("Dockerfile");

        Assert.Contains($"\nUSER {Deployment.Text("spec.template.spec.securityContext.runAsUser")}:", dockerfile, StringComparison.Ordinal);
        Assert.All(Container.Items("ports"), p => Assert.Matches($@"\nEXPOSE [\d ]*\b{p.Text("containerPort")}\b", dockerfile));
    }

    private static Manifest Of(string kind) => Base.Single(m => m.Kind == kind && m.File.StartsWith(Folder, StringComparison.Ordinal));
}
