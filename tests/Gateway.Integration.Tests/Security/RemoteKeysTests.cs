using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Gateway.Http.Filters.JwtAuthn;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Integration.Tests.Security;

/// <summary>Keys of tokens that a gateway fetches: over TLS, through redirects, and while they rotate under load.</summary>
public sealed class RemoteKeysTests : IAsyncLifetime, IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _stranger = new("Somebody else");
    private EchoUpstream _echo = null!;

    public async Task InitializeAsync() => _echo = await EchoUpstream.StartAsync();

    public async Task DisposeAsync() => await _echo.DisposeAsync();

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Theory]
    [InlineData("trusted", 200)]
    [InlineData("another name", 401)]
    [InlineData("unknown authority", 401)]
    [InlineData("plain text", 401)]
    [InlineData("redirect to TLS", 200)]
    [InlineData("redirect to plain text", 401)]
    public async Task Keys_come_over_TLS_from_whom_the_system_trusts(string server, int status)
    {
        using var signer = new TestTokens();
        Task Answer(HttpContext http) => http.Response.WriteAsync(signer.Jwks);
        using TestCertificate certificate = (server == "unknown authority" ? _stranger : _authority).IssueServer(server == "another name" ? ["other.test"] : ["keys.test", "127.0.0.1"]);
        await using ScriptedHttpServer plain = await ScriptedHttpServer.StartAsync(Answer);
        await using ScriptedHttpServer secure = await ScriptedHttpServer.StartAsync(http =>
        {
            if (server != "redirect to plain text")
                return Answer(http);
            http.Response.Redirect(plain.Url + "/keys");
            return Task.CompletedTask;
        }, listen => listen.UseHttps(certificate.Certificate));
        await using ScriptedHttpServer first = await ScriptedHttpServer.StartAsync(http =>
        {
            http.Response.Redirect(secure.Url + "/keys");
            return Task.CompletedTask;
        });
        await using TestGateway gateway = await StartAsync(
            server == "redirect to TLS" ? first.Url + "/keys" : "https://keys.test/keys", server == "plain text" ? plain.Port : secure.Port);

        Assert.Equal(status, await StatusAsync(gateway, signer.Sign("me")));
        Assert.Equal(200, await StatusAsync(gateway, null));
        Assert.Empty(gateway.Faults);
    }

    [Fact]
    public async Task An_issuer_rotates_its_keys_under_load_without_a_wrong_decision()
    {
        TestTokens[] signers = [.. Enumerable.Range(0, 6).Select(i => new TestTokens($"k{i}"))];
        using var forger = new TestTokens("k5");
        int published = 1;
        ScriptedHttpServer? server = null;
        server = await ScriptedHttpServer.StartAsync(http => http.Response.WriteAsync(http.Request.Path == "/.well-known/openid-configuration"
            ? $$"""{"issuer":"{{server!.Url}}","jwks_uri":"{{server.Url}}/keys"}"""
            // The key of the moment and the one before it, as issuers do.
            : TestTokens.Set(signers.AsSpan(Math.Max(0, Volatile.Read(ref published) - 2)..Volatile.Read(ref published)).ToArray())));
        await using ScriptedHttpServer issuer = server;
        await using TestGateway gateway = await StartAsync(issuer.Url, null);
        var wrong = new ConcurrentQueue<string>();
        int decisions = 0;
        using var stop = new CancellationTokenSource();

        Task load = Task.WhenAll(Enumerable.Range(0, 4).Select(async client =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                // Each token is new: none is known from before.
                int signing = Volatile.Read(ref published) - 1;
                bool isGood = i % 2 == 0;
                string token = isGood ? signers[signing].Sign($"{client}.{i}", issuer.Url) : forger.Sign($"{client}.{i}", issuer.Url, $"k{signing}");
                int status = await StatusAsync(gateway, token);
                if (status != (isGood ? 200 : 401))
                    wrong.Enqueue($"{(isGood ? "good" : "forged")} token of k{signing}: {status}");
                Interlocked.Increment(ref decisions);
            }
        }));
        for (int next = 2; next <= signers.Length; next++)
        {
            int before = Volatile.Read(ref decisions);
            await Eventually.HoldsAsync(() => Volatile.Read(ref decisions) > before + 100, "some requests were decided");
            Volatile.Write(ref published, next);
        }
        await Eventually.HoldsAsync(async () => await StatusAsync(gateway, signers[^1].Sign("end", issuer.Url)) == 200, "the last key is known");
        await stop.CancelAsync();
        await load;

        Assert.Empty(wrong);
        Assert.Equal(401, await StatusAsync(gateway, signers[0].Sign("late", issuer.Url)));
        foreach (TestTokens signer in signers)
            signer.Dispose();
    }

    /// <param name="keys">Where the keys are; with <paramref name="port"/> null, the issuer that tells.</param>
    /// <param name="port">Port of <c>keys.test</c>.</param>
    private async Task<TestGateway> StartAsync(string keys, int? port)
    {
        TestGateway gateway = await TestGateway.StartTunedAsync(options => options with
        {
            SystemAuthorities = new X509Certificate2Collection(_authority.Authority),
            JwksTiming = new JwksTiming { FirstRenewal = TimeSpan.FromMilliseconds(1) },
        });
        Assert.Empty(await gateway.ApplyAsync(
            TestConfig.HttpGateway(), TestConfig.Backend("echo.test", _echo), TestConfig.Route("*", "echo.test"),
            $$"""
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: keys, namespace: default}
            spec:
              hosts: [keys.test]
              resolution: STATIC
              ports: [{number: 443, name: https, protocol: HTTPS}]
              endpoints: [{address: 127.0.0.1, ports: {https: {{port ?? 1}} } }]
            """,
            $$"""
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata: {name: a, namespace: istio-system}
            spec: {jwtRules: [{issuer: "{{(port is null ? keys : TestTokens.Issuer)}}"{{(port is null ? "" : $", jwksUri: \"{keys}\"")}} }]}
            """));
        return gateway;
    }

    private static async Task<int> StatusAsync(TestGateway gateway, string? token)
    {
        string header = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        RawHttpResponse? answer = await RawHttpConnection.ExchangeAsync(gateway.Port(80), $"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n{header}\r\n");
        return answer!.Status;
    }
}
