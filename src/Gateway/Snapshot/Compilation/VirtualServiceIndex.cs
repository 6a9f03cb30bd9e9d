using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>A VirtualService as it applies to gateways: full host names, delegates joined in.</summary>
/// <param name="Resource">The VirtualService.</param>
/// <param name="Hosts">Its hosts, short names resolved.</param>
/// <param name="Rules">Its http rules in order.</param>
internal sealed record BoundVirtualService(Resource<VirtualServiceSpec> Resource, IReadOnlyList<string> Hosts, IReadOnlyList<VirtualServiceRule> Rules)
{
    /// <summary>Its namespace.</summary>
    public string Namespace => Resource.Metadata.Namespace;
}

/// <summary>
/// The VirtualServices of each gateway in Istio's order: private ones, those exported to the workload's namespace by
/// name, public ones; each group by age.
/// </summary>
internal sealed class VirtualServiceIndex
{
    private readonly Dictionary<string, List<BoundVirtualService>> _byGateway = [];
    private readonly HashSet<(string Gateway, Resource<VirtualServiceSpec> Service)> _served = [];

    /// <summary>Binds all VirtualServices that the gateway's workload can see.</summary>
    public VirtualServiceIndex(CompilationContext context)
    {
        var delegates = new DelegateResolver(context);
        var gateways = context.Config.Gateways.Select(gateway => $"{gateway.Metadata.Namespace}/{gateway.Metadata.Name}").ToHashSet(StringComparer.Ordinal);
        var groups = new Dictionary<Visibility, List<Resource<VirtualServiceSpec>>>
        {
            [Visibility.Private] = [],
            [Visibility.Exported] = [],
            [Visibility.Public] = [],
        };
        foreach (Resource<VirtualServiceSpec> service in context.Config.VirtualServices)
        {
            Visibility visibility = ExportTo.Evaluate(
                service.Spec.ExportTo, context.Config.Mesh.DefaultVirtualServiceExportTo, service.Metadata.Namespace, context.Identity.Namespace);
            if (!service.Spec.Hosts.IsEmpty && groups.TryGetValue(visibility, out List<Resource<VirtualServiceSpec>>? group))
                group.Add(service);
        }
        foreach (Resource<VirtualServiceSpec> service in groups[Visibility.Private].Concat(groups[Visibility.Exported]).Concat(groups[Visibility.Public]))
            Guard.Run(context, service, () => Bind(context, service, delegates, gateways));
    }

    /// <summary>The VirtualServices bound to a gateway, <c>namespace/name</c>.</summary>
    public IReadOnlyList<BoundVirtualService> For(string gateway) =>
        _byGateway.TryGetValue(gateway, out List<BoundVirtualService>? services) ? services : [];

    /// <summary>Notes that a server of the gateway has a host in common with the VirtualService.</summary>
    public void MarkServed(string gateway, BoundVirtualService service) => _served.Add((gateway, service.Resource));

    /// <summary>Reports the VirtualServices that have no host in common with a gateway they are bound to.</summary>
    public void ReportUnserved(CompilationContext context, IEnumerable<string> gateways)
    {
        foreach (string gateway in gateways)
        {
            foreach (BoundVirtualService service in For(gateway))
            {
                if (!service.Resource.Spec.Http.IsEmpty && !_served.Contains((gateway, service.Resource)))
                    context.Report(DiagnosticCatalogue.HostNotServed, service.Resource, "spec.hosts", $"Gateway {gateway} serves none of these hosts over HTTP.");
            }
        }
    }

    private void Bind(CompilationContext context, Resource<VirtualServiceSpec> service, DelegateResolver delegates, HashSet<string> gateways)
    {
        BoundVirtualService? bound = null;
        for (int i = 0; i < service.Spec.Gateways.Count; i++)
        {
            string name = GatewayName.Resolve(service.Spec.Gateways[i], service.Metadata.Namespace);
            if (name == GatewayName.Mesh)
                continue;
            if (!gateways.Contains(name))
            {
                context.Report(DiagnosticCatalogue.UnknownReference, service, $"spec.gateways[{i}]", $"There is no Gateway {name}.");
                continue;
            }
            if (!_byGateway.TryGetValue(name, out List<BoundVirtualService>? services))
                _byGateway.Add(name, services = []);
            bound ??= new BoundVirtualService(
                service,
                [.. service.Spec.Hosts.Select(host => HostName.ResolveShortName(host, service.Metadata.Namespace, context.Identity.ClusterDomain))],
                delegates.Expand(service));
            if (services.Count == 0 || !ReferenceEquals(services[^1], bound))
                services.Add(bound);
        }
    }
}
