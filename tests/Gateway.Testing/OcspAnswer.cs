using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Testing;

/// <summary>An answer of an OCSP responder (RFC 6960 section 4.2.1), made field by field so that each can be wrong.</summary>
public sealed record OcspAnswer
{
    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag Tag1 = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag Tag2 = new(TagClass.ContextSpecific, 2);

    /// <summary>The certificate that it is about.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>Its issuer.</summary>
    public required X509Certificate2 Issuer { get; init; }

    /// <summary>Who signs.</summary>
    public required ECDsa SignerKey { get; init; }

    /// <summary>The signer's own certificate, if it is sent along.</summary>
    public X509Certificate2? Signer { get; init; }

    /// <summary>0 = good, 1 = revoked, 2 = unknown.</summary>
    public int Status { get; init; }

    /// <summary>0 = the responder could answer.</summary>
    public int ResponseStatus { get; init; }

    /// <summary>When it was known to be true.</summary>
    public DateTimeOffset ThisUpdate { get; init; } = DateTimeOffset.UtcNow.AddHours(-1);

    /// <summary>When it ends; null = not said.</summary>
    public DateTimeOffset? NextUpdate { get; init; } = DateTimeOffset.UtcNow.AddHours(1);

    /// <summary>Encodes it.</summary>
    public byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue([0x0A, 1, (byte)ResponseStatus]);
            if (ResponseStatus == 0)
            {
                using (writer.PushSequence(Tag0))
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.1");
                    writer.WriteOctetString(Basic());
                }
            }
        }
        return writer.Encode();
    }

    private byte[] Basic()
    {
        byte[] data = Data();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(data);
            using (writer.PushSequence())
                writer.WriteObjectIdentifier("1.2.840.10045.4.3.2");
            writer.WriteBitString(SignerKey.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
            if (Signer is not null)
            {
                using (writer.PushSequence(Tag0))
                using (writer.PushSequence())
                    writer.WriteEncodedValue(Signer.RawData);
            }
        }
        return writer.Encode();
    }

    private byte[] Data()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(Tag1))
                writer.WriteEncodedValue((Signer ?? Issuer).SubjectName.RawData);
            writer.WriteGeneralizedTime(ThisUpdate, omitFractionalSeconds: true);
            using (writer.PushSequence())
            using (writer.PushSequence())
            {
                WriteName(writer);
                if (Status == 0)
                    writer.WriteNull(Tag0);
                else if (Status == 2)
                    writer.WriteNull(Tag2);
                else
                    using (writer.PushSequence(Tag1))
                        writer.WriteGeneralizedTime(ThisUpdate, omitFractionalSeconds: true);
                writer.WriteGeneralizedTime(ThisUpdate, omitFractionalSeconds: true);
                if (NextUpdate is { } next)
                {
                    using (writer.PushSequence(Tag0))
                        writer.WriteGeneralizedTime(next, omitFractionalSeconds: true);
                }
            }
        }
        return writer.Encode();
    }

    [SuppressMessage("Security", "CA5350", Justification = "Certificates are named so to OCSP responders.")]
    private void WriteName(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
                writer.WriteObjectIdentifier("1.3.14.3.2.26");
            writer.WriteOctetString(SHA1.HashData(Issuer.SubjectName.RawData));
            writer.WriteOctetString(SHA1.HashData(Issuer.PublicKey.EncodedKeyValue.RawData));
            writer.WriteInteger(Certificate.SerialNumberBytes.Span);
        }
    }
}
