using Gateway.Config.Model;

namespace Gateway.Config.Resolution;

/// <summary>DestinationRules for one host, joined as far as they may be: the first one's policy, the subsets of all.</summary>
internal sealed class JoinedDestinationRule
{
    private readonly List<Resource<DestinationRuleSpec>> _rules;
    private readonly List<Subset> _subsets;
    private TrafficPolicy? _policy;

    /// <summary>Begins with one rule.</summary>
    public JoinedDestinationRule(Resource<DestinationRuleSpec> rule, HashSet<string> exportTo)
    {
        _rules = [rule];
        _subsets = [.. rule.Spec.Subsets.DistinctBy(subset => subset.Name)];
        _policy = rule.Spec.TrafficPolicy;
        ExportTo = exportTo;
    }

    /// <summary>What the first rule is exported to, as written; empty = by default.</summary>
    public HashSet<string> ExportTo { get; }

    /// <summary>The workloads that the first rule is for; null = all.</summary>
    public PolicyWorkloadSelector? Selector => _rules[0].Spec.WorkloadSelector;

    /// <summary>The namespace of all of them.</summary>
    public string Namespace => _rules[0].Metadata.Namespace;

    /// <summary>Adds what a younger rule says besides.</summary>
    public void Join(Resource<DestinationRuleSpec> rule)
    {
        _rules.Add(rule);
        _policy ??= rule.Spec.TrafficPolicy;
        foreach (Subset subset in rule.Spec.Subsets)
        {
            if (!_subsets.Exists(known => known.Name == subset.Name))
                _subsets.Add(subset);
        }
    }

    /// <summary>The outcome.</summary>
    public EffectiveDestinationRule Result() => new(_rules, _policy, _subsets);
}

/// <summary>
/// The DestinationRules of one namespace by host. Whether a rule joins an older one of the same host depends on whom both
/// are for, as in Istio: it does if it is exported to the same namespaces or further, and stands beside it otherwise. Rules
/// for different workloads are never joined; one for all joins one for some and stands on its own as well.
/// </summary>
internal sealed class JoinedDestinationRules
{
    private readonly Dictionary<string, List<JoinedDestinationRule>> _exact = [];
    private readonly SortedDictionary<string, List<JoinedDestinationRule>> _wildcards = new(Comparer<string>.Create(HostName.Compare));

    /// <summary>Adds a rule; those with a selector come first, older ones before younger ones.</summary>
    public void Add(string host, Resource<DestinationRuleSpec> rule, HashSet<string> exportTo)
    {
        IDictionary<string, List<JoinedDestinationRule>> map = HostName.IsWildcard(host) ? _wildcards : _exact;
        if (!map.TryGetValue(host, out List<JoinedDestinationRule>? rules))
            map.Add(host, rules = []);
        bool standsAlone = true;
        foreach (JoinedDestinationRule known in rules)
        {
            bool isSame = exportTo.SetEquals(known.ExportTo);
            bool isWider = !isSame && known.ExportTo.Count > 0 && exportTo.IsSupersetOf(known.ExportTo);
            standsAlone = !isSame;
            if (!isSame && !isWider)
                continue;
            (PolicyWorkloadSelector? old, PolicyWorkloadSelector? young) = (known.Selector, rule.Spec.WorkloadSelector);
            if (old is not null && young is not null && old.MatchLabels != young.MatchLabels)
            {
                standsAlone = true;
                continue;
            }
            if ((old is null) == (young is null))
                standsAlone = false;
            known.Join(rule);
        }
        if (standsAlone)
            rules.Add(new JoinedDestinationRule(rule, exportTo));
    }

    /// <summary>What there is for the most specific host that covers a name; null = no host does.</summary>
    public IReadOnlyList<JoinedDestinationRule>? Find(string name)
    {
        if (_exact.TryGetValue(name, out List<JoinedDestinationRule>? exact))
            return exact;
        foreach ((string host, List<JoinedDestinationRule> rules) in _wildcards)
        {
            if (HostName.IsSubsetOf(name, host))
                return rules;
        }
        return null;
    }
}
