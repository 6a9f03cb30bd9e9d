namespace Gateway.Config.Model;

/// <summary>Istio <c>Gateway spec</c>.</summary>
public sealed record GatewaySpec : SpecRecord
{
    /// <summary><c>selector</c>.</summary>
    public EquatableMap<string> Selector { get; init; }

    /// <summary><c>servers</c>.</summary>
    public EquatableArray<Server> Servers { get; init; }
}

/// <summary>Istio <c>Gateway spec.servers</c>.</summary>
public sealed record Server : SpecRecord
{
    /// <summary><c>bind</c>.</summary>
    public string? Bind { get; init; }

    /// <summary><c>defaultEndpoint</c>.</summary>
    public string? DefaultEndpoint { get; init; }

    /// <summary><c>hosts</c>.</summary>
    public EquatableArray<string> Hosts { get; init; }

    /// <summary><c>name</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>port</c>.</summary>
    public ServerPort? Port { get; init; }

    /// <summary><c>tls</c>.</summary>
    public ServerTlsSettings? Tls { get; init; }
}

/// <summary>Istio <c>Gateway spec.servers.tls</c>.</summary>
public sealed record ServerTlsSettings : SpecRecord
{
    /// <summary><c>caCertCredentialName</c>.</summary>
    public string? CaCertCredentialName { get; init; }

    /// <summary><c>caCertificates</c>.</summary>
    public string? CaCertificates { get; init; }

    /// <summary><c>caCrl</c>.</summary>
    public string? CaCrl { get; init; }

    /// <summary><c>cipherSuites</c>.</summary>
    public EquatableArray<string> CipherSuites { get; init; }

    /// <summary><c>credentialName</c>.</summary>
    public string? CredentialName { get; init; }

    /// <summary><c>credentialNames</c>.</summary>
    public EquatableArray<string> CredentialNames { get; init; }

    /// <summary><c>ecdhCurves</c>.</summary>
    public EquatableArray<string> EcdhCurves { get; init; }

    /// <summary><c>httpsRedirect</c>.</summary>
    public bool? HttpsRedirect { get; init; }

    /// <summary><c>insecureSkipVerify</c>.</summary>
    public bool? InsecureSkipVerify { get; init; }

    /// <summary><c>maxProtocolVersion</c>.</summary>
    public TlsProtocol? MaxProtocolVersion { get; init; }

    /// <summary><c>minProtocolVersion</c>.</summary>
    public TlsProtocol? MinProtocolVersion { get; init; }

    /// <summary><c>mode</c>.</summary>
    public ServerTlsMode? Mode { get; init; }

    /// <summary><c>privateKey</c>.</summary>
    public string? PrivateKey { get; init; }

    /// <summary><c>serverCertificate</c>.</summary>
    public string? ServerCertificate { get; init; }

    /// <summary><c>subjectAltNames</c>.</summary>
    public EquatableArray<string> SubjectAltNames { get; init; }

    /// <summary><c>tlsCertificates</c>.</summary>
    public EquatableArray<ServerTlsCertificate> TlsCertificates { get; init; }

    /// <summary><c>verifyCertificateHash</c>.</summary>
    public EquatableArray<string> VerifyCertificateHash { get; init; }

    /// <summary><c>verifyCertificateSpki</c>.</summary>
    public EquatableArray<string> VerifyCertificateSpki { get; init; }
}

/// <summary>Istio <c>Gateway spec.servers.tls.tlsCertificates</c>.</summary>
public sealed record ServerTlsCertificate : SpecRecord
{
    /// <summary><c>caCertificates</c>.</summary>
    public string? CaCertificates { get; init; }

    /// <summary><c>privateKey</c>.</summary>
    public string? PrivateKey { get; init; }

    /// <summary><c>serverCertificate</c>.</summary>
    public string? ServerCertificate { get; init; }
}

/// <summary>Istio <c>Gateway spec.servers.port</c>.</summary>
public sealed record ServerPort : SpecRecord
{
    /// <summary><c>name</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>number</c>.</summary>
    public int? Number { get; init; }

    /// <summary><c>protocol</c>.</summary>
    public string? Protocol { get; init; }

    /// <summary><c>targetPort</c>.</summary>
    public int? TargetPort { get; init; }
}
