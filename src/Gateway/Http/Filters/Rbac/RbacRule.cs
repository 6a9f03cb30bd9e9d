namespace Gateway.Http.Filters.Rbac;

/// <summary>A rule of a policy: one of <paramref name="permissions"/> and one of <paramref name="principals"/>, each a list of conditions that all must hold.</summary>
internal sealed class RbacRule(string name, RbacCondition[][] permissions, RbacCondition[][] principals)
{
    /// <summary><c>ns[NAMESPACE]-policy[NAME]-rule[NUMBER]</c>.</summary>
    public string Name => name;

    /// <summary>What is done: lists of conditions, one of which must hold as a whole. Empty = the rule never matches.</summary>
    public IReadOnlyList<IReadOnlyList<RbacCondition>> Permissions => permissions;

    /// <summary>Whether the rule matches.</summary>
    public bool IsMatch(RbacInput input) => AnyHolds(permissions, input) && AnyHolds(principals, input);

    /// <summary>Why the rule does not match: the first failing condition of the alternative that comes furthest; null = it matches.</summary>
    public string? FirstFailure(RbacInput input)
    {
        if (permissions.Length == 0 || principals.Length == 0)
            return "the policy has no rules and never matches";
        return Failure(permissions, input) ?? Failure(principals, input);
    }

    private static bool AnyHolds(RbacCondition[][] alternatives, RbacInput input)
    {
        foreach (RbacCondition[] alternative in alternatives)
        {
            if (AllHold(alternative, input))
                return true;
        }
        return false;
    }

    private static bool AllHold(RbacCondition[] conditions, RbacInput input)
    {
        foreach (RbacCondition condition in conditions)
        {
            if (!condition.Holds(input))
                return false;
        }
        return true;
    }

    private static string? Failure(RbacCondition[][] alternatives, RbacInput input)
    {
        string? best = null;
        int furthest = -1;
        foreach (RbacCondition[] alternative in alternatives)
        {
            int failing = Array.FindIndex(alternative, condition => !condition.Holds(input));
            if (failing < 0)
                return null;
            if (failing <= furthest)
                continue;
            furthest = failing;
            best = alternative[failing].Describe(input);
        }
        return best;
    }
}
