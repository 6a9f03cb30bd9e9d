using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Validation;
using Gateway.Http.Filters.ExtAuthz;
using Gateway.Http.Filters.Rbac;

namespace Gateway.Snapshot.Compilation.Security;

/// <summary>Gathers the rules of AuthorizationPolicies by what is done with them.</summary>
internal sealed class PolicyRules(CompilationContext context, bool hasTcp)
{
    private readonly ExtAuthzCompiler _providers = new(context);
    private readonly SortedDictionary<string, CustomProvider> _custom = new(StringComparer.Ordinal);
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
    public bool IsEmpty => _rules.Count == 0 && _custom.Count == 0;

    /// <summary>Takes a policy.</summary>
    /// <returns>False = a rule of it cannot be compiled, which has been reported.</returns>
    public bool Add(Resource<AuthorizationPolicySpec> policy)
    {
        Group group = GroupOf(policy);
        string prefix = "";
        string suffix = "";
        CustomProvider? provider = null;
        if (group == Group.Custom)
        {
            provider = Provider(policy);
            prefix = provider.Name.Length == 0 ? "istio-ext-authz-" : $"istio-ext-authz-{provider.Name}-";
            suffix = provider.Service is null ? ExtAuthzFilter.Suffix : "";
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
        if (provider is null)
            _rules.AddRange(rules);
        else
            provider.Rules.AddRange(rules.Select(rule => (rule.Item2, rule.Item3)));
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
            Custom = [.. _custom.Values.Select(custom => new CustomRules(
                custom.Name, custom.Service, new RbacEngine(custom.Rules.Select(rule => rule.Rule?.For(rule.Name, forTcp, isAllow: false) ?? new RbacRule(rule.Name, [], [])))))],
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

    private CustomProvider Provider(Resource<AuthorizationPolicySpec> policy)
    {
        string name = policy.Spec.Provider?.Name ?? "";
        ExtAuthzConfig? service = _providers.Find(name, out string message);
        if (!_custom.TryGetValue(name, out CustomProvider? provider))
            _custom.Add(name, provider = new CustomProvider(name, service, []));
        if (message.Length > 0)
        {
            string effect = service is null ? " What the rules of this policy match is denied." : "";
            context.Report(DiagnosticCatalogue.ProviderUnknown, policy, "spec.provider", $"The extension provider \"{name}\": {message}.{effect}");
        }
        if (IsDryRun(policy))
            context.Report(DiagnosticCatalogue.Questionable, policy, "metadata.annotations", "CUSTOM policies know no dry run, in Istio as well: this one is enforced.");
        if (hasTcp && service is { IsGrpc: false })
        {
            context.Report(DiagnosticCatalogue.Questionable, policy, "spec.provider",
                $"The extension provider \"{name}\" speaks HTTP and is not asked about TCP connections, in Istio as well: as far as this policy goes, they pass.");
        }
        return provider;
    }

    private static bool IsDryRun(Resource policy) =>
        policy.Metadata.Annotations.TryGetValue("istio.io/dry-run", out string? value) && GoBoolean.TryParse(value, out bool dryRun) && dryRun;

    private Group GroupOf(Resource<AuthorizationPolicySpec> policy)
    {
        bool isDryRun = IsDryRun(policy);
        bool isRoot = policy.Metadata.Namespace == context.Config.Mesh.RootNamespace;
        return policy.Spec.Action switch
        {
            AuthorizationAction.Custom => Group.Custom,
            AuthorizationAction.Audit => Group.Audit,
            AuthorizationAction.Deny => isDryRun ? Group.ShadowDeny : isRoot ? Group.RootDeny : Group.Deny,
            _ => isDryRun ? Group.ShadowAllow : Group.Allow,
        };
    }

    /// <summary>The rules of the CUSTOM policies that name one provider.</summary>
    private sealed record CustomProvider(string Name, ExtAuthzConfig? Service, List<(string Name, CompiledRule? Rule)> Rules);
}
