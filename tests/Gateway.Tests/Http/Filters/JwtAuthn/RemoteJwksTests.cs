using System.Text;
using Gateway.Clusters.Discovery;
using Gateway.Config;
using Gateway.Http.Filters.JwtAuthn;
using Gateway.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Http.Filters.JwtAuthn;

public sealed class RemoteJwksTests
{
    private static readonly JwksTiming Quick = new()
    {
        FirstRetry = TimeSpan.FromMilliseconds(5),
        LongestRetry = TimeSpan.FromMilliseconds(20),
        FirstRenewal = TimeSpan.FromMilliseconds(1),
    };

    [Fact]
    public async Task Keys_are_found_by_discovery_and_taken_over_while_they_rotate_without_a_wrong_decision()
    {
        TokenIssuer current = new("k0");
        ScriptedHttpServer? server = null;
        server = await ScriptedHttpServer.StartAsync(context => context.Response.WriteAsync(
            context.Request.Path == "/.well-known/openid-configuration" ? $$"""{"jwks_uri":"{{server!.Url}}/keys"}""" : current.Jwks));
        await using ScriptedHttpServer issuer = server;
        JwtRuleConfig rule = TokenIssuer.Rule() with { Keys = new JwksLocation { Issuer = server.Url } };
        using JwtRegistry registry = Registry();
        JwtVerifier verifier = registry.Link([rule])!;

        for (int rotation = 1; rotation <= 5; rotation++)
        {
            string good = current.Good();
            string bad = new TokenIssuer($"k{rotation - 1}").Good();
            await Parallel.ForAsync(0, 40, async (i, _) =>
            {
                Assert.Null(await StatusAsync(verifier, good));
                Assert.NotNull(await StatusAsync(verifier, bad));
            });
            TokenIssuer before = current;
            current = new TokenIssuer($"k{rotation}");
            Assert.Null(await StatusAsync(verifier, current.Good()));
            Assert.NotNull(await StatusAsync(verifier, before.Good()));
        }
    }

    [Theory]
    [InlineData("huge")]
    [InlineData("no json")]
    [InlineData("html")]
    [InlineData("error")]
    [InlineData("redirects without end")]
    [InlineData("short key")]
    [InlineData("no keys")]
    [InlineData("slow")]
    public async Task A_key_set_that_cannot_be_had_refuses_tokens(string fault)
    {
        TokenIssuer signer = new();
        await using ScriptedHttpServer server = await ScriptedHttpServer.StartAsync(async context =>
        {
            switch (fault)
            {
                case "huge":
                    await context.Response.WriteAsync(new string(' ', JwksFetcher.MaxBytes) + signer.Jwks);
                    break;
                case "redirects without end":
                    context.Response.Redirect("/again");
                    break;
                case "error":
                    context.Response.StatusCode = 500;
                    await context.Response.WriteAsync(signer.Jwks);
                    break;
                case "slow":
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                    break;
                default:
                    await context.Response.WriteAsync(fault switch { "no json" => "keys", "html" => "<html>", "short key" => new TokenIssuer("k1", 512).Jwks, _ => "{\"keys\":[]}" });
                    break;
            }
        });
        using JwtRegistry registry = Registry();
        JwtVerifier verifier = registry.Link([Rule(server.Url, TimeSpan.FromMilliseconds(fault == "slow" ? 50 : 5000))])!;

        Assert.Equal(JwtStatus.FetchFailed, await StatusAsync(verifier, signer.Good()));
    }

    [Fact]
    public async Task A_wrong_content_type_and_a_redirect_do_not_matter()
    {
        TokenIssuer signer = new();
        await using ScriptedHttpServer server = await ScriptedHttpServer.StartAsync(async context =>
        {
            if (context.Request.Path == "/")
            {
                context.Response.Redirect("/elsewhere");
                return;
            }
            context.Response.ContentType = "image/png";
            await context.Response.WriteAsync(signer.Jwks);
        });
        using JwtRegistry registry = Registry();

        Assert.Null(await StatusAsync(registry.Link([Rule(server.Url, TimeSpan.FromSeconds(5))])!, signer.Good()));
    }

    /// <summary>Names of keys that nobody has cost the issuer few requests, and delay a new key for a bounded time.</summary>
    [Fact]
    public async Task Forged_names_of_keys_neither_flood_the_issuer_nor_keep_a_new_key_unknown()
    {
        TokenIssuer current = new("k0");
        int fetches = 0;
        await using ScriptedHttpServer server = await ScriptedHttpServer.StartAsync(context =>
        {
            Interlocked.Increment(ref fetches);
            return context.Response.WriteAsync(current.Jwks);
        });
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var registry = new JwtRegistry(
            new DnsResolver(ResolverConfig.FromSystem(), TimeProvider.System), _ => null, new JwksTiming(), time, NullLoggerFactory.Instance);
        JwtVerifier verifier = registry.Link([Rule(server.Url, TimeSpan.FromSeconds(5))])!;
        Assert.Null(await StatusAsync(verifier, current.Good()));

        // A minute of forged tokens, ten a second: after 0, 1, 3, 7, 15, 25, 35, 45 and 55 s.
        string forged = new TokenIssuer("forged").Good();
        for (int i = 0; i < 600; i++)
        {
            Assert.Equal(JwtStatus.NoMatchingKey, await StatusAsync(verifier, forged));
            time.Advance(TimeSpan.FromMilliseconds(100));
        }
        Assert.InRange(fetches, 5, 12);
        current = new TokenIssuer("k1");
        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Null(await StatusAsync(verifier, current.Good()));
    }

    [Fact]
    public async Task The_last_good_keys_stay_while_fetches_fail()
    {
        TokenIssuer signer = new();
        bool fails = false;
        await using ScriptedHttpServer server = await ScriptedHttpServer.StartAsync(context =>
        {
            context.Response.StatusCode = fails ? 503 : 200;
            return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(signer.Jwks)).AsTask();
        });
        using JwtRegistry registry = Registry();
        JwtVerifier verifier = registry.Link([Rule(server.Url, TimeSpan.FromSeconds(5))])!;
        Assert.Null(await StatusAsync(verifier, signer.Good()));

        fails = true;
        Assert.NotNull(await StatusAsync(verifier, new TokenIssuer("other").Good()));
        await Eventually.HoldsAsync(() => registry.Remote.First().Failures > 0, "a fetch has failed");

        Assert.Null(await StatusAsync(verifier, signer.Good(",\"more\":1")));
    }

    private static JwtRegistry Registry() => new(
        new DnsResolver(ResolverConfig.FromSystem(), TimeProvider.System), _ => null, Quick, TimeProvider.System, NullLoggerFactory.Instance);

    private static JwtRuleConfig Rule(string uri, TimeSpan timeout) =>
        TokenIssuer.Rule() with { Keys = new JwksLocation { Uri = uri, Timeout = timeout, Endpoints = default(EquatableArray<string>) } };

    private static async Task<JwtStatus?> StatusAsync(JwtVerifier verifier, string token) =>
        (await verifier.VerifyAsync(new HeaderDictionary { ["authorization"] = $"Bearer {token}" }, "", 1_800_000_000, CancellationToken.None)).Failure;
}
