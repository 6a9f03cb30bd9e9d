using Gateway.Config;

namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>Where a key set comes from. Compares by content; what is fetched is kept while this is equal.</summary>
internal sealed record JwksLocation
{
    /// <summary>The key set itself; null = it is fetched.</summary>
    public string? Inline { get; init; }

    /// <summary>Where the key set is; null = <see cref="Issuer"/> tells.</summary>
    public string? Uri { get; init; }

    /// <summary>The issuer whose discovery document names the place.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>Time for one fetch.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The addresses of the URI's host as the mesh knows it (<c>address:port</c>); empty = DNS is asked.</summary>
    public EquatableArray<string> Endpoints { get; init; }

    /// <summary>For people, without secrets.</summary>
    public override string ToString() => Inline is not null ? "inline" : Uri ?? $"discovery of {Issuer}";
}

/// <summary>A header that may carry the token.</summary>
/// <param name="Name">Lower case.</param>
/// <param name="Prefix">What stands before the token; empty = nothing.</param>
internal sealed record JwtHeaderLocation(string Name, string Prefix);

/// <summary>A header made from a claim.</summary>
/// <param name="Header">Lower case.</param>
/// <param name="Claim">The claim; dots lead into nested ones.</param>
internal sealed record JwtClaimHeader(string Header, string Claim);

/// <summary>One rule of a RequestAuthentication, compiled.</summary>
internal sealed record JwtRuleConfig
{
    /// <summary><c>RequestAuthentication namespace/name</c>.</summary>
    public required string Policy { get; init; }

    /// <summary>What <c>iss</c> must be; empty = any.</summary>
    public required string Issuer { get; init; }

    /// <summary>One of which <c>aud</c> must have; empty = any.</summary>
    public EquatableArray<string> Audiences { get; init; }

    /// <summary>The keys.</summary>
    public required JwksLocation Keys { get; init; }

    /// <summary>Headers to look into, in Envoy's order.</summary>
    public EquatableArray<JwtHeaderLocation> Headers { get; init; }

    /// <summary>Query parameters to look into, in order.</summary>
    public EquatableArray<string> Parameters { get; init; }

    /// <summary>Cookies to look into, in order.</summary>
    public EquatableArray<string> Cookies { get; init; }

    /// <summary>Whether a request without a token is refused.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether the token goes upstream.</summary>
    public bool ForwardsToken { get; init; }

    /// <summary>Header that takes the payload, lower case; null = none.</summary>
    public string? PayloadHeader { get; init; }

    /// <summary>Headers made from claims.</summary>
    public EquatableArray<JwtClaimHeader> ClaimHeaders { get; init; }

    /// <summary>Claims that are lists written as one text.</summary>
    public EquatableArray<string> SpaceDelimitedClaims { get; init; }
}
