using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Http.Filters.JwtAuthn;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Http.Filters.JwtAuthn;

public sealed class MalformedTokenTests
{
    private const long Now = 1_800_000_000;
    private static readonly TokenIssuer Issuer = new();
    private static readonly JwtVerifier Verifier = TokenIssuer.Verifier(Issuer.Jwks);

    public static TheoryData<string> Names() => [.. Tokens().Select(token => token.Name)];

    [Fact]
    public void The_table_has_a_hundred_tokens() => Assert.True(Tokens().Count() >= 100, Tokens().Count().ToString(CultureInfo.InvariantCulture));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_bad_token_is_refused(string name)
    {
        string token = Tokens().First(one => one.Name == name).Token;

        JwtOutcome outcome = await VerifyAsync(Verifier, token);

        Assert.NotNull(outcome.Failure);
        Assert.Null(outcome.Claims);
    }

    [Fact]
    public async Task A_good_token_passes_first_checked_and_then_remembered()
    {
        for (int i = 0; i < 2; i++)
        {
            JwtOutcome outcome = await VerifyAsync(Verifier, Issuer.Good());
            Assert.Null(outcome.Failure);
            Assert.Equal("me", outcome.Claims!.Find("sub")!.Text);
        }
    }

    [Fact]
    public async Task A_remembered_token_expires()
    {
        JwtVerifier verifier = TokenIssuer.Verifier(Issuer.Jwks);
        string token = Issuer.Sign($$"""{"iss":"{{TokenIssuer.Issuer}}","exp":{{Now + 10}}}""");

        Assert.Null((await VerifyAsync(verifier, token, Now)).Failure);
        Assert.Equal(JwtStatus.Expired, (await VerifyAsync(verifier, token, Now + 71)).Failure);
    }

    [Fact]
    public async Task A_token_that_one_issuer_signed_is_not_remembered_for_another_with_the_same_keys()
    {
        JwtRuleConfig other = TokenIssuer.Rule(Issuer.Jwks) with { Issuer = "https://other.test", Headers = [new JwtHeaderLocation("x-other", "")], Parameters = [] };
        FixedJwks keys = JwtRegistry.Inline(Issuer.Jwks);
        var first = new JwtVerifier([new JwtProvider(TokenIssuer.Rule(Issuer.Jwks), keys)]);
        var second = new JwtVerifier([new JwtProvider(other, keys)]);
        string token = Issuer.Good();

        Assert.Null((await VerifyAsync(first, token)).Failure);
        Assert.Equal(JwtStatus.UnknownIssuer, (await second.VerifyAsync(new HeaderDictionary { ["x-other"] = token }, "", Now, CancellationToken.None)).Failure);
    }

    [Fact]
    public void The_memory_is_bounded()
    {
        var cache = new JwtTokenCache();
        Assert.Null(Jwt.TryRead(Issuer.Good(), out Jwt? jwt));
        var good = new GoodToken(TokenIssuer.Rule(), jwt!, Now);
        for (int i = 0; i < 5 * JwtTokenCache.MaxTokens; i++)
            cache.Add(new TokenHash(0, (UInt128)i), good, Now);

        Assert.InRange(cache.Count, 1, JwtTokenCache.MaxTokens + 2);
    }

    private static async Task<JwtOutcome> VerifyAsync(JwtVerifier verifier, string token, long now = Now) =>
        await verifier.VerifyAsync(new HeaderDictionary { ["authorization"] = $"Bearer {token}" }, "", now, CancellationToken.None);

