using System.Collections.Concurrent;
using System.Security.Cryptography;
using Gateway.Tls.OpenSsl;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>One key of a key set, ready to check signatures of the algorithms that are its kind's, and of no others.</summary>
internal sealed class JwtKey
{
    private static readonly CryptoProviderFactory Factory = new() { CacheSignatureProviders = false };

    private readonly SecurityKey? _key;
    private readonly Ed25519Key? _edwards;
    private readonly ConcurrentDictionary<string, SignatureProvider?> _providers = new(StringComparer.Ordinal);

    private JwtKey(string type, string id, string? algorithm, SecurityKey key, string curve = "")
    {
        Type = type;
        Id = id;
        Algorithm = algorithm;
        _key = key;
        Curve = curve;
    }

    private JwtKey(string id, string? algorithm, Ed25519Key key)
    {
        Type = "OKP";
        Id = id;
        Algorithm = algorithm;
        Curve = "Ed25519";
        _edwards = key;
    }

    /// <summary><c>RSA</c>, <c>EC</c>, <c>OKP</c> or <c>oct</c>.</summary>
    public string Type { get; }

    /// <summary><c>kid</c>; empty = none.</summary>
    public string Id { get; }

    /// <summary><c>alg</c> that the key is for; null = any of its kind.</summary>
    public string? Algorithm { get; }

    /// <summary><c>crv</c> of an EC or OKP key.</summary>
    public string Curve { get; }

    /// <summary>An RSA key.</summary>
    /// <exception cref="CryptographicException">It cannot be used.</exception>
    public static JwtKey OfRsa(string id, string? algorithm, byte[] modulus, byte[] exponent) =>
        new("RSA", id, algorithm, new RsaSecurityKey(new RSAParameters { Modulus = modulus, Exponent = exponent }));

    /// <summary>A key on a curve.</summary>
    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    public static JwtKey OfCurve(string id, string? algorithm, string curve, byte[] x, byte[] y)
    {
        (ECCurve named, int size) = curve switch
        {
            "P-256" => (ECCurve.NamedCurves.nistP256, 32),
            "P-384" => (ECCurve.NamedCurves.nistP384, 48),
            "P-521" => (ECCurve.NamedCurves.nistP521, 66),
            _ => throw new CryptographicException("the curve is not supported"),
        };
        var parameters = new ECParameters { Curve = named, Q = new ECPoint { X = Pad(x, size), Y = Pad(y, size) } };
        return new JwtKey("EC", id, algorithm, new ECDsaSecurityKey(ECDsa.Create(parameters)), curve);
    }

    /// <summary>An Ed25519 key.</summary>
    /// <exception cref="CryptographicException">It cannot be used, or the platform has no Ed25519.</exception>
    public static JwtKey OfEdwards(string id, string? algorithm, string curve, byte[] x) =>
        curve == "Ed25519" ? new(id, algorithm, new Ed25519Key(x)) : throw new CryptographicException("the curve is not supported");

    /// <summary>A shared secret.</summary>
    public static JwtKey OfSecret(string id, string? algorithm, byte[] secret) => new("oct", id, algorithm, new SymmetricSecurityKey(secret));

    /// <summary>Whether the signature is good. A token of another kind of algorithm than the key's never is.</summary>
    public bool Verify(string algorithm, byte[] signed, byte[] signature)
    {
        if (_edwards is not null)
            return IsKind(algorithm) && _edwards.Verify(signed, signature);
        if (!IsKind(algorithm) || _providers.GetOrAdd(algorithm, CreateProvider) is not { } provider)
            return false;
        try
        {
            return provider.Verify(signed, signature);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private bool IsKind(string algorithm) => Type switch
    {
        "RSA" => algorithm.StartsWith("RS", StringComparison.Ordinal) || algorithm.StartsWith("PS", StringComparison.Ordinal),
        "EC" => (algorithm, Curve) is ("ES256", "P-256") or ("ES384", "P-384") or ("ES512", "P-521"),
        "OKP" => algorithm == "EdDSA",
        _ => algorithm.StartsWith("HS", StringComparison.Ordinal),
    };

    // Keys that are too short for an algorithm are refused here.
    private SignatureProvider? CreateProvider(string algorithm)
    {
        try
        {
            return Factory.CreateForVerifying(_key!, algorithm, cacheProvider: false);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or CryptographicException or InvalidOperationException)
        {
            return null;
        }
    }

    private static byte[] Pad(byte[] number, int size)
    {
        if (number.Length > size)
            throw new CryptographicException("a coordinate is longer than the curve");
        byte[] padded = new byte[size];
        number.CopyTo(padded, size - number.Length);
        return padded;
    }
}
