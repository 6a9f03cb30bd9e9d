using Gateway.Http.Filters.ExtAuthz;

namespace Gateway.Http.Filters.Rbac;

/// <summary>The rules of all policies for the gateway, by action. An engine that is null has no policies.</summary>
internal sealed class RbacRules
{
    /// <summary>CUSTOM, by the names of the providers.</summary>
    public IReadOnlyList<CustomRules> Custom { get; init; } = [];

    /// <summary>AUDIT.</summary>
    public RbacEngine? Audit { get; init; }

    /// <summary>DENY in the order of asking: the root namespace's, then the gateway's own.</summary>
    public IReadOnlyList<RbacEngine> Deny { get; init; } = [];

    /// <summary>ALLOW: if there is one, one of its rules must match.</summary>
    public RbacEngine? Allow { get; init; }

    /// <summary>DENY policies with <c>istio.io/dry-run</c>.</summary>
    public RbacEngine? ShadowDeny { get; init; }

    /// <summary>ALLOW policies with <c>istio.io/dry-run</c>.</summary>
    public RbacEngine? ShadowAllow { get; init; }

    /// <summary>Whether something is asked after the route was chosen.</summary>
    public bool HasAuthorization => Audit is not null || Deny.Count > 0 || Allow is not null || ShadowDeny is not null || ShadowAllow is not null;

    /// <summary>The verdict of DENY and ALLOW: null = it passes, else the rule that denies, or <c>none</c> if no ALLOW rule matches.</summary>
    public string? Denied(RbacInput input)
    {
        foreach (RbacEngine engine in Deny)
        {
            if (engine.Find(input) is { } rule)
                return rule.Name;
        }
        return Allow is not null && Allow.Find(input) is null ? NoRule : null;
    }

    /// <summary>The verdict of policies under dry run, likewise.</summary>
    public string? ShadowDenial(RbacInput input) =>
        ShadowDeny?.Find(input)?.Name ?? (ShadowAllow is not null && ShadowAllow.Find(input) is null ? NoRule : null);

    /// <summary>Envoy's name where no rule has matched.</summary>
    public const string NoRule = "none";
}

/// <summary>What of AuthorizationPolicies is enforced on HTTP, and what on TCP, where nothing of HTTP is known.</summary>
/// <param name="Http">For requests.</param>
/// <param name="Tcp">For connections.</param>
internal sealed record RbacConfig(RbacRules Http, RbacRules Tcp);
