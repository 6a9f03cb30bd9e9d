using Gateway.Config.Model;

namespace Gateway.Config.Resolution;

/// <summary>
/// What DestinationRules say about a host, several rules for it joined: the first rule's policy, the subsets of all.
/// </summary>
/// <param name="Rules">The rules, oldest first; at least one.</param>
/// <param name="TrafficPolicy">The top-level policy.</param>
/// <param name="Subsets">All subsets, each name once.</param>
public sealed record EffectiveDestinationRule(
    IReadOnlyList<Resource<DestinationRuleSpec>> Rules,
    TrafficPolicy? TrafficPolicy,
    IReadOnlyList<Subset> Subsets)
{
    /// <summary>Finds a subset by name.</summary>
    public Subset? FindSubset(string name)
    {
        foreach (Subset subset in Subsets)
        {
            if (subset.Name == name)
                return subset;
        }
        return null;
    }
}

/// <summary>
/// Finds the DestinationRule in force for a service: first in the namespace of the gateway's workload, then in that of
/// the service, then in the root namespace; at each step the most specific host wins and ends the search. Immutable.
/// </summary>
public sealed class DestinationRuleIndex
{
    private readonly Dictionary<string, JoinedDestinationRules> _local = [];
    private readonly Dictionary<string, JoinedDestinationRules> _exported = [];
    private readonly JoinedDestinationRules _keptInRoot = new();
    private readonly string _clientNamespace;
    private readonly string _rootNamespace;
    private readonly EquatableMap<string>? _clientLabels;

    /// <summary>Indexes the rules for a workload.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="clientNamespace">The workload's namespace.</param>
    /// <param name="clientLabels">Its labels, for rules with a <c>workloadSelector</c>; null = unknown, such rules do not apply.</param>
    /// <param name="clusterDomain">For short hosts.</param>
    /// <param name="withRefused">Whether rules with errors are indexed as well: for <see cref="TlsDemand"/> only.</param>
    public DestinationRuleIndex(
        ConfigSet config, string clientNamespace, EquatableMap<string>? clientLabels, string clusterDomain, bool withRefused = false)
    {
        _clientNamespace = clientNamespace;
        _rootNamespace = config.Mesh.RootNamespace;
        _clientLabels = clientLabels;
        IEnumerable<Resource<DestinationRuleSpec>> all = withRefused
            ? config.DestinationRules.Concat(config.RefusedDestinationRules).Order(Comparer<Resource<DestinationRuleSpec>>.Create(ConfigSetBuilder.OldestFirst))
            : config.DestinationRules;
        bool privateByDefault = config.Mesh.DefaultDestinationRuleExportTo.Contains(".");
        // Rules that select workloads are joined first, whatever their age.
        foreach (Resource<DestinationRuleSpec> rule in all.OrderBy(rule => rule.Spec.WorkloadSelector is null ? 1 : 0))
        {
            if (rule.Spec.Host is { Length: > 0 } host)
                Add(HostName.ResolveShortName(host, rule.Metadata.Namespace, clusterDomain), rule, privateByDefault);
        }
    }

    /// <summary>The rule in force for a service host; null = none.</summary>
    public EffectiveDestinationRule? Find(string host, string serviceNamespace)
    {
        IReadOnlyList<JoinedDestinationRule> rules = InForce(host, serviceNamespace);
        JoinedDestinationRule? general = null;
        foreach (JoinedDestinationRule rule in rules)
        {
            if (rule.Selector is not { } selector)
                general = rule;
            else if (rule.Namespace == _clientNamespace && _clientLabels is { } labels && LabelSelector.Selects(selector.MatchLabels, labels))
                return rule.Result();
        }
        return general?.Result();
    }

    private IReadOnlyList<JoinedDestinationRule> InForce(string host, string serviceNamespace)
    {
        // Rules in the root namespace are for all, so a gateway there does not put them before the service's own, but for
        // those that are kept there.
        JoinedDestinationRules? own = _clientNamespace == _rootNamespace ? _keptInRoot : _local.GetValueOrDefault(_clientNamespace);
        if (own?.Find(host) is { } found)
            return found;
        List<JoinedDestinationRule> exported = Exported(serviceNamespace, host);
        return exported.Count > 0 ? exported : Exported(_rootNamespace, host);
    }

    /// <summary>The rules for the most specific host, as far as the workload's namespace may see them.</summary>
    private List<JoinedDestinationRule> Exported(string ns, string host) =>
        _exported.GetValueOrDefault(ns)?.Find(host) is { } found
            ? [.. found.Where(rule => rule.ExportTo.Count == 0 || rule.ExportTo.Contains("*") || rule.ExportTo.Contains(_clientNamespace))]
            : [];

    private void Add(string host, Resource<DestinationRuleSpec> rule, bool privateByDefault)
    {
        string ns = rule.Metadata.Namespace;
        // A rule that selects workloads stays in its namespace.
        HashSet<string> exportTo = rule.Spec.WorkloadSelector is null ? new(rule.Spec.ExportTo, StringComparer.Ordinal) : ["."];
        if (exportTo.Count == 0 || exportTo.Contains("*") || exportTo.Contains(".") || exportTo.Contains(ns))
            In(_local, ns).Add(host, rule, exportTo);
        bool isPrivate = exportTo.Count switch
        {
            0 => privateByDefault,
            1 => exportTo.Contains(".") || exportTo.Contains(ns),
            _ => false,
        };
        if (!isPrivate)
            In(_exported, ns).Add(host, rule, exportTo);
        else if (ns == _rootNamespace)
            _keptInRoot.Add(host, rule, exportTo);
    }

    private static JoinedDestinationRules In(Dictionary<string, JoinedDestinationRules> byNamespace, string ns)
    {
        if (!byNamespace.TryGetValue(ns, out JoinedDestinationRules? rules))
            byNamespace.Add(ns, rules = new JoinedDestinationRules());
        return rules;
    }
}
