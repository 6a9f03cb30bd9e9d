using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>Whether certificates were taken back, by lists that are given; none is fetched.</summary>
internal static class RevocationCheck
{
    /// <summary>
    /// What is wrong with a chain that is good otherwise; null = nothing. As OpenSSL with its "check all": every certificate
    /// needs a list of its issuer that is in force.
    /// </summary>
    /// <param name="chain">The chain as it was built.</param>
    /// <param name="revocations">The lists.</param>
    /// <param name="time">The clock.</param>
    public static ClientCertificateFault? Find(X509Chain chain, IReadOnlyList<RevocationList> revocations, TimeProvider time)
    {
        for (int i = 0; i < chain.ChainElements.Count; i++)
        {
            X509Certificate2 certificate = chain.ChainElements[i].Certificate;
            X509Certificate2 issuer = chain.ChainElements[Math.Min(i + 1, chain.ChainElements.Count - 1)].Certificate;
            RevocationList? list = revocations.FirstOrDefault(list => list.Issuer.AsSpan().SequenceEqual(certificate.IssuerName.RawData) && list.IsSignedBy(issuer));
            if (list is null)
                return new(ClientCertificateReason.RevocationUnknown, $"No list of revoked certificates is signed by {certificate.Issuer}.");
            if (list.Contains(certificate))
                return new(ClientCertificateReason.Revoked, $"The certificate {certificate.SerialNumber} was revoked by {certificate.Issuer}.");
            if (list.NextUpdate is { } next && next <= time.GetUtcNow())
                return new(ClientCertificateReason.RevocationUnknown, $"The list of revoked certificates of {certificate.Issuer} expired at {next:O}.");
        }
        return null;
    }
}
