using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Acme;

/// <summary>When a certificate is replaced. The same for all replicas: what is left to chance is drawn from the certificate itself.</summary>
internal static class RenewalSchedule
{
    /// <summary>So much of a certificate's life is left when it is replaced, where the authority does not say.</summary>
    private const double RestOfLife = 1.0 / 3;

    /// <summary>So much of that rest may come off, so that certificates made at one time are not replaced at one time.</summary>
    private const double Jitter = 0.1;

    /// <summary>When.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="window">What the authority says; null = nothing.</param>
    public static DateTimeOffset Next(X509Certificate2 certificate, RenewalWindow? window)
    {
        double chance = Chance(certificate);
        if (window is not null && window.End > window.Start)
            return window.Start + ((window.End - window.Start) * chance);
        var start = new DateTimeOffset(certificate.NotBefore.ToUniversalTime());
        var end = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
        TimeSpan rest = (end - start) * RestOfLife;
        return end - (rest * (1 - (Jitter * chance)));
    }

    /// <summary>How RFC 9773 names a certificate; null = it has no key identifier of its issuer.</summary>
    public static string? IdOf(X509Certificate2 certificate)
    {
        X509AuthorityKeyIdentifierExtension? authority = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault();
        return authority?.KeyIdentifier is { } issuer
            ? $"{Base64UrlEncoder.Encode(issuer.ToArray())}.{Base64UrlEncoder.Encode(certificate.SerialNumberBytes.ToArray())}"
            : null;
    }

    private static double Chance(X509Certificate2 certificate) =>
        BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(certificate.SerialNumberBytes.Span)) / (double)uint.MaxValue;
}
