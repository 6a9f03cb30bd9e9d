using Gateway.Http.Filters.Rbac;

namespace Gateway.Snapshot.Compilation.Security;

/// <summary>A condition, and whether it can be tested without HTTP.</summary>
internal sealed record CompiledCondition(RbacCondition Condition, bool IsHttpOnly);

/// <summary>A rule as written: one of the permissions and one of the principals, each a list of conditions.</summary>
internal sealed record CompiledRule(IReadOnlyList<IReadOnlyList<CompiledCondition>> Permissions, IReadOnlyList<IReadOnlyList<CompiledCondition>> Principals)
{
    /// <summary>The rule for HTTP, or for TCP; null = it does not go without HTTP, and is dropped.</summary>
    public RbacRule? For(string name, bool forTcp, bool isAllow)
    {
        if (forTcp && isAllow && Permissions.Concat(Principals).Any(list => list.Any(condition => condition.IsHttpOnly)))
            return null;
        return new RbacRule(name, Cut(Permissions, forTcp), Cut(Principals, forTcp));
    }

    private static RbacCondition[][] Cut(IReadOnlyList<IReadOnlyList<CompiledCondition>> alternatives, bool forTcp) =>
        [.. alternatives.Select(list => (RbacCondition[])
            [.. list.Where(condition => !forTcp || !condition.IsHttpOnly).Select(condition => condition.Condition).OrderBy(condition => condition.Cost)])];
}
