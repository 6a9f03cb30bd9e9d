using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>How a certificate is named to OCSP responders (RFC 6960 section 4.1.1): by its issuer and its serial number. Immutable.</summary>
/// <param name="certificate">The certificate.</param>
/// <param name="issuer">Who has signed it; null = not known, and the serial number has to do.</param>
internal sealed class OcspCertificateId(X509Certificate2 certificate, X509Certificate2? issuer)
{
    private const string Sha1 = "1.3.14.3.2.26";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";

    /// <summary>Who has signed the certificate; null = not known.</summary>
    public X509Certificate2? Issuer => issuer;

    /// <summary>The question that a responder is asked; null = it cannot be asked about a certificate without a known issuer.</summary>
    public byte[]? Question()
    {
        if (issuer is null)
            return null;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        // OCSPRequest, TBSRequest, requestList, Request, and in it the name.
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Sha1);
                writer.WriteNull();
            }
            writer.WriteOctetString(Hash(Sha1, issuer.SubjectName.RawData)!);
            writer.WriteOctetString(Hash(Sha1, issuer.PublicKey.EncodedKeyValue.RawData)!);
            writer.WriteInteger(certificate.SerialNumberBytes.Span);
        }
        return writer.Encode();
    }

    /// <summary>Whether an encoded name is this certificate's.</summary>
    /// <exception cref="AsnContentException">It is no name of a certificate.</exception>
    public bool IsMeantBy(AsnReader name)
    {
        string algorithm = name.ReadSequence().ReadObjectIdentifier();
        byte[] issuerName = name.ReadOctetString();
        byte[] issuerKey = name.ReadOctetString();
        return name.ReadIntegerBytes().Span.SequenceEqual(certificate.SerialNumberBytes.Span)
            && (issuer is null
                || (Hash(algorithm, issuer.SubjectName.RawData) is { } nameHash && issuerName.AsSpan().SequenceEqual(nameHash)
                    && Hash(algorithm, issuer.PublicKey.EncodedKeyValue.RawData) is { } keyHash && issuerKey.AsSpan().SequenceEqual(keyHash)));
    }

    [SuppressMessage("Security", "CA5350", Justification = "RFC 5019 names certificates by SHA-1; responders with prepared answers know no other, and nothing is trusted by it.")]
    private static byte[]? Hash(string algorithm, byte[] data) => algorithm switch
    {
        Sha1 => SHA1.HashData(data),
        Sha256 => SHA256.HashData(data),
        _ => null,
    };
}
