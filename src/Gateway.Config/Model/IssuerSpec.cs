namespace Gateway.Config.Model;

/// <summary>cert-manager's <c>Issuer</c> and <c>ClusterIssuer</c>: who signs certificates. Only issuers that speak ACME are used.</summary>
public sealed record IssuerSpec : SpecRecord
{
    /// <summary><c>acme</c>; null = another kind of issuer, which this gateway cannot ask.</summary>
    public AcmeIssuer? Acme { get; init; }
}

/// <summary><c>spec.acme</c>: a certificate authority that speaks ACME, and who we are to it.</summary>
public sealed record AcmeIssuer : SpecRecord
{
    /// <summary><c>server</c>: the https URL of the directory.</summary>
    public string Server { get; init; } = "";

    /// <summary><c>email</c>: whom the authority may write to; empty = nobody.</summary>
    public string Email { get; init; } = "";

    /// <summary><c>privateKeySecretRef</c>: the name of the account's key.</summary>
    public SecretKeyReference? PrivateKey { get; init; }

    /// <summary><c>externalAccountBinding</c>; null = the authority asks for none.</summary>
    public ExternalAccountBinding? ExternalAccount { get; init; }

    /// <summary><c>caBundle</c>: base64 of PEM certificates that the server's own certificate must lead to; empty = those of the system.</summary>
    public string CaBundle { get; init; } = "";

    /// <summary><c>preferredChain</c>: the common name of an issuer in the chain wanted, where several are offered; empty = the first.</summary>
    public string PreferredChain { get; init; } = "";

    /// <summary><c>solvers</c>: how control over names is proven.</summary>
    public EquatableArray<AcmeSolver> Solvers { get; init; }
}

/// <summary><c>spec.acme.solvers[]</c>.</summary>
public sealed record AcmeSolver : SpecRecord
{
    /// <summary>Whether <c>http01</c> is written.</summary>
    public bool IsHttp01 { get; init; }

    /// <summary>Whether <c>dns01</c> is written, which this gateway cannot do.</summary>
    public bool IsDns01 { get; init; }
}

/// <summary>A name bound to an account that the authority knows from elsewhere (RFC 8555, section 7.3.4).</summary>
public sealed record ExternalAccountBinding : SpecRecord
{
    /// <summary><c>keyID</c>.</summary>
    public string KeyId { get; init; } = "";

    /// <summary><c>keySecretRef</c>: where the shared key is, base64url as the authority gave it.</summary>
    public SecretKeyReference? Key { get; init; }
}

/// <summary>One value of a Secret.</summary>
public sealed record SecretKeyReference : SpecRecord
{
    /// <summary><c>name</c> of the Secret.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>key</c> inside it; empty = the usual one.</summary>
    public string Key { get; init; } = "";
}
