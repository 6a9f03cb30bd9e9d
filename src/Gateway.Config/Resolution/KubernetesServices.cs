using Gateway.Config.Model;

namespace Gateway.Config.Resolution;

/// <summary>Turns Kubernetes Services with their EndpointSlices (or Endpoints) into <see cref="MeshService"/>s.</summary>
internal sealed class KubernetesServices
{
    private const string ExportToAnnotation = "networking.istio.io/exportTo";
    private const string NodeLabel = "kubernetes.io/hostname";

    private readonly ConfigSet _config;
    private readonly string _clusterDomain;
    private readonly TrafficDistributions _distributions;
    private readonly Dictionary<(string Namespace, string Service), List<Resource<EndpointSliceSpec>>> _slices = [];
    private readonly Dictionary<(string Namespace, string Name), Resource<PodSpec>> _pods = [];

    public KubernetesServices(ConfigSet config, string clusterDomain)
    {
        _config = config;
        _clusterDomain = clusterDomain;
        _distributions = new TrafficDistributions(config);
        foreach (Resource<EndpointSliceSpec> slice in config.EndpointSlices)
        {
            if (slice.Spec.ServiceName is not { Length: > 0 } service)
                continue;
            (string, string) key = (slice.Metadata.Namespace, service);
            if (!_slices.TryGetValue(key, out List<Resource<EndpointSliceSpec>>? list))
                _slices.Add(key, list = []);
            list.Add(slice);
        }
        foreach (Resource<PodSpec> pod in config.Pods)
            _pods.TryAdd((pod.Metadata.Namespace, pod.Metadata.Name), pod);
    }

    public IEnumerable<MeshService> Build()
    {
        foreach (Resource<ServiceSpec> service in _config.Services)
            yield return Build(service);
    }

    private MeshService Build(Resource<ServiceSpec> service)
    {
        ObjectMeta meta = service.Metadata;
        string host = $"{meta.Name}.{meta.Namespace}.svc.{_clusterDomain}";
        string? externalName = service.Spec.Type == "ExternalName" && service.Spec.ExternalName is { Length: > 0 } name ? name : null;
        bool hasSlices = _slices.TryGetValue((meta.Namespace, meta.Name), out List<Resource<EndpointSliceSpec>>? slices);
        // The name of a headless Service is that of its pods, which know nothing of service ports.
        bool isHeadless = service.Spec.ClusterIP == "None";
        var ports = new List<MeshPort>(service.Spec.Ports.Count);
        foreach (KubernetesServicePort port in service.Spec.Ports)
        {
            ports.Add(new MeshPort
            {
                Number = port.Port,
                Name = port.Name ?? "",
                Protocol = ServiceProtocols.OfKubernetesPort(port.Name, port.AppProtocol, port.Protocol),
                // Without any slice the cluster's DNS knows the Service: that needs no permission on the cluster's API.
                Endpoints = hasSlices && externalName is null
                    ? Endpoints(port, slices!)
                    : [new MeshEndpoint(externalName ?? host, isHeadless ? port.TargetPort ?? port.Port : port.Port, 1, "", default)],
            });
        }
        return new MeshService
        {
            Host = host,
            Name = meta.Name,
            Namespace = meta.Namespace,
            Resource = service,
            Ports = ports,
            Resolution = hasSlices && externalName is null ? ServiceResolution.Static : ServiceResolution.Dns,
            ExportTo = ReadExportTo(meta),
            ExternalName = externalName,
            TrafficDistribution = _distributions.Of(service.Spec.TrafficDistribution, meta),
        };
    }

    private List<MeshEndpoint> Endpoints(KubernetesServicePort port, List<Resource<EndpointSliceSpec>> slices)
    {
        var endpoints = new List<MeshEndpoint>();
        foreach (Resource<EndpointSliceSpec> slice in slices)
        {
            if (FindPort(slice.Spec, port) is not { } number)
                continue;
            foreach (SliceEndpoint endpoint in slice.Spec.Endpoints)
            {
                if (!endpoint.Ready || endpoint.Addresses.IsEmpty)
                    continue;
                Resource<PodSpec>? pod = endpoint.PodName is { Length: > 0 } name ? _pods.GetValueOrDefault((endpoint.PodNamespace ?? slice.Metadata.Namespace, name)) : null;
                EquatableMap<string> labels = (pod?.Metadata ?? slice.Metadata).Labels;
                string? account = pod is null ? null : MeshEndpoint.AccountOf(pod.Metadata.Namespace, pod.Spec.ServiceAccountName);
                endpoints.Add(new MeshEndpoint(endpoint.Addresses[0], number, 1, EndpointLocality.Of(labels, endpoint.Zone), Here(labels, endpoint.NodeName), account));
            }
        }
        return endpoints;
    }

    // The one label that failoverPriority may name and only the slice knows.
    private static EquatableMap<string> Here(EquatableMap<string> labels, string? node) =>
        string.IsNullOrEmpty(node) || labels.ContainsKey(NodeLabel) ? labels : new EquatableMap<string>(labels.Append(KeyValuePair.Create(NodeLabel, node)));

    /// <summary>Slices name their ports as the Service does; a Service with one nameless port has nameless ports in its slices.</summary>
    private static int? FindPort(EndpointSliceSpec slice, KubernetesServicePort port)
    {
        foreach (SlicePort candidate in slice.Ports)
        {
            if (string.Equals(candidate.Name ?? "", port.Name ?? "", StringComparison.Ordinal))
                return candidate.Port;
        }
        return null;
    }

    private static EquatableArray<string> ReadExportTo(ObjectMeta meta) =>
        meta.Annotations.TryGetValue(ExportToAnnotation, out string? text)
            ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToEquatableArray()
            : default;
}
