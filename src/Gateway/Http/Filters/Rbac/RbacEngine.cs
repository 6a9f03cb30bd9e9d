namespace Gateway.Http.Filters.Rbac;

/// <summary>A rule that did not match, with the condition that failed.</summary>
/// <param name="Rule">Its name.</param>
/// <param name="FailedCondition">In words.</param>
internal sealed record RbacMiss(string Rule, string FailedCondition);

/// <summary>All rules of one action, in the order of their names, as Envoy keeps them. Immutable; safe for all threads.</summary>
internal sealed class RbacEngine
{
    private readonly RbacRule[] _rules;
    private readonly RuleIndex _index;

    public RbacEngine(IEnumerable<RbacRule> rules)
    {
        _rules = [.. rules.OrderBy(rule => rule.Name, StringComparer.Ordinal)];
        _index = new RuleIndex(_rules);
    }

    /// <summary>The rules in order.</summary>
    public IReadOnlyList<RbacRule> Rules => _rules;

    /// <summary>The first rule that matches; null = none does.</summary>
    /// <param name="input">The request.</param>
    /// <param name="misses">Takes the rules that do not match; null on the data plane.</param>
    public RbacRule? Find(RbacInput input, List<RbacMiss>? misses = null)
    {
        if (misses is null)
            return _index.Find(input);
        foreach (RbacRule rule in _rules)
        {
            if (rule.FirstFailure(input) is not { } failure)
                return rule;
            misses.Add(new RbacMiss(rule.Name, failure));
        }
        return null;
    }
}
