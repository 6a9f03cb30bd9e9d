using Gateway.Config;
using Gateway.Routing;

namespace Gateway.Snapshot;

/// <summary>How control over a name is proven.</summary>
internal enum AcmeChallengeKind
{
    /// <summary>A file that the authority fetches over HTTP from port 80 (RFC 8555, section 8.3).</summary>
    Http01,

    /// <summary>A certificate that the authority is shown on port 443 (RFC 8737).</summary>
    TlsAlpn01,
}

/// <summary>A certificate to be ordered and kept fresh. Compares by content.</summary>
internal sealed record AcmeCertificateConfig
{
    /// <summary>Namespace of the Secret that it stands for.</summary>
    public required string SecretNamespace { get; init; }

    /// <summary>Name of the Secret that it stands for.</summary>
    public required string SecretName { get; init; }

    /// <summary>The names it shall have, lower-case and sorted.</summary>
    public required EquatableArray<string> Hosts { get; init; }

    /// <summary>Who signs it.</summary>
    public required AcmeIssuerConfig Issuer { get; init; }

    /// <summary>How control over the names is proven where the authority leaves the choice.</summary>
    public AcmeChallengeKind Challenge { get; init; }

    /// <summary><c>namespace/name</c> of the Secret.</summary>
    public string Key => $"{SecretNamespace}/{SecretName}";
}

/// <summary>An authority that speaks ACME, and who we are to it. Compares by content.</summary>
internal sealed record AcmeIssuerConfig
{
    /// <summary><c>Issuer namespace/name</c> or <c>ClusterIssuer name</c>, for people.</summary>
    public required string Name { get; init; }

    /// <summary>The directory.</summary>
    public required Uri Directory { get; init; }

    /// <summary>The directory at which an order is rehearsed after a failure; null = it is not.</summary>
    public Uri? Staging { get; init; }

    /// <summary>Whom the authority may write to; empty = nobody.</summary>
    public string Email { get; init; } = "";

    /// <summary>Tells accounts with one directory apart.</summary>
    public required string AccountName { get; init; }

    /// <summary>The account elsewhere that ours is bound to; null = none.</summary>
    public AcmeExternalAccount? ExternalAccount { get; init; }

    /// <summary>PEM certificates that the authority's own must lead to; empty = those of the system.</summary>
    public string CaBundle { get; init; } = "";

    /// <summary>Common name of an issuer in the chain wanted; empty = the first chain offered.</summary>
    public string PreferredChain { get; init; } = "";
}

/// <summary>An account with the authority that exists already. It has no textual form: it holds a secret.</summary>
/// <param name="KeyId">Its name.</param>
/// <param name="Key">The key shared with the authority.</param>
internal sealed record AcmeExternalAccount(string KeyId, EquatableArray<byte> Key)
{
    /// <inheritdoc/>
    public override string ToString() => "External account (hidden)";
}

/// <summary>A certificate and where it is asked for.</summary>
internal sealed record AcmeRequest(AcmeCertificateConfig Certificate, ConfigOrigin Origin);
