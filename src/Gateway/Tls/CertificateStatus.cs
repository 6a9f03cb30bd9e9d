using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>What may be shown of a certificate: for <c>/certs</c> and the expiry metrics. No private parts.</summary>
/// <param name="Name"><c>kubernetes://namespace/name</c> or the certificate's file.</param>
/// <param name="Subject">Its subject; null = nothing usable is there.</param>
/// <param name="Issuer">Its issuer.</param>
/// <param name="SerialNumber">Hexadecimal.</param>
/// <param name="NotBefore">Valid from.</param>
/// <param name="NotAfter">Valid to.</param>
/// <param name="SubjectAltNames">Its names.</param>
/// <param name="Error">Why the newest version is not used; null = it is.</param>
internal sealed record CertificateStatus(
    string Name,
    string? Subject,
    string? Issuer,
    string? SerialNumber,
    DateTimeOffset? NotBefore,
    DateTimeOffset? NotAfter,
    IReadOnlyList<string> SubjectAltNames,
    string? Error)
{
    /// <summary>What is to be said of a certificate.</summary>
    public static CertificateStatus Of(string name, X509Certificate2? certificate, string? error) => new(
        name,
        certificate?.Subject,
        certificate?.Issuer,
        certificate?.SerialNumber,
        certificate?.NotBefore,
        certificate?.NotAfter,
        certificate is null ? [] : [.. SubjectAltName.ReadAll(certificate).Select(san => san.Value)],
        error);

    /// <summary>How its orders go; null = it is not ordered by the gateway itself.</summary>
    public OrderStatus? Order { get; init; }

    /// <summary>What clients are shown of its revocation; null = the TLS stack sees to that by itself, or nobody does.</summary>
    public StapleSlot? Staple { get; init; }
}
