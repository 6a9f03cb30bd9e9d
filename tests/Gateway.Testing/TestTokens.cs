using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Testing;

/// <summary>Signs tokens (RS256) with a key of its own.</summary>
public sealed class TestTokens(string keyId = "k1") : IDisposable
{
    /// <summary>Who signs, where nothing else is said.</summary>
    public const string Issuer = "https://issuer.test";

    private readonly RSA _key = RSA.Create(2048);

    /// <summary>The key set with its public key.</summary>
    public string Jwks => Set(this);

    private string Jwk
    {
        get
        {
            RSAParameters key = _key.ExportParameters(includePrivateParameters: false);
            return $$"""{"kty":"RSA","kid":"{{keyId}}","n":"{{Base64Url.EncodeToString(key.Modulus)}}","e":"{{Base64Url.EncodeToString(key.Exponent)}}"}""";
        }
    }

    /// <summary>A key set with the public keys of several.</summary>
    public static string Set(params ReadOnlySpan<TestTokens> signers)
    {
        var keys = new List<string>();
        foreach (TestTokens signer in signers)
            keys.Add(signer.Jwk);
        return $$"""{"keys":[{{string.Join(',', keys)}}]}""";
    }

    /// <summary>Signs a token that is good until the year 2100.</summary>
    /// <param name="subject"><c>sub</c>.</param>
    /// <param name="issuer"><c>iss</c>.</param>
    /// <param name="named"><c>kid</c>; null = its own.</param>
    /// <param name="more">More claims, with a comma before each.</param>
    public string Sign(string subject, string issuer = Issuer, string? named = null, string more = "")
    {
        string signed = $"{Encode($$"""{"alg":"RS256","kid":"{{named ?? keyId}}"}""")}.{Encode($$"""{"iss":"{{issuer}}","sub":"{{subject}}","exp":4102444800{{more}}}""")}";
        return $"{signed}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
