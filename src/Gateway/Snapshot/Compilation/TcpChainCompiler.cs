using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Resolution;
using Gateway.Listeners;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>
/// Turns the <c>tls</c> and <c>tcp</c> rules of VirtualServices into filter chains that carry bytes. As in Istio a
/// VirtualService counts if one of its hosts overlaps one of the server's, and of a rule's conditions only port, gateways
/// and server names: a gateway has no original destination.
/// </summary>
internal sealed class TcpChainCompiler(CompilationContext context, VirtualServiceIndex services)
{
    /// <summary>What the first <c>tcp</c> rule for the server does; null = there is none, and the server has nothing to serve.</summary>
    public TcpAction? Tcp(MergedServer server)
    {
        foreach (BoundVirtualService service in Serving(server))
        {
            EquatableArray<Config.Model.TcpRoute> rules = service.Resource.Spec.Tcp;
            for (int i = 0; i < rules.Count; i++)
            {
                if (!rules[i].Match.IsEmpty && !rules[i].Match.Any(match => Applies(server, service, match.Port, match.Gateways)))
                    continue;
                if (Action(server, service, rules[i].Route, $"spec.tcp[{i}]", rules[i]) is { } action)
                    return action;
            }
        }
        context.Report(DiagnosticCatalogue.UnknownReference, server.Gateway, server.FieldPath,
            "No tcp route of a VirtualService is for this server: nothing is served for its hosts.");
        return null;
    }

    /// <summary>One chain for every match of a <c>tls</c> rule that is for the server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="taken">Server names that the port's earlier matches have; those of this server are added.</param>
    public List<FilterChainConfig> Passthrough(MergedServer server, HashSet<string> taken)
    {
        var chains = new List<FilterChainConfig>();
        foreach (BoundVirtualService service in Serving(server))
        {
            EquatableArray<TlsRoute> rules = service.Resource.Spec.Tls;
            for (int i = 0; i < rules.Count; i++)
            {
                TcpAction? action = null;
                for (int j = 0; j < rules[i].Match.Count; j++)
                {
                    TlsMatchAttributes match = rules[i].Match[j];
                    if (!Applies(server, service, match.Port, match.Gateways))
                        continue;
                    string path = $"spec.tls[{i}].match[{j}]";
                    EquatableArray<string> names = FreeNames(server, service, match, path, taken);
                    if (names.IsEmpty || (action ??= Action(server, service, rules[i].Route, $"spec.tls[{i}]", rules[i])) is null)
                        continue;
                    chains.Add(new FilterChainConfig
                    {
                        Name = $"tls.{server.Port}.{server.Spec.Port!.Name}.{server.GatewayName}.{service.Namespace}/{service.Resource.Metadata.Name}.{i}.{j}",
                        ServerNames = names.Contains("*") ? default : names,
                        IsPassthrough = true,
                        IsEgress = rules[i].Route.Any(LeavesMesh),
                        Tcp = action,
                    });
                }
            }
        }
        if (chains.Count == 0)
        {
            context.Report(DiagnosticCatalogue.UnknownReference, server.Gateway, server.FieldPath,
                "No tls route of a VirtualService is for this server: connections for its hosts are closed.");
        }
        return chains;
    }

    /// <summary>A chain for every port and subset of every service of the mesh, under the server names that Istio gives them.</summary>
    public List<FilterChainConfig> AutoPassthrough(MergedServer server)
    {
        var chains = new List<FilterChainConfig>();
        List<string> hosts = [.. server.Hosts.Select(host => host[(host.IndexOf('/', StringComparison.Ordinal) + 1)..])];
        foreach (string name in context.Services.Hosts.Order(StringComparer.Ordinal))
        {
            if (context.Services.Find(name, context.Identity.Namespace) is not { } service || IsExternal(service) || !hosts.Any(host => HostName.IsSubsetOf(name, host)))
                continue;
            EffectiveDestinationRule? rule = context.DestinationRules.Find(service.Host, service.Namespace);
            foreach (MeshPort port in service.Ports)
            {
                AddServerName(chains, server, service, port.Number, "");
                foreach (Subset subset in rule?.Subsets ?? [])
                    AddServerName(chains, server, service, port.Number, subset.Name ?? "");
            }
        }
        return chains;
    }

