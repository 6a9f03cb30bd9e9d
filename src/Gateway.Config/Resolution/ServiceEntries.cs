using System.Net;
using Gateway.Config.Model;

namespace Gateway.Config.Resolution;

/// <summary>Turns ServiceEntries with their WorkloadEntries (and Pods) into <see cref="MeshService"/>s, one per host.</summary>
internal sealed class ServiceEntries(ConfigSet config)
{
    private readonly TrafficDistributions _distributions = new(config);
    private readonly ILookup<string, Resource<WorkloadEntrySpec>> _workloads = config.WorkloadEntries.ToLookup(entry => entry.Metadata.Namespace);
    private readonly ILookup<string, Resource<PodSpec>> _pods = config.Pods.ToLookup(pod => pod.Metadata.Namespace);

    public IEnumerable<MeshService> Build()
    {
        foreach (Resource<ServiceEntrySpec> entry in config.ServiceEntries)
        {
            foreach (string host in (IEnumerable<string>)entry.Spec.Hosts)
                yield return Build(entry, host);
        }
    }

    private MeshService Build(Resource<ServiceEntrySpec> entry, string host)
    {
        ServiceEntrySpec spec = entry.Spec;
        ServiceResolution resolution = spec.Resolution switch
        {
            ServiceEntryResolution.Static => ServiceResolution.Static,
            ServiceEntryResolution.Dns => ServiceResolution.Dns,
            ServiceEntryResolution.DnsRoundRobin => ServiceResolution.DnsRoundRobin,
            ServiceEntryResolution.DynamicDns => ServiceResolution.DynamicDns,
            _ when entry.Metadata.Annotations.TryGetValue(EgressAnnotations.Dynamic, out string? dynamic) && dynamic == "true" => ServiceResolution.DynamicDns,
            _ => ServiceResolution.None,
        };
        var ports = new List<MeshPort>(spec.Ports.Count);
        foreach (ServicePort port in spec.Ports)
        {
            ports.Add(new MeshPort
            {
                Number = port.Number ?? 0,
                Name = port.Name ?? "",
                Protocol = ServiceProtocols.Parse(port.Protocol),
                TargetPort = port.TargetPort ?? port.Number ?? 0,
                Endpoints = resolution is ServiceResolution.None or ServiceResolution.DynamicDns ? [] : Endpoints(entry, host, port, resolution),
            });
        }
        return new MeshService
        {
            Host = host,
            Name = host,
            Namespace = entry.Metadata.Namespace,
            Resource = entry,
            Ports = ports,
            Resolution = resolution,
            ExportTo = spec.ExportTo,
            SubjectAltNames = spec.SubjectAltNames,
            TrafficDistribution = _distributions.Of(null, entry.Metadata),
        };
    }

    private List<MeshEndpoint> Endpoints(Resource<ServiceEntrySpec> entry, string host, ServicePort port, ServiceResolution resolution)
    {
        var endpoints = new List<MeshEndpoint>();
        foreach (WorkloadEntrySpec endpoint in entry.Spec.Endpoints)
            Add(endpoints, endpoint, endpoint.Labels, port, entry.Metadata.Namespace);

        // A selector without labels takes all workloads of the namespace.
        if (entry.Spec.WorkloadSelector is { } selector)
        {
            foreach (Resource<WorkloadEntrySpec> workload in _workloads[entry.Metadata.Namespace])
            {
                EquatableMap<string> labels = Join(workload.Metadata.Labels, workload.Spec.Labels);
                // A workload with a name in place of an address is there for names that are resolved.
                bool isNamed = workload.Spec.Address is { } address && !address.StartsWith("unix://", StringComparison.Ordinal) && !IPAddress.TryParse(address, out _);
                if (LabelSelector.Selects(selector.Labels, labels) && !(isNamed && resolution == ServiceResolution.Static))
                    Add(endpoints, workload.Spec, labels, port, workload.Metadata.Namespace);
            }
            foreach (Resource<PodSpec> pod in _pods[entry.Metadata.Namespace])
            {
                if (pod.Spec.PodIP is { Length: > 0 } podAddress && LabelSelector.Selects(selector.Labels, pod.Metadata.Labels))
                    endpoints.Add(new MeshEndpoint(podAddress, port.TargetPort ?? port.Number ?? 0, 1, EndpointLocality.Of(pod.Metadata.Labels), pod.Metadata.Labels, MeshEndpoint.AccountOf(pod.Metadata.Namespace, pod.Spec.ServiceAccountName)));
            }
        }
        else if (entry.Spec.Endpoints.IsEmpty && resolution != ServiceResolution.Static && !HostName.IsWildcard(host))
        {
            endpoints.Add(new MeshEndpoint(host, port.TargetPort ?? port.Number ?? 0, 1, "", default));
        }
        return endpoints;
    }

    /// <summary>The endpoint's own port of that name, else the service's target port, else its number.</summary>
    private static void Add(List<MeshEndpoint> endpoints, WorkloadEntrySpec endpoint, EquatableMap<string> labels, ServicePort port, string ns)
    {
        if (endpoint.Address is not { Length: > 0 } address)
            return;
        int number = endpoint.Ports.TryGetValue(port.Name ?? "", out uint named) ? (int)named : port.TargetPort ?? port.Number ?? 0;
        bool isUnixSocket = address.StartsWith("unix://", StringComparison.Ordinal);
        string locality = endpoint.Locality is { Length: > 0 } own ? own : EndpointLocality.Of(labels);
        endpoints.Add(new MeshEndpoint(address, isUnixSocket ? 0 : number, endpoint.Weight is > 0 ? endpoint.Weight.Value : 1, locality, labels, MeshEndpoint.AccountOf(ns, endpoint.ServiceAccount)));
    }

    private static EquatableMap<string> Join(EquatableMap<string> metadata, EquatableMap<string> spec) =>
        metadata.IsEmpty ? spec : new EquatableMap<string>(metadata.Where(label => !spec.ContainsKey(label.Key)).Concat(spec));
}
