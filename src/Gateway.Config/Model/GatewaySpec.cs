namespace Gateway.Config.Model;

/// <summary>What a gateway listens on: Istio <c>Gateway</c>, <c>spec</c>.</summary>
public sealed record GatewaySpec : SpecRecord
{
    /// <summary><c>selector</c>: labels of the gateway workload, in any namespace; empty = every workload.</summary>
    public EquatableMap<string> Selector { get; init; }

    /// <summary><c>servers</c>: the ports; one at least.</summary>
    public EquatableArray<Server> Servers { get; init; }
}

/// <summary>One port with its hosts. Istio <c>Gateway spec.servers[]</c>.</summary>
public sealed record Server : SpecRecord
{
    /// <summary><c>bind</c>: IP address, or <c>unix:///path</c>, to listen on; null = all addresses.</summary>
    public string? Bind { get; init; }

    /// <summary><c>defaultEndpoint</c>: not used by gateways.</summary>
    public string? DefaultEndpoint { get; init; }

    /// <summary><c>hosts</c>: DNS names or <c>*.suffix</c>, with an optional <c>namespace/</c> (<c>./</c> own, <c>*/</c> any) that says whose VirtualServices may use the host.</summary>
    public EquatableArray<string> Hosts { get; init; }

    /// <summary><c>name</c>: a name for statistics; unique in the Gateway if given.</summary>
    public string? Name { get; init; }

    /// <summary><c>port</c>: where it listens; required.</summary>
    public ServerPort? Port { get; init; }

    /// <summary><c>tls</c>: TLS termination; required for HTTPS and TLS, else only <c>httpsRedirect</c>.</summary>
    public ServerTlsSettings? Tls { get; init; }
}

/// <summary>How a server terminates TLS. Istio <c>Gateway spec.servers[].tls</c>. Certificates come from one of: a Secret, several Secrets, files, several pairs of files.</summary>
public sealed record ServerTlsSettings : SpecRecord
{
    /// <summary><c>caCertCredentialName</c>: name of a Secret with the authorities for client certificates, apart from <c>credentialName</c>.</summary>
    public string? CaCertCredentialName { get; init; }

    /// <summary><c>caCertificates</c>: file with the authorities for client certificates, PEM; MUTUAL without Secrets.</summary>
    public string? CaCertificates { get; init; }

    /// <summary><c>caCrl</c>: file with revoked client certificates, PEM.</summary>
    public string? CaCrl { get; init; }

    /// <summary><c>cipherSuites</c>: OpenSSL names for TLS 1.2 and below; empty = the default list.</summary>
    public EquatableArray<string> CipherSuites { get; init; }

    /// <summary><c>credentialName</c>: Secret in the namespace of the gateway workload with certificate and key (and <c>ca.crt</c>); also <c>kubernetes://name</c>.</summary>
    public string? CredentialName { get; init; }

    /// <summary><c>credentialNames</c>: as <c>credentialName</c>, for up to two certificates of different key types.</summary>
    public EquatableArray<string> CredentialNames { get; init; }

    /// <summary><c>ecdhCurves</c>: OpenSSL names of the key exchange groups; empty = the default list.</summary>
    public EquatableArray<string> EcdhCurves { get; init; }

    /// <summary><c>httpsRedirect</c>: answer every plain-text request for the hosts with 301 to https; default false.</summary>
    public bool? HttpsRedirect { get; init; }

    /// <summary><c>insecureSkipVerify</c>: ask for client certificates without verifying them; default false.</summary>
    public bool? InsecureSkipVerify { get; init; }

    /// <summary><c>maxProtocolVersion</c>: highest TLS version; null = 1.3.</summary>
    public TlsProtocol? MaxProtocolVersion { get; init; }

    /// <summary><c>minProtocolVersion</c>: lowest TLS version; null = that of the mesh, else 1.2.</summary>
    public TlsProtocol? MinProtocolVersion { get; init; }

    /// <summary><c>mode</c>: what is done with TLS; left out = PASSTHROUGH.</summary>
    public ServerTlsMode? Mode { get; init; }

    /// <summary><c>privateKey</c>: file with the key, PEM.</summary>
    public string? PrivateKey { get; init; }

    /// <summary><c>serverCertificate</c>: file with the certificate chain, PEM.</summary>
    public string? ServerCertificate { get; init; }

    /// <summary><c>subjectAltNames</c>: names of which a client certificate must carry one, exactly; empty = any.</summary>
    public EquatableArray<string> SubjectAltNames { get; init; }

    /// <summary><c>tlsCertificates</c>: pairs of files, up to two of different key types.</summary>
    public EquatableArray<ServerTlsCertificate> TlsCertificates { get; init; }

    /// <summary><c>verifyCertificateHash</c>: SHA-256 hashes (hex) of which a client certificate must have one.</summary>
    public EquatableArray<string> VerifyCertificateHash { get; init; }

    /// <summary><c>verifyCertificateSpki</c>: base64 SHA-256 hashes of public keys of which a client certificate must have one.</summary>
    public EquatableArray<string> VerifyCertificateSpki { get; init; }
}

/// <summary>One pair of files. Istio <c>Gateway spec.servers[].tls.tlsCertificates[]</c>.</summary>
public sealed record ServerTlsCertificate : SpecRecord
{
    /// <summary><c>caCertificates</c>: file with the authorities for client certificates, PEM.</summary>
    public string? CaCertificates { get; init; }

    /// <summary><c>privateKey</c>: file with the key, PEM.</summary>
    public string? PrivateKey { get; init; }

    /// <summary><c>serverCertificate</c>: file with the certificate chain, PEM.</summary>
    public string? ServerCertificate { get; init; }
}

/// <summary>Istio <c>Gateway spec.servers[].port</c>.</summary>
public sealed record ServerPort : SpecRecord
{
    /// <summary><c>name</c>: unique in the Gateway; required.</summary>
    public string? Name { get; init; }

    /// <summary><c>number</c>: 1 to 65535, translated by a Service in front of the workload; required.</summary>
    public int? Number { get; init; }

    /// <summary><c>protocol</c>: HTTP, HTTP2, GRPC, HTTPS, TLS, TCP and others, in any case; required.</summary>
    public string? Protocol { get; init; }

    /// <summary><c>targetPort</c>: deprecated, not used by gateways.</summary>
    public int? TargetPort { get; init; }
}
