using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>A responder's word that a certificate was not taken back (RFC 6960), fit to be shown in handshakes. Immutable.</summary>
/// <param name="Bytes">The encoded answer.</param>
/// <param name="ThisUpdate">When it was known to be true.</param>
/// <param name="NextUpdate">When it is worth nothing any more.</param>
internal sealed record OcspStaple(byte[] Bytes, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate)
{
    /// <summary>How long an answer counts that does not say.</summary>
    private static readonly TimeSpan UnsaidValidity = TimeSpan.FromHours(12);

    /// <summary>How much a responder's clock may be ahead.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private const string BasicResponse = "1.3.6.1.5.5.7.48.1.1";
    private const string OcspSigning = "1.3.6.1.5.5.7.3.9";
    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag Tag1 = new(TagClass.ContextSpecific, 1);

    /// <summary>Takes an answer that is good, in force, about a certificate, and signed by its issuer where that is known.</summary>
    /// <param name="der">The encoded answer.</param>
    /// <param name="id">The certificate.</param>
    /// <param name="now">The time.</param>
    /// <param name="problem">Why it is not taken.</param>
    public static OcspStaple? TryRead(byte[] der, OcspCertificateId id, DateTimeOffset now, out string problem)
    {
        try
        {
            // Not the distinguished rules: responders pad their times, which clients do not mind.
            AsnReader outer = new AsnReader(der, AsnEncodingRules.BER).ReadSequence();
            int status = outer.ReadEnumeratedBytes().Span[0];
            problem = $"The responder refused (status {status}).";
            if (status != 0)
                return null;
            AsnReader response = outer.ReadSequence(Tag0).ReadSequence();
            problem = "The answer is of a kind that is not known.";
            if (response.ReadObjectIdentifier() != BasicResponse)
                return null;
            AsnReader basic = new AsnReader(response.ReadOctetString(), AsnEncodingRules.BER).ReadSequence();
            SignedContent signed = SignedContent.Read(basic);
            if (Find(der, signed, id, out problem) is not { } staple)
                return null;
            problem = "The answer is not signed by the certificate's issuer nor by whom it trusts with that.";
            if (id.Issuer is { } issuer && !IsTrusted(signed, basic, issuer, now))
                return null;
            problem = staple.ThisUpdate > now + ClockSkew ? $"The answer is not valid before {staple.ThisUpdate:O}." : $"The answer expired at {staple.NextUpdate:O}.";
            return staple.IsCurrent(now) ? staple : null;
        }
        catch (Exception e) when (e is AsnContentException or IndexOutOfRangeException)
        {
            problem = "The answer is not what RFC 6960 describes.";
            return null;
        }
    }

    /// <summary>Whether clients will take it.</summary>
    public bool IsCurrent(DateTimeOffset now) => ThisUpdate <= now + ClockSkew && now < NextUpdate;

    private static OcspStaple? Find(byte[] der, SignedContent signed, OcspCertificateId id, out string problem)
    {
        AsnReader data = new AsnReader(signed.Content, AsnEncodingRules.BER).ReadSequence();
        if (data.PeekTag().HasSameClassAndValue(Tag0))
            data.ReadEncodedValue();
        data.ReadEncodedValue();
        data.ReadGeneralizedTime();
        AsnReader answers = data.ReadSequence();
        while (answers.HasData)
        {
            AsnReader answer = answers.ReadSequence();
            if (!id.IsMeantBy(answer.ReadSequence()))
                continue;
            Asn1Tag status = answer.PeekTag();
            problem = status.HasSameClassAndValue(Tag1) ? "The certificate was revoked." : "The responder does not know the certificate.";
            if (!status.HasSameClassAndValue(Tag0))
                return null;
            answer.ReadEncodedValue();
            DateTimeOffset thisUpdate = answer.ReadGeneralizedTime();
            DateTimeOffset nextUpdate = answer.HasData && answer.PeekTag().HasSameClassAndValue(Tag0)
                ? answer.ReadSequence(Tag0).ReadGeneralizedTime()
                : thisUpdate + UnsaidValidity;
            return new OcspStaple(der, thisUpdate, nextUpdate);
        }
        problem = "The answer is about another certificate.";
        return null;
    }

    // RFC 6960 section 4.2.2.2: the issuer itself, or whom it gave a certificate for just that.
    private static bool IsTrusted(SignedContent signed, AsnReader rest, X509Certificate2 issuer, DateTimeOffset now)
    {
        if (signed.IsSignedBy(issuer))
            return true;
        if (!rest.HasData || !rest.PeekTag().HasSameClassAndValue(Tag0))
            return false;
        AsnReader certificates = rest.ReadSequence(Tag0).ReadSequence();
        while (certificates.HasData)
        {
            byte[] der = certificates.ReadEncodedValue().ToArray();
            using X509Certificate2 delegated = X509CertificateLoader.LoadCertificate(der);
            if (delegated.NotBefore.ToUniversalTime() <= now.UtcDateTime && now.UtcDateTime < delegated.NotAfter.ToUniversalTime()
                && delegated.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(usage => usage.EnhancedKeyUsages[OcspSigning] is not null)
                && SignedContent.Read(new AsnReader(der, AsnEncodingRules.BER).ReadSequence()).IsSignedBy(issuer)
                && signed.IsSignedBy(delegated))
            {
                return true;
            }
        }
        return false;
    }
}
