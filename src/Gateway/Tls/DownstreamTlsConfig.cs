using System.Security.Authentication;
using Gateway.Config;

namespace Gateway.Tls;

/// <summary>Whether a client certificate is asked for.</summary>
internal enum ClientCertificateMode
{
    /// <summary>Not asked for (SIMPLE).</summary>
    None,

    /// <summary>Required and validated (MUTUAL, ISTIO_MUTUAL).</summary>
    Required,

    /// <summary>Asked for, and validated if one is shown (OPTIONAL_MUTUAL).</summary>
    Optional,
}

/// <summary>TLS termination of one filter chain, by reference to certificates: their bytes live in the certificate store. Compares by content.</summary>
internal sealed record DownstreamTlsConfig
{
    /// <summary>Certificates, at most one per key type.</summary>
    public required EquatableArray<CertificateReference> Certificates { get; init; }

    /// <summary>Whether and how clients are asked for theirs.</summary>
    public ClientCertificateMode ClientCertificate { get; init; }

    /// <summary>Where the authorities for client certificates come from; null unless asked for.</summary>
    public CertificateReference? ClientAuthorities { get; init; }

    /// <summary>Names of which a client certificate must have one; empty = any.</summary>
    public EquatableArray<string> SubjectAltNames { get; init; }

    /// <summary>Whether client certificates are taken whoever issued them (<c>insecureSkipVerify</c>); names and hashes are still looked at.</summary>
    public bool AcceptsUntrusted { get; init; }

    /// <summary>SHA-256 hashes in hexadecimal, with or without colons, of which a client certificate must have one; empty = any.</summary>
    public EquatableArray<string> VerifyHashes { get; init; }

    /// <summary>Base64 of SHA-256 hashes of public keys of which a client certificate must have one; empty = any.</summary>
    public EquatableArray<string> VerifySpki { get; init; }

    /// <summary>Trust domains to one of which the client's SPIFFE identity must belong (ISTIO_MUTUAL); empty = it needs none.</summary>
    public EquatableArray<string> TrustDomains { get; init; }

    /// <summary>Cipher suites of TLS 1.2 and before, by OpenSSL's names, the preferred first; empty = the default list.</summary>
    public EquatableArray<string> CipherSuites { get; init; }

    /// <summary>Groups of the key exchange by OpenSSL's names, the preferred first; empty = the TLS stack's own list.</summary>
    public EquatableArray<string> Groups { get; init; }

    /// <summary>Whether HTTP/2 and HTTP/1.1 are offered to clients that negotiate a protocol; otherwise none is: what TCP carries is not known.</summary>
    public bool OffersHttp { get; init; } = true;

    /// <summary>Allowed versions; TLS 1.2 and 1.3 by default.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;
}

/// <summary>
/// Names a certificate: either a Secret (<paramref name="SecretName"/> in <paramref name="SecretNamespace"/>) or files.
/// </summary>
internal sealed record CertificateReference(
    string? SecretNamespace,
    string? SecretName,
    string? CertificateFile,
    string? KeyFile,
    string? CaFile,
    string? CrlFile = null)
{
    /// <summary>Stands in front of the namespace of a ConfigMap, which holds authorities only.</summary>
    public const string ConfigMapScheme = "configmap://";

    /// <summary>Whether it is a ConfigMap and no Secret.</summary>
    public bool IsConfigMap => SecretNamespace?.StartsWith(ConfigMapScheme, StringComparison.Ordinal) == true;

    /// <summary>Why it may not be read whatever is there; null = it may.</summary>
    public string? Forbidden { get; init; }
}
