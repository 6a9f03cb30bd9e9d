using System.Collections.Immutable;
using System.Net;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Resolution;
using Gateway.Routing;
using Gateway.Tls;

namespace Gateway.Snapshot.Compilation;

/// <summary>Gives every destination its cluster and makes each cluster once.</summary>
internal sealed class ClusterTable(CompilationContext context)
{
    private readonly Dictionary<(string Host, int Port, string Subset), Entry> _known = [];
    private readonly HashSet<int> _stickySplits = [];
    private readonly UpstreamTlsCompiler _tls = new(context);
    private readonly ImmutableArray<ClusterAssignment>.Builder _clusters = ImmutableArray.CreateBuilder<ClusterAssignment>();

    /// <summary>All clusters made so far; routes refer to them by index.</summary>
    public ImmutableArray<ClusterAssignment> All => _clusters.ToImmutable();

    /// <summary>
    /// The cluster of a destination. A destination that nothing defines gets index -1 (requests: 503 NC) and a finding;
    /// its route stands.
    /// </summary>
    /// <param name="destination">The destination.</param>
    /// <param name="rule">The rule that names it.</param>
    /// <param name="fieldPath">Where in the rule's resource.</param>
    /// <param name="serverPort">The Gateway server's port: used when neither the destination nor the service settles one.</param>
    public (string Name, int Index) Resolve(Destination destination, VirtualServiceRule rule, string fieldPath, int serverPort) =>
        Resolve(destination, rule.Origin, rule.Namespace, fieldPath, serverPort);

    private (string Name, int Index) Resolve(Destination destination, Resource origin, string ns, string fieldPath, int serverPort)
    {
        string host = HostName.ResolveShortName(destination.Host ?? "", ns, context.Identity.ClusterDomain);
        MeshService? service = context.Services.Find(host, context.Identity.Namespace, ns);
        int port = destination.Port?.Number is > 0 and int number ? number
            : service is { Ports.Count: 1 } ? service.Ports[0].Number
            : serverPort;
        if (service?.ExternalName is { } externalName)
            host = externalName;

        (string Host, int Port, string Subset) key = (host, port, destination.Subset ?? "");
        if (!_known.TryGetValue(key, out Entry? cluster))
            _known.Add(key, cluster = Make(key, service));
        if (cluster.Finding is { } finding)
            context.Report(finding, origin, fieldPath, cluster.Message, destination.Node);
        return (cluster.Name, cluster.Index);
    }

    /// <summary>The cluster of a destination of a TLS or TCP rule.</summary>
    public (string Name, int Index) ResolveTcp(Destination destination, Resource<VirtualServiceSpec> rule, string fieldPath, int serverPort) =>
        Resolve(destination, rule, rule.Metadata.Namespace, fieldPath, serverPort);

    /// <summary>
    /// The cluster that AUTO_PASSTHROUGH reaches a service by: named as clients name it, and without TLS of our own,
    /// since what they send is TLS already.
    /// </summary>
    public (string Name, int Index) ResolveServerName(MeshService service, int port, string subset, string serverName)
    {
        (string, int, string) key = ($"sni:{service.Namespace}/{service.Host}", port, subset);
        if (!_known.TryGetValue(key, out Entry? cluster))
            _known.Add(key, cluster = Make((service.Host, port, subset), service, serverName));
        return (cluster.Name, cluster.Index);
    }

    /// <summary>The cluster of a registered port, for requests that no VirtualService speaks for.</summary>
    public (string Name, int Index) Resolve(MeshService service, MeshPort port)
    {
        (string Host, int Port, string Subset) key = (service.Host, port.Number, "");
        if (!_known.TryGetValue(key, out Entry? cluster))
            _known.Add(key, cluster = Make(key, service));
        return (cluster.Name, cluster.Index);
    }

    /// <summary>The cluster of a registered port of a service without resolution, whose name is looked up when a client of a proxy asks for it.</summary>
    public (string Name, int Index) ByName(MeshService service, MeshPort port)
    {
        (string Host, int Port, string Subset) key = ($"proxy:{service.Namespace}/{service.Host}", port.Number, "");
        if (!_known.TryGetValue(key, out Entry? cluster))
            _known.Add(key, cluster = Make((service.Host, port.Number, ""), service, byName: true));
        return (cluster.Name, cluster.Index);
    }

