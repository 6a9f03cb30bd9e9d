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
    private readonly Dictionary<string, NamespaceRules> _byNamespace = [];
    private readonly string _clientNamespace;
    private readonly string _rootNamespace;

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
        IEnumerable<Resource<DestinationRuleSpec>> all = withRefused
            ? config.DestinationRules.Concat(config.RefusedDestinationRules).Order(Comparer<Resource<DestinationRuleSpec>>.Create(ConfigSetBuilder.OldestFirst))
            : config.DestinationRules;
        foreach (Resource<DestinationRuleSpec> rule in all)
        {
            if (rule.Spec.Host is not { Length: > 0 } written)
                continue;
            string ns = rule.Metadata.Namespace;
            if (rule.Spec.WorkloadSelector is { MatchLabels.IsEmpty: false } selector
                && (ns != clientNamespace || clientLabels is not { } labels || !LabelSelector.Selects(selector.MatchLabels, labels)))
            {
                continue;
            }
            Visibility visibility = ExportTo.Evaluate(rule.Spec.ExportTo, config.Mesh.DefaultDestinationRuleExportTo, ns, clientNamespace);
            if (!_byNamespace.TryGetValue(ns, out NamespaceRules? rules))
                _byNamespace.Add(ns, rules = new NamespaceRules());
            rules.Add(HostName.ResolveShortName(written, ns, clusterDomain), rule, visibility);
        }
    }

    /// <summary>The rule in force for a service host; null = none.</summary>
    public EffectiveDestinationRule? Find(string host, string serviceNamespace)
    {
        // In its own namespace a workload sees every rule; in the root namespace "own" means kept there by exportTo ".".
        EffectiveDestinationRule? own = Find(_clientNamespace, host, visibility => _clientNamespace == _rootNamespace
            ? visibility == Visibility.Private
            : true);
        return own
            ?? Find(serviceNamespace, host, visibility => visibility != Visibility.None)
            ?? Find(_rootNamespace, host, visibility => visibility != Visibility.None);
    }

    private EffectiveDestinationRule? Find(string ns, string host, Func<Visibility, bool> counts) =>
        _byNamespace.TryGetValue(ns, out NamespaceRules? rules) ? rules.Find(host, counts) : null;

    private sealed class NamespaceRules
    {
        private readonly Dictionary<string, List<(Resource<DestinationRuleSpec> Rule, Visibility Visibility)>> _exact = [];
        private readonly SortedDictionary<string, List<(Resource<DestinationRuleSpec> Rule, Visibility Visibility)>> _wildcards =
            new(Comparer<string>.Create(HostName.Compare));

        public void Add(string host, Resource<DestinationRuleSpec> rule, Visibility visibility)
        {
            IDictionary<string, List<(Resource<DestinationRuleSpec> Rule, Visibility Visibility)>> map = HostName.IsWildcard(host) ? _wildcards : _exact;
            if (!map.TryGetValue(host, out List<(Resource<DestinationRuleSpec> Rule, Visibility Visibility)>? rules))
                map.Add(host, rules = []);
            rules.Add((rule, visibility));
        }

        public EffectiveDestinationRule? Find(string host, Func<Visibility, bool> counts)
        {
            if (_exact.TryGetValue(host, out List<(Resource<DestinationRuleSpec> Rule, Visibility Visibility)>? rules) && Join(rules, counts) is { } exact)
                return exact;
            foreach (KeyValuePair<string, List<(Resource<DestinationRuleSpec> Rule, Visibility Visibility)>> candidate in _wildcards)
            {
                if (HostName.IsSubsetOf(host, candidate.Key) && Join(candidate.Value, counts) is { } wildcard)
                    return wildcard;
            }
            return null;
        }

        private static EffectiveDestinationRule? Join(
            List<(Resource<DestinationRuleSpec> Rule, Visibility Visibility)> rules, Func<Visibility, bool> counts)
        {
            var joined = new List<Resource<DestinationRuleSpec>>();
            TrafficPolicy? policy = null;
            var subsets = new List<Subset>();
            foreach ((Resource<DestinationRuleSpec> rule, Visibility visibility) in rules)
            {
                // Rules that differ in whom they are exported to are not joined; the older one stands.
                if (!counts(visibility) || (joined.Count > 0 && !HasSameExport(joined[0], rule)))
                    continue;
                joined.Add(rule);
                policy ??= rule.Spec.TrafficPolicy;
                foreach (Subset subset in rule.Spec.Subsets)
                {
                    if (!subsets.Exists(known => known.Name == subset.Name))
                        subsets.Add(subset);
                }
            }
            return joined.Count == 0 ? null : new EffectiveDestinationRule(joined, policy, subsets);
        }

        private static bool HasSameExport(Resource<DestinationRuleSpec> a, Resource<DestinationRuleSpec> b) =>
            a.Spec.ExportTo.Order(StringComparer.Ordinal).SequenceEqual(b.Spec.ExportTo.Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }
}
