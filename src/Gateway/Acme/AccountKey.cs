using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Acme;

/// <summary>The key of an account (ECDSA P-256), and what is signed with it (RFC 7515, ES256).</summary>
internal sealed class AccountKey : IDisposable
{
    private readonly ECDsa _key;
    private readonly JsonWebKey _public;

    private AccountKey(ECDsa key)
    {
        _key = key;
        ECParameters parameters = key.ExportParameters(includePrivateParameters: false);
        _public = new JsonWebKey
        {
            Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
            Crv = JsonWebKeyECTypes.P256,
            X = Base64UrlEncoder.Encode(parameters.Q.X!),
            Y = Base64UrlEncoder.Encode(parameters.Q.Y!),
        };
        Thumbprint = Base64UrlEncoder.Encode(_public.ComputeJwkThumbprint());
    }

    /// <summary>Hash of the public key (RFC 7638), as challenges are answered with it.</summary>
    public string Thumbprint { get; }

    /// <summary>Makes a key.</summary>
    public static AccountKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a key.</summary>
    /// <exception cref="CryptographicException">It cannot be used.</exception>
    public static AccountKey FromPem(string pem)
    {
        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            if (key.KeySize != 256)
                throw new CryptographicException("the key is not on P-256");
            return new AccountKey(key);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new CryptographicException("The account's key cannot be used.", e);
        }
    }

    /// <summary>The private key as PEM.</summary>
    public string ToPem() => _key.ExportPkcs8PrivateKeyPem();

    /// <summary>Signs a request.</summary>
    /// <param name="url">Where it goes.</param>
    /// <param name="nonce">The authority's nonce.</param>
    /// <param name="account">The account's URL; null = the key itself is sent.</param>
    /// <param name="payload">The body; empty = nothing is asked for but an answer (POST-as-GET).</param>
    public byte[] Sign(Uri url, string nonce, string? account, ReadOnlySpan<byte> payload)
    {
        byte[] header = Json(writer =>
        {
            writer.WriteString("alg", SecurityAlgorithms.EcdsaSha256);
            writer.WriteString("nonce", nonce);
            writer.WriteString("url", url.AbsoluteUri);
            if (account is not null)
            {
                writer.WriteString("kid", account);
            }
            else
            {
                writer.WritePropertyName("jwk");
                writer.WriteRawValue(PublicKey());
            }
        });
        return Flattened(header, payload, input => _key.SignData(input, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    /// <summary>Signs our public key with the key of an account elsewhere (RFC 8555, section 7.3.4).</summary>
    public byte[] Bind(Uri newAccount, string keyId, byte[] sharedKey)
    {
        byte[] header = Json(writer =>
        {
            writer.WriteString("alg", SecurityAlgorithms.HmacSha256);
            writer.WriteString("kid", keyId);
            writer.WriteString("url", newAccount.AbsoluteUri);
        });
        return Flattened(header, PublicKey(), input => HMACSHA256.HashData(sharedKey, input));
    }

    public void Dispose() => _key.Dispose();

    private byte[] PublicKey() => Json(writer =>
    {
        writer.WriteString("crv", _public.Crv);
        writer.WriteString("kty", _public.Kty);
        writer.WriteString("x", _public.X);
        writer.WriteString("y", _public.Y);
    });

    private static byte[] Flattened(byte[] header, ReadOnlySpan<byte> payload, Func<byte[], byte[]> sign)
    {
        string head = Base64UrlEncoder.Encode(header);
        string body = payload.IsEmpty ? "" : Base64UrlEncoder.Encode(payload.ToArray());
        string signature = Base64UrlEncoder.Encode(sign(Encoding.ASCII.GetBytes($"{head}.{body}")));
        return Json(writer =>
        {
            writer.WriteString("protected", head);
            writer.WriteString("payload", body);
            writer.WriteString("signature", signature);
        });
    }

    /// <summary>A JSON object.</summary>
    public static byte[] Json(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
