using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.RateLimits;

/// <summary>RateLimitPolicies over real sockets. Budgets fill so slowly that none comes back during a test.</summary>
public sealed class RateLimitPolicyTests : IAsyncLifetime
{
    private EchoUpstream _echo = null!;

    public async Task InitializeAsync() => _echo = await EchoUpstream.StartAsync();

    public async Task DisposeAsync() => await _echo.DisposeAsync();

    [Fact]
    public async Task What_is_over_the_limit_is_refused_with_what_the_client_needs_to_know()
    {
        await using TestGateway gateway = await StartAsync("limits: [{name: all, requests: 2, unit: HOUR}]");

        using HttpResponseMessage first = await SendAsync(gateway);
        using HttpResponseMessage second = await SendAsync(gateway);
        using HttpResponseMessage third = await SendAsync(gateway);

        Assert.Equal((200, 200, 429), ((int)first.StatusCode, (int)second.StatusCode, (int)third.StatusCode));
        Assert.Equal("\"all\";q=2;w=3600", Header(first, "ratelimit-policy"));
        Assert.StartsWith("\"all\";r=1;t=", Header(first, "ratelimit"), StringComparison.Ordinal);
        Assert.StartsWith("\"all\";r=0;t=", Header(third, "ratelimit"), StringComparison.Ordinal);
        Assert.InRange(int.Parse(Header(third, "retry-after")!, System.Globalization.CultureInfo.InvariantCulture), 1790, 1800);
        Assert.Equal("local_rate_limited", await third.Content.ReadAsStringAsync());
        CompletedRequest completed = await gateway.CompletionAsync(request => request.Status == 429);
        Assert.Equal(("RL", "local_rate_limited"), (completed.Flags, completed.Details));
        Assert.Equal(2, _echo.Requests.Count);
    }

    [Theory]
    [InlineData("[{source: HEADER, name: X-Key}]", "a", "b", true)]
    [InlineData("[{source: HEADER, name: X-Other}]", "a", "b", false)]
    [InlineData("[{source: CLIENT_ADDRESS}]", "a", "b", false)]
    [InlineData("[{source: HOST}]", "a", "b", false)]
    [InlineData("[{source: CLAIM, name: sub}]", "a", "b", false)]
    [InlineData("[{source: ROUTE}, {source: HEADER, name: x-key}]", "a", "b", true)]
    public async Task Each_key_has_a_budget_of_its_own(string key, string one, string other, bool isAnother)
    {
        await using TestGateway gateway = await StartAsync($"limits: [{{name: each, key: {key}, requests: 1, unit: DAY}}]");

        Assert.Equal(200, await StatusAsync(gateway, key: one));
        Assert.Equal(429, await StatusAsync(gateway, key: one));
        Assert.Equal(isAnother ? 200 : 429, await StatusAsync(gateway, key: other));
    }

    [Fact]
    public async Task Each_subject_of_a_valid_token_has_a_budget_of_its_own_and_an_invalid_one_none()
    {
        using var signer = new TestTokens();
        using var forger = new TestTokens();
        string[] documents =
        [
            .. Documents(), Policy("limits: [{name: each, key: [{source: CLAIM, name: sub}], requests: 2, unit: DAY}, {name: team, key: [{source: CLAIM, name: '[org][team]'}], requests: 3, unit: DAY}]"),
            $$"""
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata: {name: a, namespace: istio-system}
            spec: {jwtRules: [{issuer: "{{TestTokens.Issuer}}", jwks: '{{signer.Jwks}}'}]}
            """,
        ];
        await using TestGateway gateway = await TestGateway.StartAsync(documents);
        const string Team = ",\"org\":{\"team\":\"t\"}";

        Assert.Equal("200 200 429", await SendThriceAsync(signer.Sign("alice", more: Team)));
        Assert.Equal("401 401 401", await SendThriceAsync(forger.Sign("bob", more: Team)));
        // One left for the team, of which bob is as well.
        Assert.Equal("200 429 429", await SendThriceAsync(signer.Sign("bob", more: Team)));
        Assert.Equal("200 200 429", await SendThriceAsync(signer.Sign("carol")));
        // What has no team shares the budget of the team that is none.
        Assert.Equal("200 429 429", await SendThriceAsync(null));

        async Task<string> SendThriceAsync(string? token)
        {
            var statuses = new List<int>();
            using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
            for (int i = 0; i < 3; i++)
            {
                using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", "a.test", "/");
                if (token is not null)
                    request.Headers.Authorization = new("Bearer", token);
                using HttpResponseMessage response = await client.SendAsync(request);
                statuses.Add((int)response.StatusCode);
            }
            return string.Join(' ', statuses);
        }
    }

