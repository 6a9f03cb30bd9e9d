using Gateway.Config.Model;

namespace Gateway.Config.Resolution;

/// <summary>Endpoints of one locality, or of one set of labels, as locality rules see them.</summary>
/// <param name="Locality"><c>region/zone/subzone</c>; empty = unknown.</param>
/// <param name="Weight">Weight of all its endpoints.</param>
/// <param name="Labels">Their labels.</param>
public readonly record struct LocalityGroup(string Locality, uint Weight, EquatableMap<string> Labels);

/// <summary>What locality rules make of groups of endpoints: a priority (0 is used first) and a weight each; weight 0 = no requests. Pure.</summary>
public static class LocalityPriorities
{
    private const string Network = "topology.istio.io/network";

    // From the own subzone to a region that no failover names.
    private const int LocalityLevels = 5;

    // The own region, the one that stands in for it, the rest.
    private const int RegionLevels = 3;

    private static readonly (string Label, int Part)[] TopologyLabels =
        [("topology.kubernetes.io/region", 0), ("topology.kubernetes.io/zone", 1), ("topology.istio.io/subzone", 2)];

    /// <summary>The setting in force: that of the policy, else that of the mesh; null = none, or it is switched off.</summary>
    public static LocalityLoadBalancerSetting? InForce(LocalityLoadBalancerSetting? policy, LocalityLoadBalancerSetting? mesh) =>
        (policy ?? mesh ?? new LocalityLoadBalancerSetting()) is { Enabled: not false } setting ? setting : null;

    /// <summary>Whether a locality matches a rule such as <c>region/zone/*</c>; parts that the rule leaves out match all.</summary>
    public static bool Matches(string locality, string rule)
    {
        for (int part = 0; part < 3; part++)
        {
            ReadOnlySpan<char> wanted = Part(rule, part);
            bool any = wanted is "*" || (part > 0 && wanted.IsEmpty);
            if (!any && !wanted.SequenceEqual(Part(locality, part)))
                return false;
        }
        return true;
    }

    /// <summary>Priorities and weights.</summary>
    /// <param name="setting">The setting in force; null = all groups are alike.</param>
    /// <param name="clientLocality">The gateway's own locality.</param>
    /// <param name="clientLabels">Its labels.</param>
    /// <param name="hasFailover">Whether failing endpoints are noticed (outlier detection): without, only <c>distribute</c> has an effect.</param>
    /// <param name="groups">The groups.</param>
    public static IReadOnlyList<(int Priority, uint Weight)> Resolve(
        LocalityLoadBalancerSetting? setting, string clientLocality, EquatableMap<string> clientLabels, bool hasFailover, IReadOnlyList<LocalityGroup> groups)
    {
        if (setting is not null && !setting.Distribute.IsEmpty)
            return Distribute(setting.Distribute, clientLocality, groups);
        if (setting is null || !hasFailover)
            return [.. groups.Select(group => (0, group.Weight))];
        int[] priorities = LabelLevels(setting.FailoverPriority, clientLabels, clientLocality, groups);
        // Written together, regions order what labels leave alike.
        if (setting.FailoverPriority.IsEmpty || !setting.Failover.IsEmpty)
            priorities = Levels([.. groups.Select((group, i) => (priorities[i] * LocalityLevels) + ByLocality(clientLocality, group.Locality, setting.Failover))]);
        return [.. groups.Select((group, i) => (priorities[i], group.Weight))];
    }

    /// <summary>Priorities where zones of a region count alike: as <see cref="Resolve"/>, for a setting that is not switched off.</summary>
    public static IReadOnlyList<int> ResolveRegions(
        ZoneAwareLoadBalancerSetting setting, string clientLocality, EquatableMap<string> clientLabels, IReadOnlyList<LocalityGroup> groups)
    {
        int[] priorities = LabelLevels(setting.FailoverPriority, clientLabels, clientLocality, groups);
        return Levels([.. groups.Select((group, i) => (priorities[i] * RegionLevels) + ByRegion(clientLocality, group.Locality, setting.Failover))]);
    }

