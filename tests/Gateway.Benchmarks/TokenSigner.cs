using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Benchmarks;

/// <summary>Signs tokens with a key of its own.</summary>
internal sealed class TokenSigner : IDisposable
{
    /// <summary><c>iss</c>.</summary>
    public const string Issuer = "https://issuer.test";

    private readonly string _algorithm;
    private readonly RSA? _rsa;
    private readonly ECDsa? _curve;

    /// <param name="algorithm"><c>RS256</c> or <c>ES256</c>.</param>
    public TokenSigner(string algorithm)
    {
        _algorithm = algorithm;
        if (algorithm == "RS256")
            _rsa = RSA.Create(2048);
        else
            _curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    }

    /// <summary>The public key.</summary>
    public string Jwks
    {
        get
        {
            if (_rsa?.ExportParameters(includePrivateParameters: false) is { } rsa)
                return $$"""{"keys":[{"kty":"RSA","kid":"k","n":"{{Base64Url.EncodeToString(rsa.Modulus)}}","e":"{{Base64Url.EncodeToString(rsa.Exponent)}}"}]}""";
            ECPoint point = _curve!.ExportParameters(includePrivateParameters: false).Q;
            return $$"""{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}]}""";
        }
    }

    /// <summary>A token, another one for each number.</summary>
    public string Sign(int number)
    {
        string payload = $$"""{"iss":"{{Issuer}}","sub":"user-{{number}}","aud":"shop","exp":4102444800,"iat":1700000000,"scope":"read write","groups":["staff","admins"]}""";
        string signed = $"{Encode($$"""{"alg":"{{_algorithm}}","kid":"k","typ":"JWT"}""")}.{Encode(payload)}";
        byte[] bytes = Encoding.ASCII.GetBytes(signed);
        byte[] signature = _rsa?.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ?? _curve!.SignData(bytes, HashAlgorithmName.SHA256);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>What of a token is signed, and the signature.</summary>
    public static (byte[] Signed, byte[] Signature) Split(string token)
    {
        int dot = token.LastIndexOf('.');
        return (Encoding.ASCII.GetBytes(token[..dot]), Base64Url.DecodeFromChars(token.AsSpan(dot + 1)));
    }

    /// <summary>The check of a signature, as the platform has it.</summary>
    public bool Verify(byte[] signed, byte[] signature) =>
        _rsa?.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ?? _curve!.VerifyData(signed, signature, HashAlgorithmName.SHA256);

    public void Dispose()
    {
        _rsa?.Dispose();
        _curve?.Dispose();
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
