using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Validation;
using Gateway.Http.Filters.Rbac;

namespace Gateway.Snapshot.Compilation.Security;

/// <summary>Gathers the rules of AuthorizationPolicies by what is done with them.</summary>
internal sealed class PolicyRules(CompilationContext context)
{
    private readonly List<(Group Group, string Name, CompiledRule? Rule)> _rules = [];

    private enum Group
    {
        Custom,
        Audit,
        RootDeny,
        Deny,
        Allow,
        ShadowDeny,
        ShadowAllow,
    }

    /// <summary>Whether there are no policies.</summary>
    public bool IsEmpty => _rules.Count == 0;

    /// <summary>Takes a policy.</summary>
    /// <returns>False = a rule of it cannot be compiled, which has been reported.</returns>
    public bool Add(Resource<AuthorizationPolicySpec> policy)
    {
        Group group = GroupOf(policy);
        string prefix = "";
        string suffix = "";
        if (group == Group.Custom)
        {
            string provider = policy.Spec.Provider?.Name ?? "";
            prefix = $"istio-ext-authz-{provider}-";
            suffix = CustomAuthorizationFilter.Suffix;
            context.Report(DiagnosticCatalogue.ProviderUnknown, policy, "spec.provider",
                $"The extension provider \"{provider}\" cannot be asked: what the rules of this policy match is denied.");
        }
        var compiler = new RuleCompiler(context, policy);
        var rules = new List<(Group, string, CompiledRule?)>();
        for (int i = 0; i < policy.Spec.Rules.Count; i++)
        {
            if (compiler.Compile(policy.Spec.Rules[i]) is not { } rule)
                return false;
            rules.Add((group, Name(i), rule));
        }
        // A policy without rules counts, but never matches.
        if (rules.Count == 0)
            rules.Add((group, Name(0), null));
        _rules.AddRange(rules);
        return true;

        string Name(int rule) => $"{prefix}ns[{policy.Metadata.Namespace}]-policy[{policy.Metadata.Name}]-rule[{rule}]{suffix}";
    }

    /// <summary>Makes the engines.</summary>
    /// <param name="lockouts">Rules that deny because a policy could not be read.</param>
    /// <param name="forTcp">Whether nothing of HTTP is known: then ALLOW rules that ask for it are dropped, and other rules go without.</param>
    public RbacRules Build(IReadOnlyList<RbacRule> lockouts, bool forTcp)
    {
        var deny = new List<RbacEngine>();
        if (Engine(Group.RootDeny, forTcp, lockouts) is { } root)
            deny.Add(root);
        if (Engine(Group.Deny, forTcp) is { } own)
            deny.Add(own);
        return new RbacRules
        {
            Custom = Engine(Group.Custom, forTcp),
            Audit = Engine(Group.Audit, forTcp),
            Deny = deny,
            Allow = Engine(Group.Allow, forTcp),
            ShadowDeny = Engine(Group.ShadowDeny, forTcp),
            ShadowAllow = Engine(Group.ShadowAllow, forTcp),
        };
    }

    private RbacEngine? Engine(Group group, bool forTcp, IReadOnlyList<RbacRule>? more = null)
    {
        var rules = new List<RbacRule>(more ?? []);
        bool any = rules.Count > 0;
        foreach ((Group of, string name, CompiledRule? rule) in _rules)
        {
            if (of != group)
                continue;
            any = true;
            if (rule is null)
                rules.Add(new RbacRule(name, [], []));
            else if (rule.For(name, forTcp, isAllow: group is Group.Allow or Group.ShadowAllow) is { } usable)
                rules.Add(usable);
        }
        return any ? new RbacEngine(rules) : null;
    }

    private Group GroupOf(Resource<AuthorizationPolicySpec> policy)
    {
        bool isDryRun = policy.Metadata.Annotations.TryGetValue("istio.io/dry-run", out string? value) && GoBoolean.TryParse(value, out bool dryRun) && dryRun;
        bool isRoot = policy.Metadata.Namespace == context.Config.Mesh.RootNamespace;
        return policy.Spec.Action switch
        {
            AuthorizationAction.Custom => Group.Custom,
            AuthorizationAction.Audit => Group.Audit,
            AuthorizationAction.Deny => isDryRun ? Group.ShadowDeny : isRoot ? Group.RootDeny : Group.Deny,
            _ => isDryRun ? Group.ShadowAllow : Group.Allow,
        };
    }
}
