namespace Gateway.Config.Model;

/// <summary>What an AuthorizationPolicy does with what its rules match. Istio <c>AuthorizationPolicy.Action</c>.</summary>
public enum AuthorizationAction
{
    /// <summary><c>ALLOW</c>, the default: as soon as one such policy applies, only what one of them matches passes.</summary>
    Allow,

    /// <summary><c>DENY</c>: what it matches does not pass.</summary>
    Deny,

    /// <summary><c>AUDIT</c>: what it matches is marked.</summary>
    Audit,

    /// <summary><c>CUSTOM</c>: an extension provider decides about what it matches.</summary>
    Custom,
}

/// <summary>Istio <c>AuthorizationPolicy</c>.</summary>
public sealed record AuthorizationPolicySpec : SpecRecord, ITargetedPolicy
{
    /// <inheritdoc/>
    public PolicySelector? Selector { get; init; }

    /// <inheritdoc/>
    public PolicyTargetReference? TargetRef { get; init; }

    /// <inheritdoc/>
    public EquatableArray<PolicyTargetReference> TargetRefs { get; init; }

    /// <summary><c>action</c>; default <c>ALLOW</c>.</summary>
    public AuthorizationAction Action { get; init; }

    /// <summary><c>provider</c>, for <c>CUSTOM</c>; null = not written.</summary>
    public AuthorizationProvider? Provider { get; init; }

    /// <summary><c>rules</c>; empty = nothing is ever matched.</summary>
    public EquatableArray<AuthorizationRule> Rules { get; init; }
}

/// <summary>Istio <c>AuthorizationPolicy.ExtensionProvider</c>.</summary>
public sealed record AuthorizationProvider : SpecRecord
{
    /// <summary><c>name</c>: one of MeshConfig's <c>extensionProviders</c>.</summary>
    public string Name { get; init; } = "";
}

/// <summary>Istio <c>Rule</c>: matches if one of <see cref="From"/>, one of <see cref="To"/> and all of <see cref="When"/> do.</summary>
public sealed record AuthorizationRule : SpecRecord
{
    /// <summary><c>from</c>; empty = any source.</summary>
    public EquatableArray<RuleFrom> From { get; init; }

    /// <summary><c>to</c>; empty = any operation.</summary>
    public EquatableArray<RuleTo> To { get; init; }

    /// <summary><c>when</c>; empty = no further condition.</summary>
    public EquatableArray<RuleCondition> When { get; init; }
}

/// <summary>Istio <c>Rule.From</c>.</summary>
public sealed record RuleFrom : SpecRecord
{
    /// <summary><c>source</c>; null = not written, which is an error.</summary>
    public RuleSource? Source { get; init; }
}

/// <summary>Istio <c>Rule.To</c>.</summary>
public sealed record RuleTo : SpecRecord
{
    /// <summary><c>operation</c>; null = not written, which is an error.</summary>
    public RuleOperation? Operation { get; init; }
}

/// <summary>Istio <c>Source</c>: all fields that are written must hold; of a field's values one is enough.</summary>
public sealed record RuleSource : SpecRecord
{
    /// <summary><c>principals</c>: SPIFFE identities without the scheme.</summary>
    public EquatableArray<string> Principals { get; init; }

    /// <summary><c>notPrincipals</c>.</summary>
    public EquatableArray<string> NotPrincipals { get; init; }

    /// <summary><c>requestPrincipals</c>: <c>issuer/subject</c> of a valid token.</summary>
    public EquatableArray<string> RequestPrincipals { get; init; }

    /// <summary><c>notRequestPrincipals</c>.</summary>
    public EquatableArray<string> NotRequestPrincipals { get; init; }

    /// <summary><c>namespaces</c> of the peer's identity.</summary>
    public EquatableArray<string> Namespaces { get; init; }

    /// <summary><c>notNamespaces</c>.</summary>
    public EquatableArray<string> NotNamespaces { get; init; }

    /// <summary><c>serviceAccounts</c>: <c>name</c> (in the policy's namespace) or <c>namespace/name</c>.</summary>
    public EquatableArray<string> ServiceAccounts { get; init; }

    /// <summary><c>notServiceAccounts</c>.</summary>
    public EquatableArray<string> NotServiceAccounts { get; init; }

    /// <summary><c>trustDomains</c> of the peer's identity.</summary>
    public EquatableArray<string> TrustDomains { get; init; }

    /// <summary><c>notTrustDomains</c>.</summary>
    public EquatableArray<string> NotTrustDomains { get; init; }

    /// <summary><c>ipBlocks</c> of the direct peer: addresses or ranges.</summary>
    public EquatableArray<string> IpBlocks { get; init; }

    /// <summary><c>notIpBlocks</c>.</summary>
    public EquatableArray<string> NotIpBlocks { get; init; }

    /// <summary><c>remoteIpBlocks</c> of the client, behind trusted proxies.</summary>
    public EquatableArray<string> RemoteIpBlocks { get; init; }

    /// <summary><c>notRemoteIpBlocks</c>.</summary>
    public EquatableArray<string> NotRemoteIpBlocks { get; init; }
}

/// <summary>Istio <c>Operation</c>: all fields that are written must hold; of a field's values one is enough.</summary>
public sealed record RuleOperation : SpecRecord
{
    /// <summary><c>hosts</c>: the authority with its port, in any case.</summary>
    public EquatableArray<string> Hosts { get; init; }

    /// <summary><c>notHosts</c>.</summary>
    public EquatableArray<string> NotHosts { get; init; }

    /// <summary><c>ports</c> of the listener.</summary>
    public EquatableArray<string> Ports { get; init; }

    /// <summary><c>notPorts</c>.</summary>
    public EquatableArray<string> NotPorts { get; init; }

    /// <summary><c>methods</c>.</summary>
    public EquatableArray<string> Methods { get; init; }

    /// <summary><c>notMethods</c>.</summary>
    public EquatableArray<string> NotMethods { get; init; }

    /// <summary><c>paths</c> without query: exact, <c>prefix*</c>, <c>*suffix</c>, <c>*</c>, or templates with <c>{*}</c> and <c>{**}</c>.</summary>
    public EquatableArray<string> Paths { get; init; }

    /// <summary><c>notPaths</c>.</summary>
    public EquatableArray<string> NotPaths { get; init; }
}

/// <summary>Istio <c>Condition</c>: one of <see cref="Values"/>, if there are any, and none of <see cref="NotValues"/>.</summary>
public sealed record RuleCondition : SpecRecord
{
    /// <summary><c>key</c>: an attribute such as <c>request.headers[x-name]</c>.</summary>
    public string Key { get; init; } = "";

    /// <summary><c>values</c>.</summary>
    public EquatableArray<string> Values { get; init; }

    /// <summary><c>notValues</c>.</summary>
    public EquatableArray<string> NotValues { get; init; }
}
