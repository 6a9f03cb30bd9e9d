using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>The usable keys of a key set. Immutable; safe for all threads.</summary>
internal sealed class JwtKeySet
{
    // A token without kid is checked with all of them.
    private const int MaxKeys = 100;

    // Below this a signature can be forged on one machine. Envoy takes keys from 1024 bits on as well.
    private const int MinRsaBits = 1024;

    private readonly JwtKey[] _keys;

    private JwtKeySet(JwtKey[] keys, IReadOnlyList<string> unused)
    {
        _keys = keys;
        Unused = unused;
    }

    /// <summary>Number of usable keys.</summary>
    public int Count => _keys.Length;

    /// <summary>Why keys are not used, one line for each; never the key.</summary>
    public IReadOnlyList<string> Unused { get; }

    /// <summary>Reads a key set: JWKS, a single JWK, or an object of certificates by key id.</summary>
    /// <returns>Null = it is none; keys that cannot be used are left out.</returns>
    public static JwtKeySet? TryRead(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
        try
        {
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return null;
            var keys = new List<JwtKey>();
            var unused = new List<string>();
            if (root.TryGetProperty("keys", out JsonElement list))
            {
                if (list.ValueKind != JsonValueKind.Array)
                    return null;
                foreach (JsonElement key in list.EnumerateArray())
                    Add(keys, unused, () => ReadKey(key));
            }
            else if (root.TryGetProperty("kty", out _))
                Add(keys, unused, () => ReadKey(root));
            else
            {
                foreach (JsonProperty certificate in root.EnumerateObject())
                {
                    if (certificate.Value.ValueKind != JsonValueKind.String)
                        return null;
                    Add(keys, unused, () => ReadCertificate(certificate.Name, certificate.Value.GetString()!));
                }
            }
            return new JwtKeySet([.. keys], unused);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Checks a signature, as Envoy does: with the key of that id, or with all if the token names none.</summary>
    /// <returns>What is wrong; null = it is good.</returns>
    public JwtStatus? Verify(Jwt jwt)
    {
        if (_keys.Length == 0)
            return JwtStatus.NoValidKeys;
        bool anyFits = false;
        foreach (JwtKey key in _keys)
        {
            if (jwt.KeyId.Length > 0 && key.Id.Length > 0 && key.Id != jwt.KeyId)
                continue;
            if (key.Algorithm is not null && key.Algorithm != jwt.Algorithm)
                continue;
            anyFits = true;
            if (key.Verify(jwt.Algorithm, jwt.SignedBytes, jwt.Signature))
                return null;
        }
        return anyFits ? JwtStatus.VerificationFails : JwtStatus.NoMatchingKey;
    }

    private static void Add(List<JwtKey> keys, List<string> unused, Func<JwtKey> read)
    {
        try
        {
            if (keys.Count < MaxKeys)
                keys.Add(read());
            else
                unused.Add($"there are more than {MaxKeys} keys");
        }
        catch (Exception e) when (e is CryptographicException or FormatException or InvalidOperationException or ArgumentException)
        {
            unused.Add(e is CryptographicException ? e.Message : "a member of the key is missing or malformed");
        }
    }

    private static JwtKey ReadKey(JsonElement key)
    {
        if (key.ValueKind != JsonValueKind.Object)
            throw new CryptographicException("it is no object");
        string id = Text(key, "kid") ?? "";
        string? algorithm = Text(key, "alg");
        switch (Text(key, "kty"))
        {
            case "RSA":
                byte[] modulus = Bytes(key, "n");
                CheckModulus(modulus);
                return JwtKey.OfRsa(id, algorithm, modulus, Bytes(key, "e"));
            case "EC":
                return JwtKey.OfCurve(id, algorithm, Text(key, "crv") ?? CurveOf(algorithm), Bytes(key, "x"), Bytes(key, "y"));
            case "oct":
                return JwtKey.OfSecret(id, algorithm, Bytes(key, "k"));
            case "OKP":
                return JwtKey.OfEdwards(id, algorithm, Text(key, "crv") ?? "", Bytes(key, "x"));
            default:
                throw new CryptographicException("its kty is not supported");
        }
    }

    private static JwtKey ReadCertificate(string id, string pem)
    {
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(pem);
        using RSA rsa = certificate.GetRSAPublicKey() ?? throw new CryptographicException("the certificate has no RSA key");
        RSAParameters parameters = rsa.ExportParameters(includePrivateParameters: false);
        CheckModulus(parameters.Modulus!);
        return JwtKey.OfRsa(id, null, parameters.Modulus!, parameters.Exponent!);
    }

    private static void CheckModulus(byte[] modulus)
    {
        long bits = new BigInteger(modulus, isUnsigned: true, isBigEndian: true).GetBitLength();
        if (bits < MinRsaBits)
            throw new CryptographicException($"an RSA key of {bits} bits is too short; at least {MinRsaBits} are needed");
    }

    private static string CurveOf(string? algorithm) => algorithm switch
    {
        "ES384" => "P-384",
        "ES512" => "P-521",
        _ => "P-256",
    };

    private static string? Text(JsonElement key, string name) =>
        key.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    private static byte[] Bytes(JsonElement key, string name)
    {
        byte[] bytes = Base64Url.DecodeFromChars(Text(key, name) ?? throw new FormatException());
        return bytes.Length > 0 ? bytes : throw new FormatException();
    }
}
