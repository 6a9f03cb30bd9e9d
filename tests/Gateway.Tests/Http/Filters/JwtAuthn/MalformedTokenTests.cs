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
        (_, string token, JwtStatus[] answers) = Tokens().First(one => one.Name == name);

        JwtOutcome outcome = await VerifyAsync(Verifier, token);

        Assert.Contains(outcome.Failure, answers);
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

    /// <summary>A good token may be large; what it costs is bounded by the limit of request headers.</summary>
    [Fact]
    public async Task A_thousand_claims_are_read_when_they_are_signed_and_only_then()
    {
        string claims = string.Concat(Enumerable.Range(0, 1000).Select(i => $",\"claim-{i}\":{i}"));
        string token = Issuer.Good(claims);

        Assert.Equal(999, (await VerifyAsync(Verifier, token)).Claims!.Find("claim-999")!.Number);
        Assert.Equal(JwtStatus.VerificationFails, (await VerifyAsync(Verifier, new TokenIssuer().Good(claims))).Failure);
    }

    /// <summary>A thousand tokens that are refused leave nothing behind and cost less than a check of a signature each.</summary>
    [Fact]
    public async Task Tokens_that_cannot_be_read_cost_no_check_of_a_signature()
    {
        string[] unreadable = [.. Tokens().Where(token => !token.Answers.Contains(JwtStatus.VerificationFails) && token.Token.Length < 2000).Select(token => token.Token)];
        foreach (string token in unreadable)
            await VerifyAsync(Verifier, token);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (string token in unreadable)
            await VerifyAsync(Verifier, token);

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / unreadable.Length, 0, 16 * 1024);
    }

    private static IEnumerable<(string Name, string Token, JwtStatus[] Answers)> Tokens()
    {
        string good = Issuer.Good();
        string[] parts = good.Split('.');
        string claims = $$"""{"iss":"{{TokenIssuer.Issuer}}","sub":"me","exp":4102444800}""";
        for (int i = 1; i <= 20; i++)
            yield return ($"cut to {i} twentieths", good[..(good.Length * i / 21)], [JwtStatus.BadFormat, JwtStatus.SignatureBadBase64, JwtStatus.VerificationFails]);
        for (int i = 0; i < 15; i++)
        {
            int at = (good.Length * (2 * i + 1) / 31) + 1;
            yield return ($"changed at place {i}", $"{good[..at]}{(good[at] is 'A' or '.' ? 'B' : 'A')}{good[(at + 1)..]}", [JwtStatus.HeaderBadJson, JwtStatus.PayloadBadJson, JwtStatus.VerificationFails]);
        }
        foreach (string text in (string[])[".", "..", "...", "a", "a.b", "a.b.c.d", "%%%.%%%.%%%", "null", "{}", "\u00e9.\u00e9.\u00e9", "e30..e30", ".e30.e30", "e30.e30."])
            yield return ($"text {text}", text, [JwtStatus.BadFormat]);
        yield return ("text a.b.c", "a.b.c", [JwtStatus.HeaderBadBase64]);
        yield return ("text e30.e30.e30", "e30.e30.e30", [JwtStatus.HeaderBadAlg]);
        foreach (string algorithm in (string[])["none", "None", "NONE", "", "RS255", "rs256", "HS", "ES256K", "EdDSA", "dir"])
            yield return ($"alg '{algorithm}'", Issuer.Sign(claims, Issuer.Header(algorithm)), [algorithm == "EdDSA" ? JwtStatus.VerificationFails : JwtStatus.HeaderUnknownAlg]);
        foreach (string algorithm in (string[])["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS384", "RS512", "HS256"])
            yield return ($"RS256 signature under {algorithm}", Issuer.Sign(claims, Issuer.Header(algorithm)), [JwtStatus.VerificationFails]);
        foreach (string secret in (string[])[Issuer.PublicPem, Issuer.Jwk, Issuer.Jwks, ""])
        {
            string signed = $"{TokenIssuer.Encode(Issuer.Header("HS256"))}.{TokenIssuer.Encode(claims)}";
            yield return ($"HS256 with the public key as secret, {secret.Length} characters", $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(signed)))}", [JwtStatus.VerificationFails]);
        }
        foreach ((string header, JwtStatus answer) in Headers())
            yield return ($"header {header}", Issuer.Sign(claims, header), [answer]);
        foreach ((string name, string payload, JwtStatus answer) in Payloads())
            yield return ($"payload {name}", Issuer.Sign(payload), [answer]);
        yield return ("signed by another", new TokenIssuer().Good(), [JwtStatus.VerificationFails]);
        yield return ("blank inside", good.Insert(10, " "), [JwtStatus.HeaderBadBase64]);
        yield return ("no signature", $"{parts[0]}.{parts[1]}.", [JwtStatus.BadFormat]);
        yield return ("signature of another token", $"{parts[0]}.{TokenIssuer.Encode(claims + " ")}.{parts[2]}", [JwtStatus.VerificationFails]);
        yield return ("several tokens in one", $"{good}, Bearer {good}", [JwtStatus.BadFormat]);
        yield return ("huge", Issuer.Sign($$"""{"iss":"{{new string('x', 100_000)}}"}"""), [JwtStatus.UnknownIssuer]);
    }

    private static IEnumerable<(string Header, JwtStatus Answer)> Headers() =>
    [
        ("[]", JwtStatus.HeaderBadJson),
        ("1", JwtStatus.HeaderBadJson),
        ("{", JwtStatus.HeaderBadJson),
        ("{}", JwtStatus.HeaderBadAlg),
        ("{\"alg\":1}", JwtStatus.HeaderBadAlg),
        ("{\"alg\":\"RS256\",\"kid\":1}", JwtStatus.HeaderBadKid),
        ("{\"alg\":\"RS256\",\"alg\":\"none\"}", JwtStatus.HeaderBadJson),
        ("{\"alg\":\"RS256\",\"kid\":\"unknown\"}", JwtStatus.NoMatchingKey),
        ("{\"alg\":\"RS256\",\"kid\":\"../../etc/passwd\"}", JwtStatus.NoMatchingKey),
        ("{\"alg\":\"RS256\",\"kid\":\"' OR 1=1\"}", JwtStatus.NoMatchingKey),
    ];

    private static IEnumerable<(string Name, string Payload, JwtStatus Answer)> Payloads()
    {
        string issuer = $"\"iss\":\"{TokenIssuer.Issuer}\"";
        yield return ("array", "[]", JwtStatus.PayloadBadJson);
        yield return ("cut", $"{{{issuer}", JwtStatus.PayloadBadJson);
        yield return ("two objects", $"{{{issuer}}}{{}}", JwtStatus.PayloadBadJson);
        yield return ("duplicate claim", $"{{{issuer},{issuer}}}", JwtStatus.PayloadBadJson);
        yield return ("nested duplicate", $"{{{issuer},\"a\":{{\"b\":1,\"b\":2}}}}", JwtStatus.PayloadBadJson);
        yield return ("nested 1000 deep", $"{{{issuer},\"a\":{new string('[', 1000)}{new string(']', 1000)}}}", JwtStatus.PayloadBadJson);
        yield return ("issuer number", "{\"iss\":1}", JwtStatus.IssuerNotString);
        yield return ("issuer other", "{\"iss\":\"https://issuer.test.evil\"}", JwtStatus.UnknownIssuer);
        yield return ("issuer missing", "{\"sub\":\"me\"}", JwtStatus.UnknownIssuer);
        yield return ("issuer case", $"{{\"iss\":\"{TokenIssuer.Issuer.ToUpperInvariant()}\"}}", JwtStatus.UnknownIssuer);
        yield return ("sub number", $"{{{issuer},\"sub\":7}}", JwtStatus.SubjectNotString);
        yield return ("aud number", $"{{{issuer},\"aud\":7}}", JwtStatus.AudienceNotString);
        yield return ("aud mixed", $"{{{issuer},\"aud\":[\"a\",1]}}", JwtStatus.AudienceNotString);
        yield return ("jti number", $"{{{issuer},\"jti\":7}}", JwtStatus.IdNotString);
        foreach ((string exp, JwtStatus answer) in ((string, JwtStatus)[])
        [
            ("\"4102444800\"", JwtStatus.ExpiryNotInteger), ("true", JwtStatus.ExpiryNotInteger), ("null", JwtStatus.ExpiryNotInteger), ("[]", JwtStatus.ExpiryNotInteger),
            ("-1", JwtStatus.ExpiryOutOfRange), ("1e30", JwtStatus.ExpiryOutOfRange), ("1e400", JwtStatus.PayloadBadJson),
            ("1", JwtStatus.Expired), ("0", JwtStatus.Expired), ("1799999900", JwtStatus.Expired),
        ])
        {
            yield return ($"exp {exp}", $"{{{issuer},\"exp\":{exp}}}", answer);
        }
        foreach ((string nbf, JwtStatus answer) in ((string, JwtStatus)[])
            [("\"1\"", JwtStatus.NotBeforeNotInteger), ("{}", JwtStatus.NotBeforeNotInteger), ("-1", JwtStatus.NotBeforeOutOfRange), ("4102444800", JwtStatus.NotYetValid)])
        {
            yield return ($"nbf {nbf}", $"{{{issuer},\"nbf\":{nbf}}}", answer);
        }
        yield return ("iat text", $"{{{issuer},\"iat\":\"now\"}}", JwtStatus.IssuedAtNotInteger);
        yield return ("iat negative", $"{{{issuer},\"iat\":-5}}", JwtStatus.IssuedAtOutOfRange);
    }
}
