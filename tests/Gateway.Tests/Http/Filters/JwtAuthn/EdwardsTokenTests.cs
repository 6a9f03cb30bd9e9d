using System.Buffers.Text;
using System.Text;
using Gateway.Http.Filters.JwtAuthn;
using Gateway.Testing;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Http.Filters.JwtAuthn;

/// <summary>EdDSA, where OpenSSL is there to check it.</summary>
public sealed class EdwardsTokenTests
{
    // Made by OpenSSL's command line with a key that is gone.
    private const string Key = """{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"9pY3dw40cgw-Yrpljqnx8S3x5bB6YmqoDcSs47EZqoQ"}""";
    private const string Token = "eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci50ZXN0Iiwic3ViIjoibWUiLCJleHAiOjQxMDI0NDQ4MDB9." +
        "og_FznK9b-I9BRWMcBbuViYY-DBxOKE3vpclgFMNsYWlWC0toBycRNGwiMqSNLSnvzNpYGzHxUdCxh97iLGkDA";

    public static TheoryData<string, string> BadTokens()
    {
        string[] parts = Token.Split('.');
        byte[] signature = Base64Url.DecodeFromChars(parts[2]);
        // The same point with the other scalar: s + L, which RFC 8032 refuses.
        byte[] malleable = [.. signature];
        byte[] order = [0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10];
        for (int i = 0, carry = 0; i < order.Length; i++)
        {
            carry += malleable[32 + i] + order[i];
            malleable[32 + i] = (byte)carry;
            carry >>= 8;
        }
        return new()
        {
            { "payload changed", $"{parts[0]}.{TokenIssuer.Encode($$"""{"iss":"{{TokenIssuer.Issuer}}","sub":"you"}""")}.{parts[2]}" },
            { "signature changed", $"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString([.. signature[..10], (byte)(signature[10] ^ 1), .. signature[11..]])}" },
            { "signature cut", $"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(signature.AsSpan(..63))}" },
            { "signature of zeros", $"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(new byte[64])}" },
            { "other scalar", $"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(malleable)}" },
            { "another algorithm", $"{TokenIssuer.Encode("""{"alg":"ES256","kid":"ed"}""")}.{parts[1]}.{parts[2]}" },
        };
    }

    [OpenSslFact]
    public async Task A_good_token_passes() => Assert.Null(await StatusAsync($$"""{"keys":[{{Key}}]}""", Token));

    [OpenSslTheory]
    [MemberData(nameof(BadTokens))]
    public async Task A_bad_token_is_refused(string what, string token)
    {
        _ = what;
        Assert.Equal(JwtStatus.VerificationFails, await StatusAsync($$"""{"keys":[{{Key}}]}""", token));
    }

    [OpenSslTheory]
    [InlineData("\"kid\":\"other\"")]
    [InlineData("\"alg\":\"ES256\"")]
    public async Task A_key_for_something_else_does_not_count(string member) =>
        Assert.Equal(JwtStatus.NoMatchingKey, await StatusAsync($$"""{"keys":[{{Key.Replace("\"kid\":\"ed\"", member, StringComparison.Ordinal)}}]}""", Token));

    [Theory]
    [InlineData("\"Ed448\"", "9pY3dw40cgw-Yrpljqnx8S3x5bB6YmqoDcSs47EZqoQ")]
    [InlineData("\"X25519\"", "9pY3dw40cgw-Yrpljqnx8S3x5bB6YmqoDcSs47EZqoQ")]
    [InlineData("\"Ed25519\"", "9pY3")]
    [InlineData("7", "9pY3dw40cgw-Yrpljqnx8S3x5bB6YmqoDcSs47EZqoQ")]
    public void A_key_that_is_none_is_not_used(string curve, string x)
    {
        JwtKeySet keys = JwtKeySet.TryRead(Encoding.UTF8.GetBytes($$"""{"kty":"OKP","crv":{{curve}},"x":"{{x}}"}"""))!;

        Assert.Equal(0, keys.Count);
        Assert.Single(keys.Unused);
    }

    private static async Task<JwtStatus?> StatusAsync(string keys, string token) => (await TokenIssuer.Verifier(keys).VerifyAsync(
        new HeaderDictionary { ["authorization"] = $"Bearer {token}" }, "", 1_800_000_000, CancellationToken.None)).Failure;

    private sealed class OpenSslFactAttribute : FactAttribute
    {
        public OpenSslFactAttribute() => Skip = TestMode.HasOpenSsl ? null : "There is no OpenSSL 3 here.";
    }

    private sealed class OpenSslTheoryAttribute : TheoryAttribute
    {
        public OpenSslTheoryAttribute() => Skip = TestMode.HasOpenSsl ? null : "There is no OpenSSL 3 here.";
    }
}
