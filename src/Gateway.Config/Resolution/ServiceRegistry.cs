namespace Gateway.Config.Resolution;

/// <summary>
/// All hosts that destinations can name. Services of Kubernetes come before ServiceEntries, older resources before
/// younger. Immutable.
/// </summary>
public sealed class ServiceRegistry
{
    private readonly Dictionary<string, List<MeshService>> _byHost;
    private readonly EquatableArray<string> _defaultExportTo;

    private ServiceRegistry(Dictionary<string, List<MeshService>> byHost, IReadOnlyList<MeshService> unused, EquatableArray<string> defaultExportTo)
    {
        Unused = unused;
        _byHost = byHost;
        _defaultExportTo = defaultExportTo;
    }

    /// <summary>Every host with a service.</summary>
    public IReadOnlyCollection<string> Hosts => _byHost.Keys;

    /// <summary>Services that could not be joined with an older one of their host and namespace, which has another resolution.</summary>
    public IReadOnlyList<MeshService> Unused { get; }

    /// <summary>Makes the registry of a configuration.</summary>
    public static ServiceRegistry Build(ConfigSet config, string clusterDomain)
    {
        var byHost = new Dictionary<string, List<MeshService>>(StringComparer.Ordinal);
        var unused = new List<MeshService>();
        foreach (MeshService service in new KubernetesServices(config, clusterDomain).Build().Concat(new ServiceEntries(config).Build()))
        {
            if (!TryAdd(byHost, service))
                unused.Add(service);
        }
        return new ServiceRegistry(byHost, unused, config.Mesh.DefaultServiceExportTo);
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

    /// <summary>A second definition of a host in the same namespace adds its ports to the first, and its endpoints to ports of the same number.</summary>
    private static bool TryAdd(Dictionary<string, List<MeshService>> byHost, MeshService service)
    {
        if (!byHost.TryGetValue(service.Host, out List<MeshService>? services))
            byHost.Add(service.Host, services = []);
        int index = services.FindIndex(known => known.Namespace == service.Namespace);
        if (index < 0)
            services.Add(service);
        else if (services[index].Resolution == service.Resolution)
            services[index] = Join(services[index], service);
        else
            return false;
        return true;
    }

    private static MeshService Join(MeshService first, MeshService second)
    {
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
        ports.AddRange(second.Ports.Where(port => first.FindPort(port.Number) is null));
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
            TrafficDistribution = first.TrafficDistribution,
            SubjectAltNames = [.. first.SubjectAltNames.Union(second.SubjectAltNames, StringComparer.Ordinal)],
        };
    }
}
