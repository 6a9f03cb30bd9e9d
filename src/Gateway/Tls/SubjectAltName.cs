using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>What a subject alternative name is.</summary>
internal enum SubjectAltNameKind
{
    /// <summary>rfc822Name</summary>
    Email,

    /// <summary>dNSName</summary>
    Dns,

    /// <summary>uniformResourceIdentifier: SPIFFE identities</summary>
    Uri,

    /// <summary>iPAddress</summary>
    Ip,
}

/// <summary>One subject alternative name of a certificate. .NET's own reader has no URIs.</summary>
internal readonly record struct SubjectAltName(SubjectAltNameKind Kind, string Value)
{
    private const string ExtensionOid = "2.5.29.17";

    /// <summary>All names, in the certificate's order; none if the extension is missing or broken.</summary>
    public static IReadOnlyList<SubjectAltName> ReadAll(X509Certificate2 certificate)
    {
        List<SubjectAltName> names = [];
        try
        {
            foreach (X509Extension extension in certificate.Extensions)
            {
                if (extension.Oid?.Value != ExtensionOid)
                    continue;
                AsnReader sequence = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (sequence.HasData)
                    ReadOne(sequence, names);
            }
        }
        catch (AsnContentException)
        {
            return [];
        }
        return names;
    }

    private static void ReadOne(AsnReader sequence, List<SubjectAltName> names)
    {
        Asn1Tag tag = sequence.PeekTag();
        SubjectAltNameKind? text = tag.TagValue switch
        {
            1 => SubjectAltNameKind.Email,
            2 => SubjectAltNameKind.Dns,
            6 => SubjectAltNameKind.Uri,
            _ => null,
        };
        if (text is { } kind && tag.TagClass == TagClass.ContextSpecific)
        {
            names.Add(new SubjectAltName(kind, sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag)));
        }
        else if (tag is { TagClass: TagClass.ContextSpecific, TagValue: 7 })
        {
            byte[] address = sequence.ReadOctetString(tag);
            if (address.Length is 4 or 16)
                names.Add(new SubjectAltName(SubjectAltNameKind.Ip, new IPAddress(address).ToString()));
        }
        else
        {
            sequence.ReadEncodedValue();
        }
    }
}