    private static IEnumerable<(string Name, string Token)> Tokens()
    {
        string good = Issuer.Good();
        string[] parts = good.Split('.');
        string claims = $$"""{"iss":"{{TokenIssuer.Issuer}}","sub":"me","exp":4102444800}""";
        for (int i = 1; i <= 20; i++)
            yield return ($"cut to {i} twentieths", good[..(good.Length * i / 21)]);
        for (int i = 0; i < 15; i++)
        {
            int at = (good.Length * (2 * i + 1) / 31) + 1;
            yield return ($"changed at place {i}", $"{good[..at]}{(good[at] is 'A' or '.' ? 'B' : 'A')}{good[(at + 1)..]}");
        }
        foreach (string text in (string[])[".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", "%%%.%%%.%%%", "null", "{}", "\u00e9.\u00e9.\u00e9", "e30.e30.e30", "e30..e30", ".e30.e30", "e30.e30."])
            yield return ($"text {text}", text);
        foreach (string algorithm in (string[])["none", "None", "NONE", "", "RS255", "rs256", "HS", "ES256K", "EdDSA", "dir"])
            yield return ($"alg '{algorithm}'", Issuer.Sign(claims, Issuer.Header(algorithm)));
        foreach (string algorithm in (string[])["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS384", "RS512", "HS256"])
            yield return ($"RS256 signature under {algorithm}", Issuer.Sign(claims, Issuer.Header(algorithm)));
        foreach (string secret in (string[])[Issuer.PublicPem, Issuer.Jwk, Issuer.Jwks, ""])
        {
            string signed = $"{TokenIssuer.Encode(Issuer.Header("HS256"))}.{TokenIssuer.Encode(claims)}";
            yield return ($"HS256 with the public key as secret, {secret.Length} characters", $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(signed)))}");
        }
        foreach (string header in (string[])["[]", "1", "{\"alg\":1}", "{\"alg\":\"RS256\",\"kid\":1}", "{\"alg\":\"RS256\",\"alg\":\"none\"}", "{", "{}", "{\"alg\":\"RS256\",\"kid\":\"unknown\"}", "{\"alg\":\"RS256\",\"kid\":\"../../etc/passwd\"}", "{\"alg\":\"RS256\",\"kid\":\"' OR 1=1\"}"])
            yield return ($"header {header}", Issuer.Sign(claims, header));
        foreach ((string name, string payload) in Payloads())
            yield return ($"payload {name}", Issuer.Sign(payload));
        yield return ("signed by another", new TokenIssuer().Good());
        yield return ("blank inside", good.Insert(10, " "));
        yield return ("no signature", $"{parts[0]}.{parts[1]}.");
        yield return ("signature of another token", $"{parts[0]}.{TokenIssuer.Encode(claims + " ")}.{parts[2]}");
        yield return ("several tokens in one", $"{good}, Bearer {good}");
        yield return ("huge", Issuer.Sign($$"""{"iss":"{{new string('x', 100_000)}}"}"""));
    }

    private static IEnumerable<(string Name, string Payload)> Payloads()
    {
        string issuer = $"\"iss\":\"{TokenIssuer.Issuer}\"";
        yield return ("array", "[]");
        yield return ("cut", $"{{{issuer}");
        yield return ("two objects", $"{{{issuer}}}{{}}");
        yield return ("duplicate claim", $"{{{issuer},{issuer}}}");
        yield return ("nested duplicate", $"{{{issuer},\"a\":{{\"b\":1,\"b\":2}}}}");
        yield return ("nested 1000 deep", $"{{{issuer},\"a\":{new string('[', 1000)}{new string(']', 1000)}}}");
        yield return ("issuer number", "{\"iss\":1}");
        yield return ("issuer other", "{\"iss\":\"https://issuer.test.evil\"}");
        yield return ("issuer missing", "{\"sub\":\"me\"}");
        yield return ("issuer case", $"{{\"iss\":\"{TokenIssuer.Issuer.ToUpperInvariant()}\"}}");
        yield return ("sub number", $"{{{issuer},\"sub\":7}}");
        yield return ("aud number", $"{{{issuer},\"aud\":7}}");
        yield return ("aud mixed", $"{{{issuer},\"aud\":[\"a\",1]}}");
        yield return ("jti number", $"{{{issuer},\"jti\":7}}");
        foreach (string exp in (string[])["\"4102444800\"", "-1", "1e400", "true", "null", "[]", "1", "0", "1799999900", "1e30"])
            yield return ($"exp {exp}", $"{{{issuer},\"exp\":{exp}}}");
        foreach (string nbf in (string[])["\"1\"", "-1", "4102444800", "{}"])
            yield return ($"nbf {nbf}", $"{{{issuer},\"nbf\":{nbf}}}");
        yield return ("iat text", $"{{{issuer},\"iat\":\"now\"}}");
        yield return ("iat negative", $"{{{issuer},\"iat\":-5}}");
    }
}
