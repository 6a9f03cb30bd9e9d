using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Gateway.Http.Filters.JwtAuthn;

namespace Gateway.Tests.Http.Filters.JwtAuthn;

/// <summary>Signs tokens with a key of its own.</summary>
internal sealed class TokenIssuer(string keyId = "k1", int bits = 2048)
{
    public const string Issuer = "https://issuer.test";

    private readonly RSA _rsa = RSA.Create(bits);

    public string PublicPem => _rsa.ExportSubjectPublicKeyInfoPem();

    public string Jwk
    {
        get
        {
            RSAParameters key = _rsa.ExportParameters(false);
            return $$"""{"kty":"RSA","kid":"{{keyId}}","n":"{{Base64Url.EncodeToString(key.Modulus)}}","e":"{{Base64Url.EncodeToString(key.Exponent)}}"}""";
        }
    }

    public string Jwks => $$"""{"keys":[{{Jwk}}]}""";

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public string Header(string algorithm = "RS256") => $$"""{"alg":"{{algorithm}}","kid":"{{keyId}}"}""";

    public string Sign(string payload, string? header = null)
    {
        string signed = $"{Encode(header ?? Header())}.{Encode(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(_rsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    public string Good(string more = "") => Sign($$"""{"iss":"{{Issuer}}","sub":"me","exp":4102444800{{more}}}""");

    public static JwtRuleConfig Rule(string? jwks = null) => new()
    {
        Policy = "RequestAuthentication default/test",
        Issuer = Issuer,
        Keys = new JwksLocation { Inline = jwks },
        Headers = [new JwtHeaderLocation("authorization", "Bearer ")],
        Parameters = ["access_token"],
        SpaceDelimitedClaims = ["scope"],
    };

    public static JwtVerifier Verifier(string jwks) => new([new JwtProvider(Rule(jwks), JwtRegistry.Inline(jwks))]);
}
