namespace Gateway.Config.Resolution;

/// <summary>
/// All hosts that destinations can name. Services of Kubernetes come before ServiceEntries, older resources before
/// younger. Immutable.
/// </summary>
public sealed class ServiceRegistry
{
    private readonly Dictionary<string, List<MeshService>> _byHost;
    private readonly EquatableArray<string> _defaultExportTo;

    private ServiceRegistry(Dictionary<string, List<MeshService>> byHost, EquatableArray<string> defaultExportTo)
    {
        _byHost = byHost;
        _defaultExportTo = defaultExportTo;
    }

    /// <summary>Every host with a service.</summary>
    public IReadOnlyCollection<string> Hosts => _byHost.Keys;

    /// <summary>Makes the registry of a configuration.</summary>
    public static ServiceRegistry Build(ConfigSet config, string clusterDomain)
    {
        var byHost = new Dictionary<string, List<MeshService>>(StringComparer.Ordinal);
        foreach (MeshService service in new KubernetesServices(config, clusterDomain).Build())
            Add(byHost, service);
        foreach (MeshService service in new ServiceEntries(config).Build())
            Add(byHost, service);
        return new ServiceRegistry(byHost, config.Mesh.DefaultServiceExportTo);
    }

    /// <summary>
    /// The service that a destination means: the one in <paramref name="preferredNamespace"/> if it is visible, else the
    /// first that <paramref name="clientNamespace"/> sees (its own first, public ones last). Null = none.
    /// </summary>
    public MeshService? Find(string host, string clientNamespace, string? preferredNamespace = null)
    {
        if (!_byHost.TryGetValue(host, out List<MeshService>? services))
            return null;
        MeshService? best = null;
        Visibility bestVisibility = Visibility.None;
        foreach (MeshService service in services)
        {
            Visibility visibility = ExportTo.Evaluate(service.ExportTo, _defaultExportTo, service.Namespace, clientNamespace);
            if (visibility == Visibility.None)
                continue;
            if (service.Namespace == preferredNamespace)
                return service;
            if (best is null || visibility < bestVisibility)
            {
                best = service;
                bestVisibility = visibility;
            }
        }
        return best;
    }

    /// <summary>The namespaces that define a host.</summary>
    public IReadOnlyCollection<string> NamespacesOf(string host) =>
        _byHost.TryGetValue(host, out List<MeshService>? services) ? [.. services.Select(service => service.Namespace).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] : [];

    /// <summary>A second definition of a host in the same namespace adds its endpoints to the first; its ports must have the same numbers.</summary>
    private static void Add(Dictionary<string, List<MeshService>> byHost, MeshService service)
    {
        if (!byHost.TryGetValue(service.Host, out List<MeshService>? services))
        {
            byHost.Add(service.Host, [service]);
            return;
        }
        int index = services.FindIndex(known => known.Namespace == service.Namespace);
        if (index < 0)
            services.Add(service);
        else
            services[index] = Join(services[index], service);
    }

    private static MeshService Join(MeshService first, MeshService second)
    {
        if (first.Resolution != second.Resolution)
            return first;
        var ports = new List<MeshPort>(first.Ports.Count);
        foreach (MeshPort port in first.Ports)
        {
            ports.Add(second.FindPort(port.Number) is not { Endpoints.Count: > 0 } more ? port : new MeshPort
            {
                Number = port.Number,
                Name = port.Name,
                TargetPort = port.TargetPort,
                Protocol = port.Protocol,
                Endpoints = [.. port.Endpoints, .. more.Endpoints],
            });
        }
        return new MeshService
        {
            Host = first.Host,
            Name = first.Name,
            Namespace = first.Namespace,
            Resource = first.Resource,
            Ports = ports,
            Resolution = first.Resolution,
            ExportTo = first.ExportTo,
            ExternalName = first.ExternalName,
            SubjectAltNames = first.SubjectAltNames,
        };
    }
}
