namespace Gateway.Config.Model;

/// <summary>Istio <c>RequestAuthentication</c>: which tokens are valid. A request without a token passes.</summary>
public sealed record RequestAuthenticationSpec : SpecRecord, ITargetedPolicy
{
    /// <inheritdoc/>
    public PolicySelector? Selector { get; init; }

    /// <inheritdoc/>
    public PolicyTargetReference? TargetRef { get; init; }

    /// <inheritdoc/>
    public EquatableArray<PolicyTargetReference> TargetRefs { get; init; }

    /// <summary><c>jwtRules</c>.</summary>
    public EquatableArray<JwtRule> JwtRules { get; init; }
}

/// <summary>Whether a rule asks for a token. Istio <c>JWTRule.Presence</c>.</summary>
public enum JwtPresence
{
    /// <summary><c>OPTIONAL</c>, the default: a request without a token passes.</summary>
    Optional,

    /// <summary><c>REQUIRED</c>: a request without a token is refused.</summary>
    Required,
}

/// <summary>Istio <c>JWTRule</c>: one issuer.</summary>
public sealed record JwtRule : SpecRecord
{
    /// <summary><c>issuer</c>: what <c>iss</c> must be; empty = any.</summary>
    public string Issuer { get; init; } = "";

    /// <summary><c>audiences</c>, of which <c>aud</c> must have one; empty = any.</summary>
    public EquatableArray<string> Audiences { get; init; }

    /// <summary><c>jwksUri</c>; null = not written.</summary>
    public string? JwksUri { get; init; }

    /// <summary><c>jwks</c>: the key set itself; null = not written.</summary>
    public string? Jwks { get; init; }

    /// <summary><c>fromHeaders</c>.</summary>
    public EquatableArray<JwtHeader> FromHeaders { get; init; }

    /// <summary><c>fromParams</c>: query parameters.</summary>
    public EquatableArray<string> FromParams { get; init; }

    /// <summary><c>fromCookies</c>.</summary>
    public EquatableArray<string> FromCookies { get; init; }

    /// <summary><c>outputPayloadToHeader</c>; null = not written.</summary>
    public string? OutputPayloadToHeader { get; init; }

    /// <summary><c>outputClaimToHeaders</c>.</summary>
    public EquatableArray<ClaimToHeader> OutputClaimToHeaders { get; init; }

    /// <summary><c>forwardOriginalToken</c>; default false.</summary>
    public bool ForwardOriginalToken { get; init; }

    /// <summary><c>presence</c>; default <c>OPTIONAL</c>.</summary>
    public JwtPresence Presence { get; init; }

    /// <summary><c>timeout</c> of fetching keys; null = 5 s.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary><c>spaceDelimitedClaims</c>, beside <c>scope</c> and <c>permission</c>.</summary>
    public EquatableArray<string> SpaceDelimitedClaims { get; init; }
}

/// <summary>Istio <c>JWTHeader</c>.</summary>
public sealed record JwtHeader : SpecRecord
{
    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>prefix</c> before the token; empty = none.</summary>
    public string Prefix { get; init; } = "";
}

/// <summary>Istio <c>ClaimToHeader</c>.</summary>
public sealed record ClaimToHeader : SpecRecord
{
    /// <summary><c>header</c>.</summary>
    public string Header { get; init; } = "";

    /// <summary><c>claim</c>; dots lead into nested claims.</summary>
    public string Claim { get; init; } = "";
}

/// <summary>Mutual TLS inside the mesh. Istio <c>PeerAuthentication.MutualTLS.Mode</c>.</summary>
public enum MutualTlsMode
{
    /// <summary><c>UNSET</c>: as the wider scope says.</summary>
    Unset,

    /// <summary><c>DISABLE</c>.</summary>
    Disable,

    /// <summary><c>PERMISSIVE</c>.</summary>
    Permissive,

    /// <summary><c>STRICT</c>.</summary>
    Strict,
}

/// <summary>Istio <c>PeerAuthentication</c>. A gateway's own servers say in their <c>tls</c> what they ask of clients, so it changes nothing there.</summary>
public sealed record PeerAuthenticationSpec : SpecRecord
{
    /// <summary><c>selector</c>; null = not written.</summary>
    public PolicySelector? Selector { get; init; }

    /// <summary><c>mtls</c>; null = not written.</summary>
    public MutualTls? Mtls { get; init; }

    /// <summary><c>portLevelMtls</c> by port number.</summary>
    public EquatableMap<MutualTls> PortLevelMtls { get; init; }
}

/// <summary>Istio <c>PeerAuthentication.MutualTLS</c>.</summary>
public sealed record MutualTls : SpecRecord
{
    /// <summary><c>mode</c>.</summary>
    public MutualTlsMode Mode { get; init; }
}
