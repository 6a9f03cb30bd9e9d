using Gateway.Clusters;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>Gives the endpoints of a cluster their priorities and the weights of their localities, seen from where this gateway is.</summary>
internal static class LocalityCompiler
{
    private const string Network = "topology.istio.io/network";
    private const string Region = "topology.kubernetes.io/region";
    private const string Zone = "topology.kubernetes.io/zone";
    private const string Subzone = "topology.istio.io/subzone";
    private const string Node = "kubernetes.io/hostname";

    // What a service's traffic distribution stands for.
    private static readonly LocalityLoadBalancerSetting NearZone = Near(Network, Region, Zone);
    private static readonly LocalityLoadBalancerSetting NearNode = Near(Network, Region, Zone, Subzone, Node);

    /// <summary>The endpoints with their places; those of localities that get nothing are left out.</summary>
    public static List<EndpointConfig> Place(CompilationContext context, MeshService service, TrafficPolicy? policy, List<EndpointConfig> endpoints)
    {
        string own = context.Identity.Locality;
        for (int i = 0; i < endpoints.Count; i++)
            endpoints[i] = WithRegion(endpoints[i], own);
        LocalityLoadBalancerSetting? written = policy?.LoadBalancer?.LocalityLbSetting;
        LocalityLoadBalancerSetting? near = written is null ? Distribution(service) : null;
        // A destination's own words of either kind go before what the service prefers, and that before the mesh's.
        ZoneAwareLoadBalancerSetting? zones = policy?.LoadBalancer?.ZoneAwareLbSetting ?? (written is null && near is null ? context.Config.Mesh.ZoneAwareLbSetting : null);
        if (zones is not null)
            return zones.Enabled is false ? endpoints : InRegions(context, zones, endpoints);
        LocalityLoadBalancerSetting? setting = near ?? LocalityPriorities.InForce(written, context.Config.Mesh.LocalityLbSetting);
        bool hasFailover = near is not null || policy?.OutlierDetection is not null || HealthCheckCompiler.IsWanted(context, service);
        if (setting is null || (setting.Distribute.IsEmpty && !hasFailover))
            return endpoints;

        (List<LocalityGroup> groups, int[] groupOf) = Group(endpoints, byLabels: setting.Distribute.IsEmpty && !setting.FailoverPriority.IsEmpty);
        IReadOnlyList<(int Priority, uint Weight)> places = LocalityPriorities.Resolve(setting, own, context.Labels, hasFailover, groups);
        bool hasWeights = !setting.Distribute.IsEmpty || !setting.Failover.IsEmpty || !setting.FailoverPriority.IsEmpty;
        // Labels divide localities; what is left of one at a priority has one weight.
        ILookup<(string, int), uint> weights = groups.Select((group, i) => (group.Locality, places[i].Priority, places[i].Weight)).ToLookup(one => (one.Locality, one.Priority), one => one.Weight);
        List<EndpointConfig> placed = new(endpoints.Count);
        for (int i = 0; i < groupOf.Length; i++)
        {
            (int priority, uint weight) = places[groupOf[i]];
            if (weight > 0)
                placed.Add(endpoints[i] with { Priority = priority, LocalityWeight = hasWeights ? (uint)Math.Min(uint.MaxValue, weights[(endpoints[i].Locality, priority)].Sum(one => (long)one)) : 0 });
        }
        return placed;
    }

    private static List<EndpointConfig> InRegions(CompilationContext context, ZoneAwareLoadBalancerSetting setting, List<EndpointConfig> endpoints)
    {
        (List<LocalityGroup> groups, int[] groupOf) = Group(endpoints, byLabels: !setting.FailoverPriority.IsEmpty);
        IReadOnlyList<int> priorities = LocalityPriorities.ResolveRegions(setting, context.Identity.Locality, context.Labels, groups);
        return [.. endpoints.Select((endpoint, i) => endpoint with { Priority = priorities[groupOf[i]] })];
    }

    /// <summary>The localities of endpoints, divided by labels if those count, and to which each endpoint belongs.</summary>
    private static (List<LocalityGroup> Groups, int[] GroupOf) Group(List<EndpointConfig> endpoints, bool byLabels)
    {
        Dictionary<(string Locality, EquatableMap<string> Labels), int> index = [];
        List<LocalityGroup> groups = [];
        int[] groupOf = new int[endpoints.Count];
        for (int i = 0; i < groupOf.Length; i++)
        {
            EndpointConfig endpoint = endpoints[i];
            EquatableMap<string> labels = byLabels ? endpoint.Labels : default;
            if (!index.TryGetValue((endpoint.Locality, labels), out groupOf[i]))
            {
                index.Add((endpoint.Locality, labels), groupOf[i] = groups.Count);
                groups.Add(new LocalityGroup(endpoint.Locality, 0, labels));
            }
            LocalityGroup group = groups[groupOf[i]];
            groups[groupOf[i]] = group with { Weight = (uint)Math.Min(uint.MaxValue, (ulong)group.Weight + endpoint.Weight) };
        }
        return (groups, groupOf);
    }

    /// <summary>What a Service's <c>trafficDistribution</c> stands for; null = it has none.</summary>
    public static LocalityLoadBalancerSetting? Distribution(MeshService service) => service.TrafficDistribution switch
    {
        TrafficDistribution.SameZone => NearZone,
        TrafficDistribution.SameNode => NearNode,
        _ => null,
    };

    // EndpointSlices name zones only, and no two regions share one.
    private static EndpointConfig WithRegion(EndpointConfig endpoint, string own)
    {
        if (!endpoint.Locality.StartsWith('/'))
            return endpoint;
        string[] parts = own.Split('/');
        return parts.Length > 1 && endpoint.Locality.AsSpan(1).SequenceEqual(parts[1])
            ? endpoint with { Locality = parts[0] + endpoint.Locality }
            : endpoint;
    }

    private static LocalityLoadBalancerSetting Near(params ReadOnlySpan<string> labels) =>
        new() { FailoverPriority = EquatableArray.Create(labels) };
}