    /// <summary>The cluster of whatever name and port requests ask for.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="allowed">Addresses that may be reached although they are none of the Internet.</param>
    public (string Name, int Index) Any(string name, EquatableArray<IPNetwork> allowed)
    {
        (string Host, int Port, string Subset) key = ("*", 0, name);
        if (!_known.TryGetValue(key, out Entry? cluster))
        {
            _clusters.Add(new ClusterAssignment(
                new ClusterConfig
                {
                    Name = name,
                    Host = "*",
                    Port = 0,
                    Discovery = DiscoveryType.Dynamic,
                    CarriesClientTls = true,
                    Dns = new DnsHostOptions { RefreshRate = context.Config.Mesh.DnsRefreshRate, Guard = AddressGuard.Strict with { Allowed = allowed } },
                    ConnectTimeout = context.Config.Mesh.ConnectTimeout,
                    Identity = new DestinationIdentity(name, name, "unknown"),
                },
                default));
            _known.Add(key, cluster = new Entry(name, _clusters.Count - 1, null, ""));
        }
        return (cluster.Name, cluster.Index);
    }

    /// <summary>The cluster of a service's port that no route names; index -1 = there is none.</summary>
    /// <returns>And what there is to tell of it; empty = nothing.</returns>
    public (string Name, int Index, string Message) ResolveService(MeshService service, int port)
    {
        (string, int, string) key = (service.ExternalName ?? service.Host, port, "");
        if (!_known.TryGetValue(key, out Entry? cluster))
            _known.Add(key, cluster = Make(key, service));
        return (cluster.Name, cluster.Index, cluster.Message);
    }

    /// <summary>
    /// What a destination wants requests to be hashed by; null = nothing. As in Istio this is settled by the destination as
    /// written: entries for a port count where it names the port, and one without a hash leaves the policy's in force.
    /// </summary>
    public HashPolicy? HashPolicy(Destination destination, string ns)
    {
        string host = HostName.ResolveShortName(destination.Host ?? "", ns, context.Identity.ClusterDomain);
        if (context.Services.Find(host, context.Identity.Namespace, ns) is not { } service || context.DestinationRules.Find(service.Host, service.Namespace) is not { } rule)
            return null;
        TrafficPolicy? subset = destination.Subset is { Length: > 0 } name ? rule.FindSubset(name)?.TrafficPolicy : null;
        int port = destination.Port?.Number ?? 0;
        return LoadBalancerCompiler.HashPolicy(
            HashAtPort(subset, port) ?? subset?.LoadBalancer?.ConsistentHash ?? HashAtPort(rule.TrafficPolicy, port) ?? rule.TrafficPolicy?.LoadBalancer?.ConsistentHash);
    }

    private static ConsistentHash? HashAtPort(TrafficPolicy? policy, int port) =>
        port == 0 ? null : policy?.PortLevelSettings.FirstOrDefault(entry => entry.Port?.Number == port)?.LoadBalancer?.ConsistentHash;

    /// <summary>Whether requests choose among destinations by their hash: where any of these asks for it.</summary>
    public bool IsStickySplit(List<WeightedCluster> destinations) =>
        destinations.Count > 1 && destinations.Exists(destination => _stickySplits.Contains(destination.ClusterIndex));

