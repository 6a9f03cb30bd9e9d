using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>
/// The form that certificates, lists of revoked ones and answers of OCSP responders share: content, algorithm, signature
/// (RFC 5280 section 4.1.1). The platform checks the signature. Immutable.
/// </summary>
internal sealed class SignedContent
{
    private readonly string _algorithm;
    private readonly byte[] _signature;

    private SignedContent(byte[] content, string algorithm, byte[] signature)
    {
        Content = content;
        _algorithm = algorithm;
        _signature = signature;
    }

    /// <summary>What is signed, encoded.</summary>
    public byte[] Content { get; }

    /// <summary>Reads content, algorithm and signature; what follows stays unread.</summary>
    /// <param name="fields">Within the outer sequence.</param>
    /// <exception cref="AsnContentException">The fields are no such thing.</exception>
    public static SignedContent Read(AsnReader fields)
    {
        byte[] content = fields.ReadEncodedValue().ToArray();
        return new SignedContent(content, fields.ReadSequence().ReadObjectIdentifier(), fields.ReadBitString(out _));
    }

    /// <summary>Whether the key of <paramref name="signer"/> made the signature, by RSA or ECDSA with SHA-2.</summary>
    public bool IsSignedBy(X509Certificate2 signer)
    {
        try
        {
            if (Hash(_algorithm) is not { } hash)
                return false;
            using RSA? rsa = signer.GetRSAPublicKey();
            if (rsa is not null)
                return rsa.VerifyData(Content, _signature, hash, RSASignaturePadding.Pkcs1);
            using ECDsa? ecdsa = signer.GetECDsaPublicKey();
            return ecdsa is not null && ecdsa.VerifyData(Content, _signature, hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static HashAlgorithmName? Hash(string algorithm) => algorithm switch
    {
        "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
        _ => null,
    };
}