    private void AddServerName(List<FilterChainConfig> chains, MergedServer server, MeshService service, int port, string subset)
    {
        string serverName = $"outbound_.{port}_.{subset}_.{service.Host}";
        (string cluster, int index) = context.Clusters.ResolveServerName(service, port, subset, serverName);
        chains.Add(new FilterChainConfig
        {
            Name = serverName,
            ServerNames = [serverName.ToLowerInvariant()],
            IsPassthrough = true,
            NeedsMeshProtocol = true,
            Tcp = new TcpAction
            {
                Destinations = [new WeightedCluster { Cluster = cluster, ClusterIndex = index, Weight = 1 }],
                TotalWeight = 1,
                Origin = new ConfigOrigin(server.Gateway.Id, server.Gateway.Document.Locate(server.FieldPath).Location, server.FieldPath),
            },
        });
    }

    private bool LeavesMesh(RouteDestination route) =>
        route.Destination?.Host is { } host && context.Services.Find(host, context.Identity.Namespace) is { } service && IsExternal(service);

    private static bool IsExternal(MeshService service) => service.ExternalName is not null
        || service.Resource is Resource<ServiceEntrySpec> { Spec.Location: not ServiceEntryLocation.MeshInternal };

    private List<BoundVirtualService> Serving(MergedServer server)
    {
        var serving = new List<BoundVirtualService>();
        foreach (BoundVirtualService service in services.For(server.GatewayName))
        {
            List<string> hosts = HostName.ForNamespace(server.Hosts, service.Namespace);
            if (!service.Hosts.Any(name => hosts.Any(host => HostName.Matches(host, name))))
                continue;
            serving.Add(service);
            services.MarkServed(server.GatewayName, service);
        }
        return serving;
    }

    private static bool Applies(MergedServer server, BoundVirtualService service, int? port, EquatableArray<string> gateways) =>
        (port is null or 0 || port == server.Port)
        && (gateways.IsEmpty || gateways.Any(gateway => GatewayName.Resolve(gateway, service.Namespace) == server.GatewayName));

    /// <summary>
    /// The match's server names; none if something before it has one of them, which costs this match all. As in Istio it is the
    /// VirtualService's hosts that must overlap the server's, and not the names.
    /// </summary>
    private EquatableArray<string> FreeNames(
        MergedServer server, BoundVirtualService service, TlsMatchAttributes match, string path, HashSet<string> taken)
    {
        List<string> names = [.. match.SniHosts.Select(name => name.ToLowerInvariant()).Distinct()];
        if (names.Find(taken.Contains) is { } known)
        {
            context.Report(DiagnosticCatalogue.HostConflict, service.Resource, path, $"An earlier tls route or server has the server name {known} on port {server.Port}; this match is left out.");
            return default;
        }
        taken.UnionWith(names);
        return names.ToEquatableArray();
    }

    private TcpAction? Action(MergedServer server, BoundVirtualService service, EquatableArray<RouteDestination> route, string path, SpecRecord rule)
    {
        var destinations = new List<WeightedCluster>(route.Count);
        for (int i = 0; i < route.Count; i++)
        {
            // Istio leaves out a destination of weight 0 unless it is the only one.
            if (route[i].Destination is not { } destination || (route.Count > 1 && route[i].Weight is null or <= 0 && route.Any(other => other.Weight > 0)))
                continue;
            (string name, int index) = context.Clusters.ResolveTcp(destination, service.Resource, $"{path}.route[{i}].destination", server.Port);
            destinations.Add(new WeightedCluster { Cluster = name, ClusterIndex = index, Weight = route[i].Weight is > 0 and int weight ? weight : 1 });
        }
        if (destinations.Count == 0)
            return null;
        SourceLocation location = rule.Node.Location.Line > 0 ? rule.Node.Location : service.Resource.Document.Locate(path).Location;
        return new TcpAction
        {
            Destinations = destinations.ToEquatableArray(),
            TotalWeight = destinations.Sum(destination => (long)destination.Weight),
            Origin = new ConfigOrigin(service.Resource.Id, location, path),
        };
    }
}