    private Entry Make((string Host, int Port, string Subset) key, MeshService? named, string? serverName = null, bool byName = false)
    {
        string name = serverName ?? $"{(byName ? "proxy" : "outbound")}|{key.Port}|{key.Subset}|{key.Host}";
        MeshService? service = context.Services.Find(key.Host, context.Identity.Namespace);
        if (service is null && named?.ExternalName == key.Host)
            service = named;
        if (service is null)
            return Unknown(name, $"Nothing defines the host {key.Host}");
        if (service.FindPort(key.Port) is not { } port)
            return Unknown(name, $"{key.Host} has no port {key.Port} (it has {string.Join(", ", service.Ports.Select(known => known.Number))})");

        EquatableMap<string> labels = default;
        bool isBlind = false;
        EffectiveDestinationRule? rule = context.DestinationRules.Find(service.Host, service.Namespace);
        Subset? subset = null;
        if (key.Subset.Length > 0)
        {
            subset = rule?.FindSubset(key.Subset);
            if (subset is null)
                return Unknown(name, $"No DestinationRule defines the subset {key.Subset} of {key.Host}");
            isBlind = service is { Resolution: ServiceResolution.Dns, Resource: Resource<ServiceSpec> };
            labels = isBlind ? default : subset.Labels;
        }
        TrafficPolicy? policy = EffectiveTrafficPolicy.Resolve(rule?.TrafficPolicy, subset?.TrafficPolicy, key.Port, context.Config.Mesh.DefaultTrafficPolicy);
        UpstreamTlsConfig? tls = serverName is not null ? null : _tls.Compile(service, key.Subset, key.Port, rule, policy?.Tls);
        _tls.ReportUnverified(rule, policy?.Tls, tls);
        bool isPassthrough = policy?.LoadBalancer is { ConsistentHash: null, Simple: SimpleLb.Passthrough };
        EquatableArray<EndpointConfig> endpoints = isPassthrough ? default : LocalityCompiler.Place(context, service, policy, Endpoints(port, labels)).ToEquatableArray();
        if (rule is not null && rule.Rules.Any(one => StickySplitAnnotation.Read(one.Metadata.Annotations)))
            _stickySplits.Add(_clusters.Count);
        _clusters.Add(new ClusterAssignment(
            ConnectionPoolCompiler.Apply(
            new ClusterConfig
            {
                Name = name,
                Host = key.Host,
                Port = key.Port,
                Subset = key.Subset,
                Protocol = port.Protocol.IsHttp2() ? UpstreamProtocol.Http2 : UpstreamProtocol.Http1,
                Discovery = byName ? DiscoveryType.Dynamic : service.Resolution switch
                {
                    ServiceResolution.Dns => DiscoveryType.StrictDns,
                    ServiceResolution.DnsRoundRobin => DiscoveryType.LogicalDns,
                    ServiceResolution.DynamicDns => DiscoveryType.Dynamic,
                    _ => DiscoveryType.Static,
                },
                DynamicPort = port.TargetPort,
                CarriesClientTls = port.Protocol is ServiceProtocol.Https or ServiceProtocol.Tls,
                Dns = DnsOptionsCompiler.Compile(context, service),
                LoadBalancer = LoadBalancerCompiler.Compile(policy?.LoadBalancer),
                HealthCheck = HealthCheckCompiler.Compile(rule, key.Host),
                OutlierDetection = OutlierCompiler.Compile(policy?.OutlierDetection),
                Tls = tls,
                Identity = new DestinationIdentity(service.Host, service.Name, service.Namespace),
            },
            policy, port.Protocol, context.Config.Mesh),
            endpoints)
        {
            Policy = PolicyOrigins.Of(context, service, rule, policy),
        });
        StackLimits.Report(context, _clusters[^1].Config, rule, policy);
        int index = _clusters.Count - 1;
        if (tls?.Unavailable is { } unavailable)
        {
            return new Entry(name, index, DiagnosticCatalogue.UpstreamTlsUnavailable,
                $"{key.Host} is to be reached with TLS, and {unavailable}; requests get 503 (UF).");
        }
        if (isBlind)
        {
            return new Entry(name, index, DiagnosticCatalogue.SubsetUnknown,
                $"{service.Host} has no EndpointSlice and is reached by DNS, which knows no labels: subset {key.Subset} is all of its endpoints. Bring the EndpointSlices to tell subsets apart.");
        }
        if (isPassthrough)
        {
            return new Entry(name, index, DiagnosticCatalogue.NoEndpoints,
                $"{key.Host} has the load balancer PASSTHROUGH, which means the original destination; a gateway has none. Requests get 503 (UH).");
        }
        return endpoints.IsEmpty && !byName && service.Resolution != ServiceResolution.DynamicDns
            ? new Entry(name, index, DiagnosticCatalogue.NoEndpoints, WhyEmpty(service, port, key.Subset))
            : new Entry(name, index, null, "");
    }

    private static Entry Unknown(string name, string why) => new(name, -1, DiagnosticCatalogue.UnknownHost, $"{why}; requests get 503 (NC).");

    private static string WhyEmpty(MeshService service, MeshPort port, string subset)
    {
        if (service.Resolution == ServiceResolution.None)
            return $"{service.Host} has resolution NONE, which means the original destination; a gateway has none. Requests get 503 (UH). The annotation egress.gateway/dynamic lets it resolve the names that clients ask for.";
        return subset.Length > 0 && port.Endpoints.Count > 0
            ? $"None of the {port.Endpoints.Count} endpoints of {service.Host} has the labels of subset {subset}; requests get 503 (UH)."
            : $"{service.Host} has no endpoints; requests get 503 (UH).";
    }

    private static List<EndpointConfig> Endpoints(MeshPort port, EquatableMap<string> labels)
    {
        var endpoints = new List<EndpointConfig>(port.Endpoints.Count);
        foreach (MeshEndpoint endpoint in port.Endpoints)
        {
            if (!LabelSelector.Selects(labels, endpoint.Labels))
                continue;
            endpoints.Add(new EndpointConfig
            {
                Address = endpoint.Address,
                Port = endpoint.Port,
                Weight = endpoint.Weight,
                Locality = endpoint.Locality,
                Labels = endpoint.Labels,
            });
        }
        return endpoints;
    }

    /// <summary>A cluster's name and index, and what is to be told wherever it is named.</summary>
    private sealed record Entry(string Name, int Index, DiagnosticDescriptor? Finding, string Message);
}
