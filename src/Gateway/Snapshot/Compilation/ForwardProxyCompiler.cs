using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Resolution;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>
/// What clients may ask for that use servers of a Gateway as their proxy: the hosts of the ServiceEntries that the
/// gateway sees, as far as the servers' own hosts cover them; with <c>ALLOW_ANY</c> everything else too.
/// </summary>
internal static class ForwardProxyCompiler
{
    private const string AnyCluster = "PassthroughCluster";

    /// <summary>The table; null = none of the servers is a forward proxy.</summary>
    public static ForwardProxyTable? Compile(CompilationContext context, IReadOnlyList<MergedServer> servers)
    {
        var hosts = new Dictionary<string, ProxyHost>(StringComparer.Ordinal);
        var networks = ImmutableArray.CreateBuilder<ProxyNetwork>();
        bool isProxy = false;
        foreach (MergedServer server in servers)
        {
            if (!Says(server, EgressAnnotations.ForwardProxy, "true", "false", context))
                continue;
            isProxy = true;
            var covered = new ServerHosts(server, "");
            foreach (string host in context.Services.Hosts)
            {
                if (context.Services.Find(host, context.Identity.Namespace) is not { Resource: Resource<ServiceEntrySpec> entry } service)
                    continue;
                foreach (string allowed in covered.Intersect([host]))
                    hosts.TryAdd(allowed, new ProxyHost(allowed, Ports(context, service), null));
                AddNetworks(context, networks, entry, service);
            }
            if (Says(server, EgressAnnotations.OutboundTrafficPolicy, "ALLOW_ANY", "REGISTRY_ONLY", context))
                AddAny(context, hosts, server);
        }
        return isProxy ? new ForwardProxyTable(hosts.Values, networks.ToImmutable()) : null;
    }

    private static bool Says(MergedServer server, string annotation, string yes, string no, CompilationContext context)
    {
        if (!server.Gateway.Metadata.Annotations.TryGetValue(annotation, out string? value))
            return false;
        if (value != yes && value != no)
            context.Report(DiagnosticCatalogue.BadValue, server.Gateway, "metadata.annotations", $"{annotation}: \"{value}\" is neither {yes} nor {no}; {no} is used.");
        return value == yes;
    }

    private static FrozenDictionary<int, Route> Ports(CompilationContext context, MeshService service) =>
        service.Ports.DistinctBy(port => port.Number).ToFrozenDictionary(port => port.Number, port => ToRoute(context, IsNamed(service) ? context.Clusters.ByName(service, port) : context.Clusters.Resolve(service, port), service.Resource));

    /// <summary>Whether what a client names is the destination itself: then a proxy has what resolution NONE needs.</summary>
    private static bool IsNamed(MeshService service) => service.Resolution == ServiceResolution.None && !HostName.IsWildcard(service.Host);

    /// <summary>
    /// Where a client names one of an entry's addresses itself, it gets there if the entry has no resolution; else, as with
    /// sidecars, the address stands for the entry's endpoints.
    /// </summary>
    private static void AddNetworks(CompilationContext context, ImmutableArray<ProxyNetwork>.Builder networks, Resource<ServiceEntrySpec> entry, MeshService service)
    {
        List<IPNetwork> listed = [];
        foreach (string text in entry.Spec.Addresses)
        {
            if (IPNetwork.TryParse(text, out IPNetwork network))
                listed.Add(network);
            else if (IPAddress.TryParse(text, out IPAddress? address))
                listed.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
        }
        if (listed.Count == 0)
            return;
        FrozenDictionary<int, Route> ports;
        if (service.Resolution is ServiceResolution.None or ServiceResolution.DynamicDns)
        {
            // A name per entry: what one allows is nothing to the next.
            (string Name, int Index) cluster = context.Clusters.Any($"outbound|addresses|{entry.Metadata.Namespace}/{entry.Metadata.Name}|*", listed.ToEquatableArray());
            ports = service.Ports.DistinctBy(port => port.Number).ToFrozenDictionary(port => port.Number, _ => ToRoute(context, cluster, entry));
        }
        else
        {
            ports = Ports(context, service);
        }
        foreach (IPNetwork network in listed)
            networks.Add(new ProxyNetwork(network, ports));
    }

    private static void AddAny(CompilationContext context, Dictionary<string, ProxyHost> hosts, MergedServer server)
    {
        Route any = ToRoute(context, context.Clusters.Any(AnyCluster, default), server.Gateway);
        foreach (string written in server.Hosts)
        {
            string host = written[(written.IndexOf('/', StringComparison.Ordinal) + 1)..].ToLowerInvariant();
            hosts[host] = hosts.GetValueOrDefault(host, new ProxyHost(host, FrozenDictionary<int, Route>.Empty, null)) with { AnyPort = any };
        }
        // What is registered is reached on its other ports as any host is.
        foreach (ProxyHost host in hosts.Values.Where(host => host.AnyPort is null).ToArray())
            hosts[host.Host] = host with { AnyPort = any };
    }

    private static Route ToRoute(CompilationContext context, (string Name, int Index) cluster, Resource origin) => new()
    {
        Name = "forward-proxy",
        Match = new RouteMatch(),
        Action = new ForwardAction
        {
            Destinations = [new WeightedCluster { Cluster = cluster.Name, ClusterIndex = cluster.Index, Weight = 1 }],
            TotalWeight = 1,
            Retries = RetryPolicyCompiler.Compile(context.Config.Mesh.DefaultHttpRetryPolicy, consistentHash: false),
        },
        Origin = new ConfigOrigin(origin.Id, origin.Location, "spec"),
    };
}