    [Fact]
    public async Task Each_client_behind_a_trusted_proxy_has_a_budget_of_its_own()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(
            [.. Documents(), Policy("limits: [{name: each, key: [{source: CLIENT_ADDRESS}], requests: 1, unit: DAY}]"),
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n    defaultConfig: {gatewayTopology: {numTrustedProxies: 1}}\n"]);

        Assert.Equal((200, 429), (await FromAsync("192.0.2.1"), await FromAsync("192.0.2.1")));
        Assert.Equal((200, 429), (await FromAsync("192.0.2.2"), await FromAsync("198.51.100.9, 192.0.2.2")));
        // One client has a whole /64.
        Assert.Equal((200, 429, 200), (await FromAsync("2001:db8::1"), await FromAsync("2001:db8::2"), await FromAsync("2001:db8:0:1::1")));

        async Task<int> FromAsync(string forwardedFor)
        {
            RawHttpResponse? answer = await RawHttpConnection.ExchangeAsync(gateway.Port(80), $"GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: {forwardedFor}\r\nConnection: close\r\n\r\n");
            return answer!.Status;
        }
    }

    [Fact]
    public async Task Hosts_and_routes_have_budgets_of_their_own_and_a_burst_is_let_through_at_once()
    {
        await using TestGateway gateway = await StartAsync("limits: [{name: each, key: [{source: HOST}], requests: 1, unit: DAY, burst: 3}]");

        foreach (string host in (string[])["a.test", "b.test"])
        {
            for (int i = 0; i < 3; i++)
                Assert.Equal(200, await StatusAsync(gateway, host));
            Assert.Equal(429, await StatusAsync(gateway, host));
        }
    }

    [Theory]
    [InlineData("targetRefs: [{kind: VirtualService, name: route-a.test}]", "a.test", "/", true)]
    [InlineData("targetRefs: [{kind: VirtualService, name: route-a.test}]", "b.test", "/", false)]
    [InlineData("targetRefs: [{kind: Gateway, name: gateway}]", "b.test", "/", true)]
    [InlineData("targetRefs: [{kind: Gateway, name: gateway-other}]", "a.test", "/", false)]
    [InlineData("hosts: [a.test]", "a.test", "/", true)]
    [InlineData("hosts: [A.test]", "b.test", "/", false)]
    [InlineData("hosts: ['*.test']", "b.test", "/", true)]
    public async Task Targets_and_hosts_say_whose_requests_are_meant(string target, string host, string path, bool isMeant)
    {
        await using TestGateway gateway = await StartAsync($"{target}\n  limits: [{{name: one, requests: 1, unit: DAY}}]", ns: "default");

        Assert.Equal(200, await StatusAsync(gateway, host, path));
        Assert.Equal(isMeant ? 429 : 200, await StatusAsync(gateway, host, path));
    }

    [Fact]
    public async Task A_match_limits_what_it_matches_and_nothing_else()
    {
        await using TestGateway gateway = await StartAsync("limits: [{name: login, match: [{path: {prefix: /login}, methods: [GET]}], requests: 1, unit: DAY}]");

        Assert.Equal(200, await StatusAsync(gateway, path: "/login"));
        Assert.Equal(429, await StatusAsync(gateway, path: "/login/again"));
        Assert.Equal(200, await StatusAsync(gateway, path: "/"));
        Assert.Equal(429, await StatusAsync(gateway, path: "/x/../login"));
    }

    [Fact]
    public async Task Requests_without_a_route_are_limited_by_a_policy_for_all()
    {
        await using TestGateway gateway = await StartAsync("limits: [{name: all, requests: 1, unit: DAY}]");

        Assert.Equal(404, await StatusAsync(gateway, "nobody.example"));
        Assert.Equal(429, await StatusAsync(gateway, "nobody.example"));
    }

    [Fact]
    public async Task A_dry_run_refuses_nothing()
    {
        await using TestGateway gateway = await StartAsync("limits: [{name: all, requests: 1, unit: DAY, dryRun: true}]");

        using HttpResponseMessage first = await SendAsync(gateway);
        using HttpResponseMessage second = await SendAsync(gateway);

        Assert.Equal((200, 200), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.Null(Header(second, "ratelimit"));
    }

    [Fact]
    public async Task Budgets_go_on_over_a_reload_that_does_not_touch_them()
    {
        const string Limits = "limits: [{name: all, requests: 1, unit: DAY}]";
        await using TestGateway gateway = await StartAsync(Limits);
        Assert.Equal(200, await StatusAsync(gateway));

        Assert.Empty(await gateway.ApplyAsync([.. Documents(), "# moved\n\n" + Policy(Limits)]));
        Assert.Equal(429, await StatusAsync(gateway));

        Assert.Empty(await gateway.ApplyAsync([.. Documents(), Policy("limits: [{name: all, requests: 2, unit: DAY}]")]));
        Assert.Equal(200, await StatusAsync(gateway));
    }

    [Fact]
    public async Task A_policy_that_cannot_be_read_is_an_error_and_limits_nothing_and_its_neighbour_does()
    {
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);

        IReadOnlyList<string> errors = await gateway.ApplyAsync(
            [.. Documents(), Policy("limits: [{name: all, requests: 0}]"), Policy("limits: [{name: b, match: [{path: {exact: /b}}], requests: 1, unit: DAY}]", name: "other")]);

        Assert.Contains("spec.limits[0].requests", Assert.Single(errors), StringComparison.Ordinal);
        Assert.Equal((200, 200), (await StatusAsync(gateway), await StatusAsync(gateway)));
        Assert.Equal((200, 429), (await StatusAsync(gateway, path: "/b"), await StatusAsync(gateway, path: "/b")));
    }

    [Fact]
    public async Task Grpc_clients_get_unavailable()
    {
        await using TestGateway gateway = await StartAsync("limits: [{name: all, requests: 1, unit: DAY}]");
        Assert.Equal(200, await StatusAsync(gateway));

        using HttpResponseMessage refused = await SendAsync(gateway, contentType: "application/grpc");

        Assert.Equal((200, "14"), ((int)refused.StatusCode, Header(refused, "grpc-status")));
    }

    private async Task<TestGateway> StartAsync(string spec, string ns = "istio-system") => await TestGateway.StartAsync([.. Documents(), Policy(spec, ns)]);

    private string[] Documents() =>
        [TestConfig.HttpGateway(), TestConfig.HttpGateway(81, "gateway-other"), TestConfig.Backend("up.test", _echo), TestConfig.Route("a.test", "up.test"), TestConfig.Route("b.test", "up.test")];

    private static string Policy(string spec, string ns = "istio-system", string name = "limits") => $$"""
        apiVersion: gateway.internal/v1alpha1
        kind: RateLimitPolicy
        metadata: {name: {{name}}, namespace: {{ns}}}
        spec:
          {{spec}}
        """;

    private static async Task<int> StatusAsync(TestGateway gateway, string host = "a.test", string path = "/", string? key = null)
    {
        using HttpResponseMessage response = await SendAsync(gateway, host, path, key);
        return (int)response.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(TestGateway gateway, string host = "a.test", string path = "/", string? key = null, string? contentType = null)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", host, path);
        if (key is not null)
            request.Headers.Add("x-key", key);
        if (contentType is not null)
        {
            request.Method = HttpMethod.Post;
            request.Content = new ByteArrayContent([]);
            request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        }
        HttpResponseMessage response = await client.SendAsync(request);
        await response.Content.LoadIntoBufferAsync();
        return response;
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.Single() : null;
}
