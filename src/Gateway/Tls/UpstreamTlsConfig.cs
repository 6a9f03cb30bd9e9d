using Gateway.Config;

namespace Gateway.Tls;

/// <summary>TLS towards a cluster's endpoints, by reference to certificates. Compares by content.</summary>
internal sealed record UpstreamTlsConfig
{
    /// <summary>Our own certificate; null = none is shown.</summary>
    public CertificateReference? ClientCertificate { get; init; }

    /// <summary>The authorities for server certificates; null = those of the system.</summary>
    public CertificateReference? Authorities { get; init; }

    /// <summary>Server name of all handshakes; empty = the host of the request as it is sent.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>Names of which the server's certificate must have one; empty = it need not have any of them.</summary>
    public EquatableArray<string> SubjectAltNames { get; init; }

    /// <summary>Where handshakes name the host (<see cref="IsPerHost"/>), the server's certificate must have that name too: so where nothing is said.</summary>
    public bool ChecksHost { get; init; } = true;

    /// <summary>Cipher suites to offer, by OpenSSL's names; empty = the platform's own.</summary>
    public EquatableArray<string> CipherSuites { get; init; }

    /// <summary>Takes any certificate.</summary>
    public bool SkipsVerification { get; init; }

    /// <summary>Any server of the authorities' is taken for the right one, as the rule has it; false = a name is compared, or nothing at all.</summary>
    public bool ChecksNoName => !SkipsVerification && !(IsPerHost && ChecksHost) && SubjectAltNames.IsEmpty;

    /// <summary>Why no connection can be made at all; null = it can be tried. What asks for TLS is never reached without.</summary>
    public string? Unavailable { get; init; }

    /// <summary>
    /// Whether a connection serves only requests for the host it was made for: its handshake named that host, and the
    /// server's certificate was checked against it.
    /// </summary>
    public bool IsPerHost => ServerName.Length == 0;
}
