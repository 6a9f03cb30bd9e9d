using System.Collections.Immutable;
using Gateway.Config;
using Gateway.Http.Filters.JwtAuthn;
using Gateway.Http.Filters.Rbac;

namespace Gateway.Snapshot;

/// <summary>What the policies for this gateway say: its tokens and its rules.</summary>
internal sealed class SecurityConfig
{
    /// <summary>No policies.</summary>
    public static SecurityConfig None { get; } = new();

    /// <summary>The rules of RequestAuthentications, by issuer; empty = no token is looked at.</summary>
    public EquatableArray<JwtRuleConfig> Jwt { get; init; }

    /// <summary>The rules of AuthorizationPolicies; null = there are no policies.</summary>
    public RbacConfig? Rbac { get; init; }

    /// <summary>The policies in force, <c>Kind namespace/name</c>, for people.</summary>
    public ImmutableArray<string> Policies { get; init; } = [];
}
