using System.Collections.Immutable;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Resolution;
using Gateway.Http.Filters.JwtAuthn;
using Gateway.Http.Filters.Rbac;

namespace Gateway.Snapshot.Compilation.Security;

/// <summary>
/// Chooses the policies for this gateway and compiles them. What cannot be read, or not be compiled, denies what it may
/// be for.
/// </summary>
internal sealed class SecurityCompiler(CompilationContext context)
{
    private readonly PolicyScope _scope = new(context.Identity.Namespace, context.Identity.Labels, context.Config.Mesh.RootNamespace);
    private readonly List<RbacRule> _lockouts = [];
    private readonly ImmutableArray<string>.Builder _policies = ImmutableArray.CreateBuilder<string>();

    /// <summary>Compiles everything.</summary>
    /// <param name="hasTcp">Whether connections without HTTP that can be seen are served.</param>
    public SecurityConfig Compile(bool hasTcp)
    {
        LockOutUnread();
        var jwt = new List<JwtRuleConfig>();
        var rules = new JwtRuleCompiler(context);
        foreach (Resource<RequestAuthenticationSpec> policy in InOrder(context.Config.RequestAuthentications, rootFirst: false))
        {
            _policies.Add(policy.Id.ToString());
            if (Guard.Run(context, policy, () => rules.Compile(policy)) is { } compiled)
                jwt.AddRange(compiled);
            else
                LockOut(policy, "the policy could not be compiled");
        }
        RbacConfig? rbac = CompileRbac(hasTcp);
        return new SecurityConfig
        {
            // Istio sorts the rules by their issuers.
            Jwt = [.. jwt.OrderBy(rule => rule.Issuer, StringComparer.Ordinal)],
            Rbac = rbac,
            Policies = _policies.ToImmutable(),
        };
    }

    private RbacConfig? CompileRbac(bool hasTcp)
    {
        var policies = new PolicyRules(context, hasTcp);
        foreach (Resource<AuthorizationPolicySpec> policy in InOrder(context.Config.AuthorizationPolicies, rootFirst: true))
        {
            _policies.Add(policy.Id.ToString());
            if (Guard.Run(context, policy, () => policies.Add(policy) ? this : null) is null)
                LockOut(policy, "the policy could not be compiled");
        }
        return policies.IsEmpty && _lockouts.Count == 0 ? null : new RbacConfig(policies.Build(_lockouts, forTcp: false), policies.Build(_lockouts, forTcp: true));
    }

    private IEnumerable<Resource<T>> InOrder<T>(ImmutableArray<Resource<T>> policies, bool rootFirst)
        where T : SpecRecord, ITargetedPolicy =>
        policies.Where(policy => _scope.Covers(policy.Metadata.Namespace, policy.Spec))
            .OrderBy(policy => policy.Metadata.Namespace == _scope.RootNamespace == rootFirst ? 0 : 1);

    /// <summary>Policies with errors for which no good version stands.</summary>
    private void LockOutUnread()
    {
        foreach (Resource<AuthorizationPolicySpec> policy in context.Config.RefusedAuthorizationPolicies)
        {
            if (MayCover(policy, policy.Spec))
                LockOut(policy, "the policy has errors");
        }
        foreach (Resource<RequestAuthenticationSpec> policy in context.Config.RefusedRequestAuthentications)
        {
            if (MayCover(policy, policy.Spec))
                LockOut(policy, "the policy has errors");
        }
        foreach (SourceLocation place in context.Config.UnreadablePolicies)
        {
            _lockouts.Add(Everything($"ns[]-policy[{place}]-unreadable"));
            context.Report(DiagnosticCatalogue.PolicyLocksOut, place, "A security policy cannot be read, and nobody knows what it is for: every request is denied until it can.");
        }
    }

    /// <summary>Whether the policy is for this gateway, or what it is for cannot be read.</summary>
    private bool MayCover(Resource resource, ITargetedPolicy policy)
    {
        if (resource.Metadata.Namespace != _scope.Namespace && resource.Metadata.Namespace != _scope.RootNamespace)
            return false;
        Config.Parsing.ConfigNode? spec = resource.Document["spec"];
        bool isReadable = spec is null || (IsEmptyOr(spec["selector"], policy.Selector is { MatchLabels.IsEmpty: false })
            && spec["targetRef"] is null && spec["targetRefs"] is null);
        return !isReadable || _scope.Covers(resource.Metadata.Namespace, policy);
    }

    private static bool IsEmptyOr(Config.Parsing.ConfigNode? node, bool isRead) => node is null || isRead;

    private void LockOut(Resource policy, string reason)
    {
        _lockouts.Add(Everything($"ns[{policy.Metadata.Namespace}]-policy[{policy.Metadata.Name}]-unreadable"));
        context.Report(DiagnosticCatalogue.PolicyLocksOut, policy, "spec", $"Every request is denied, as {reason} and no good version of it is known.");
    }

    private static RbacRule Everything(string name) => new(name, [[]], [[]]);
}