    private static int[] LabelLevels(EquatableArray<string> order, EquatableMap<string> clientLabels, string clientLocality, IReadOnlyList<LocalityGroup> groups) =>
        order.IsEmpty || (clientLabels.IsEmpty && clientLocality.Length == 0)
            ? new int[groups.Count]
            : Levels([.. groups.Select(group => ByLabels(clientLabels, clientLocality, group, order))]);

    private static int ByRegion(string client, string endpoint, EquatableArray<LocalityFailover> failover)
    {
        if (Part(client, 0).SequenceEqual(Part(endpoint, 0)))
            return 0;
        foreach (LocalityFailover rule in failover)
        {
            if (Part(client, 0).SequenceEqual(rule.From ?? ""))
                return Part(endpoint, 0).SequenceEqual(rule.To ?? "") ? 1 : 2;
        }
        return 2;
    }

    /// <summary>The same order without gaps, from 0.</summary>
    private static int[] Levels(int[] priorities)
    {
        int[] levels = [.. priorities.Distinct().Order()];
        return [.. priorities.Select(priority => Array.IndexOf(levels, priority))];
    }

    private static IReadOnlyList<(int, uint)> Distribute(EquatableArray<LocalityDistribute> rules, string clientLocality, IReadOnlyList<LocalityGroup> groups)
    {
        if (rules.FirstOrDefault(rule => Matches(clientLocality, rule.From ?? "")) is not { } rule)
            return [.. groups.Select(group => (0, group.Weight))];
        uint[] weights = new uint[groups.Count];
        bool[] taken = new bool[groups.Count];
        foreach ((string to, uint percent) in rule.To)
        {
            int[] matched = [.. Enumerable.Range(0, groups.Count).Where(i => !taken[i] && Matches(groups[i].Locality, to))];
            double total = matched.Sum(i => (double)groups[i].Weight);
            foreach (int i in matched)
            {
                taken[i] = true;
                weights[i] = (uint)Math.Ceiling(groups[i].Weight * (double)percent / total);
            }
        }
        return [.. weights.Select(weight => (0, weight))];
    }

    private static int ByLocality(string client, string endpoint, EquatableArray<LocalityFailover> failover)
    {
        if (!Part(client, 0).SequenceEqual(Part(endpoint, 0)))
        {
            foreach (LocalityFailover rule in failover)
            {
                if (Part(client, 0).SequenceEqual(rule.From ?? ""))
                    return Part(endpoint, 0).SequenceEqual(rule.To ?? "") ? 3 : 4;
            }
            return 3;
        }
        if (!Part(client, 1).SequenceEqual(Part(endpoint, 1)))
            return 2;
        return Part(client, 2).SequenceEqual(Part(endpoint, 2)) ? 0 : 1;
    }

    // A network that comes first divides near from far; on either side the other labels count alike.
    private static int ByLabels(EquatableMap<string> clientLabels, string clientLocality, LocalityGroup group, EquatableArray<string> order)
    {
        int far = 0;
        for (int i = 0; i < order.Count; i++)
        {
            int equals = order[i].IndexOf('=', StringComparison.Ordinal);
            string label = equals < 0 ? order[i] : order[i][..equals];
            string wanted = equals < 0 ? Label(clientLabels, clientLocality, label) : order[i][(equals + 1)..];
            if (wanted == Label(group.Labels, group.Locality, label))
                continue;
            if (i > 0 || order[0] != Network)
                return order.Count - i + far;
            far = order.Count;
        }
        return far;
    }

    private static string Label(EquatableMap<string> labels, string locality, string label)
    {
        if (labels.TryGetValue(label, out string? value))
            return value;
        foreach ((string topology, int part) in TopologyLabels)
        {
            if (topology == label)
                return Part(locality, part).ToString();
        }
        return "";
    }

    private static ReadOnlySpan<char> Part(ReadOnlySpan<char> locality, int part)
    {
        for (; part > 0; part--)
        {
            int slash = locality.IndexOf('/');
            if (slash < 0)
                return default;
            locality = locality[(slash + 1)..];
        }
        int end = locality.IndexOf('/');
        return end < 0 ? locality : locality[..end];
    }
}
