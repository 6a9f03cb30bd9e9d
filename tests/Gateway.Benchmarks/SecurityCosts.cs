using System.Net;
using System.Text;
using Gateway.Config;
using Gateway.Http;
using Gateway.Http.Filters;
using Gateway.Http.Filters.JwtAuthn;
using Gateway.Http.Filters.LocalRateLimit;
using Gateway.Http.Filters.Rbac;
using Gateway.Snapshot;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>What policies cost a request, in processor time of this process: nothing here waits.</summary>
internal static class SecurityCosts
{
    private const int Runs = 7;
    private const int Tokens = 400;
    private const long Now = 1_800_000_000;

    private static readonly DownstreamConnection Connection = new()
    {
        ListenerPort = 80,
        ListenerName = "0.0.0.0_80",
        FilterChainName = "http.80",
        FilterChainKey = DownstreamConnection.KeyOf("0.0.0.0_80", "http.80"),
        IsTls = false,
        RemoteEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 50_000),
        LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 80),
        RemoteAddress = "192.0.2.1:50000",
        LocalAddress = "127.0.0.1:80",
        RemoteIp = "192.0.2.1",
        LocalIp = "127.0.0.1",
    };

    /// <summary>A request with a token that was found good before, in nanoseconds.</summary>
    public static double CachedToken()
    {
        using var signer = new TokenSigner("RS256");
        JwtVerifier verifier = Verifier(signer);
        HeaderDictionary request = Request(signer.Sign(0));
        return Nanoseconds(200_000, _ => Verify(verifier, request));
    }

    /// <summary>A request with a token that is seen for the first time, and the check of its signature alone, in nanoseconds.</summary>
    /// <param name="algorithm"><c>RS256</c> or <c>ES256</c>.</param>
    public static (double Token, double Signature) FreshToken(string algorithm)
    {
        using var signer = new TokenSigner(algorithm);
        string[] tokens = [.. Enumerable.Range(0, Tokens).Select(signer.Sign)];
        HeaderDictionary[] requests = [.. tokens.Select(Request)];
        (byte[] Signed, byte[] Signature)[] parts = [.. tokens.Select(TokenSigner.Split)];
        JwtVerifier verifier = Verifier(signer);
        double token = Nanoseconds(Tokens, i =>
        {
            // What was found good is forgotten with the verifier.
            if (i == 0)
                verifier = Verifier(signer);
            Verify(verifier, requests[i]);
        });
        double signature = Nanoseconds(Tokens, i =>
        {
            if (!signer.Verify(parts[i].Signed, parts[i].Signature))
                throw new InvalidOperationException("The signature is not good.");
        });
        return (token, signature);
    }

    /// <summary>The verdict on a request that the last of so many ALLOW rules lets pass, in nanoseconds.</summary>
    /// <param name="rules">Number of rules.</param>
    /// <param name="rule">A rule by its number.</param>
    /// <param name="host">The request's host, by the number of rules.</param>
    /// <param name="path">Its path.</param>
    public static double Verdict(int rules, Func<int, string> rule, Func<int, string> host, Func<int, string> path)
    {
        string policy = $$"""
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: allow, namespace: istio-system}
            spec: {rules: [{{string.Join(", ", Enumerable.Range(0, rules).Select(rule))}}]}
            """;
        RbacRules compiled = Compile(policy).Security.Rbac!.Http;
        Routing.RouteRequest request = CompiledFleet.Get(host(rules), path(rules));
        var input = new RbacInput();
        return Nanoseconds(50_000, _ =>
        {
            input.Begin(Connection, request, "192.0.2.1");
            if (compiled.Denied(input) is not null)
                throw new InvalidOperationException("The request is denied.");
            input.End();
        });
    }

    /// <summary>A request under a limit for each client, what is told in its response included, in nanoseconds.</summary>
    public static double RateLimit()
    {
        GatewaySnapshot snapshot = Compile("""
            apiVersion: gateway.internal/v1alpha1
            kind: RateLimitPolicy
            metadata: {name: limits, namespace: istio-system}
            spec: {limits: [{name: client, key: [{source: CLIENT_ADDRESS}], requests: 1000000000}]}
            """);
        LinkedRateLimits linked = new RateLimitRegistry(TimeProvider.System, NullLoggerFactory.Instance).Link(snapshot.RateLimits)!;
        var filter = new LocalRateLimitFilter(linked, forwards: false, new Random(1));
        RequestContext request = Context(snapshot);
        return Nanoseconds(100_000, _ =>
        {
            ValueTask<FilterResult> result = filter.OnRequestAsync(request);
            if (!result.IsCompletedSuccessfully || result.Result != FilterResult.Continue)
                throw new InvalidOperationException("The request is refused.");
            filter.OnResponse(request);
            request.RateLimits!.Clear();
            request.AnswerHeaders.Clear();
        });
    }

    private static RequestContext Context(GatewaySnapshot snapshot)
    {
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature { Method = "GET", RawTarget = "/", Protocol = "HTTP/1.1" });
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set(Connection);
        var request = new RequestContext(TimeProvider.System);
        request.Http.Initialize(features);
        request.Begin(features, Connection);
        request.Chain = new LiveSnapshot(snapshot, [], new SnapshotFilters { Forwarding = [] }).FindChain(Connection.FilterChainKey)!;
        request.Authority = "a.test";
        request.Path = "/";
        request.Scheme = "http";
        request.Info.ClientAddress = "192.0.2.1";
        RouteChoice.Choose(request, new Random(1));
        return request;
    }

    private static GatewaySnapshot Compile(string policy)
    {
        const string Base = """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: gateway, namespace: default}
            spec: {servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: all, namespace: default}
            spec: {hosts: ["*"], gateways: [gateway], http: [{directResponse: {status: 200}}]}
            ---

            """;
        return CompiledFleet.Compile([new ConfigDocument("policies.yaml", Encoding.UTF8.GetBytes(Base + policy))]);
    }

    private static JwtVerifier Verifier(TokenSigner signer) => new([new JwtProvider(
        new JwtRuleConfig
        {
            Policy = "RequestAuthentication istio-system/benchmark",
            Issuer = TokenSigner.Issuer,
            Audiences = ["shop"],
            Keys = new JwksLocation { Inline = signer.Jwks },
            Headers = [new JwtHeaderLocation("authorization", "Bearer ")],
            Parameters = ["access_token"],
            SpaceDelimitedClaims = ["permission", "scope"],
            ForwardsToken = true,
        }, JwtRegistry.Inline(signer.Jwks))]);

    private static HeaderDictionary Request(string token) => new() { ["authorization"] = "Bearer " + token, ["accept"] = "*/*" };

    private static void Verify(JwtVerifier verifier, HeaderDictionary request)
    {
        ValueTask<JwtOutcome> outcome = verifier.VerifyAsync(request, "", Now, CancellationToken.None);
        if (!outcome.IsCompletedSuccessfully || outcome.Result.Claims is null)
            throw new InvalidOperationException("The token is not taken.");
    }

    /// <summary>The least processor time of a few runs: what else the machine does only adds.</summary>
    private static double Nanoseconds(int count, Action<int> act)
    {
        double best = double.MaxValue;
        for (int run = 0; run < Runs; run++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < count; i++)
                act(i);
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - before).TotalNanoseconds / count);
        }
        return best;
    }
}
