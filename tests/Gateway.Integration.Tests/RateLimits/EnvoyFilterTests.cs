using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.RateLimits;

/// <summary>The EnvoyFilters of Istio's documentation for local rate limits, at a gateway.</summary>
public sealed class EnvoyFilterTests : IAsyncLifetime
{
    private const string Limit = """
        stat_prefix: http_local_rate_limiter
        token_bucket: {max_tokens: 1, tokens_per_fill: 1, fill_interval: 600s}
        filter_enabled: {runtime_key: local_rate_limit_enabled, default_value: {numerator: 100, denominator: HUNDRED}}
        filter_enforced: {runtime_key: local_rate_limit_enforced, default_value: {numerator: 100, denominator: HUNDRED}}
        response_headers_to_add: [{append: false, header: {key: x-local-rate-limit, value: 'true'}}]
        """;

    private EchoUpstream _echo = null!;

    public async Task InitializeAsync() => _echo = await EchoUpstream.StartAsync();

    public async Task DisposeAsync() => await _echo.DisposeAsync();

    [Fact]
    public async Task The_gateway_wide_form_limits_all_hosts_together()
    {
        await using TestGateway gateway = await StartAsync(HttpFilter(Limit));

        using HttpResponseMessage first = await SendAsync(gateway, "a.test");
        using HttpResponseMessage second = await SendAsync(gateway, "b.test");

        Assert.Equal((200, 429), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.Equal("local_rate_limited", await second.Content.ReadAsStringAsync());
        Assert.Equal(["true"], second.Headers.GetValues("x-local-rate-limit"));
        Assert.False(first.Headers.Contains("x-local-rate-limit"));
        Assert.Equal("RL", (await gateway.CompletionAsync(request => request.Status == 429)).Flags);
    }

    [Fact]
    public async Task The_form_for_a_virtual_host_limits_that_one()
    {
        await using TestGateway gateway = await StartAsync(HttpFilter("stat_prefix: http_local_rate_limiter") + PerRoute("VIRTUAL_HOST", "vhost: {name: 'a.test:80'}", Limit));

        Assert.Equal((200, 429), (await StatusAsync(gateway, "a.test"), await StatusAsync(gateway, "a.test")));
        Assert.Equal((200, 200), (await StatusAsync(gateway, "b.test"), await StatusAsync(gateway, "b.test")));
    }

    [Fact]
    public async Task The_form_for_routes_gives_each_its_own_bucket()
    {
        await using TestGateway gateway = await StartAsync(HttpFilter("stat_prefix: http_local_rate_limiter") + PerRoute("HTTP_ROUTE", "vhost: {route: {action: ANY}}", Limit));

        Assert.Equal((200, 429), (await StatusAsync(gateway, "a.test"), await StatusAsync(gateway, "a.test")));
        Assert.Equal((200, 429), (await StatusAsync(gateway, "b.test"), await StatusAsync(gateway, "b.test")));
    }

    [Fact]
    public async Task Descriptors_limit_what_their_actions_name()
    {
        const string Descriptors = """
            token_bucket: {max_tokens: 100, tokens_per_fill: 100, fill_interval: 60s}
            enable_x_ratelimit_headers: DRAFT_VERSION_03
            filter_enabled: {default_value: {numerator: 100}}
            filter_enforced: {default_value: {numerator: 100}}
            descriptors:
            - entries: [{key: header_match, value: productpage}]
              token_bucket: {max_tokens: 1, tokens_per_fill: 1, fill_interval: 60s}
            """;
        const string Actions = """
            rate_limits:
            - actions:
              - header_value_match:
                  descriptor_value: productpage
                  expect_match: true
                  headers: [{name: ':path', string_match: {prefix: /productpage, ignore_case: true}}]
            """;
        await using TestGateway gateway = await StartAsync(
            HttpFilter("stat_prefix: http_local_rate_limiter") + PerRoute("HTTP_ROUTE", "vhost: {route: {action: ANY}}", Descriptors, Actions));

        using HttpResponseMessage first = await SendAsync(gateway, "a.test", "/ProductPage");
        using HttpResponseMessage second = await SendAsync(gateway, "a.test", "/productpage?x=y");
        using HttpResponseMessage other = await SendAsync(gateway, "a.test", "/");

        Assert.Equal((200, 429, 200), ((int)first.StatusCode, (int)second.StatusCode, (int)other.StatusCode));
        Assert.Equal(("1", "0"), (second.Headers.GetValues("x-ratelimit-limit").Single(), second.Headers.GetValues("x-ratelimit-remaining").Single()));
        Assert.Equal("100", other.Headers.GetValues("x-ratelimit-limit").Single());
    }

    [Theory]
    [InlineData("string_match: {exact: /a/b.c}", true)]
    [InlineData("string_match: {prefix: /a}", true)]
    [InlineData("string_match: {suffix: .c}", true)]
    [InlineData("string_match: {suffix: bxc}", false)]
    [InlineData("string_match: {contains: /B., ignore_case: true}", true)]
    [InlineData("string_match: {contains: /B.}", false)]
    [InlineData("string_match: {safe_regex: {regex: '/a/[b].*'}}", true)]
    [InlineData("string_match: {safe_regex: {regex: '/a'}}", false)]
    [InlineData("present_match: true", true)]
    [InlineData("prefix_match: /x, invert_match: true", true)]
    public async Task Headers_are_matched_in_all_the_ways_that_Envoy_has_for_texts(string match, bool isLimited)
    {
        await using TestGateway gateway = await StartAsync(HttpFilter("stat_prefix: http_local_rate_limiter") + PerRoute(
            "HTTP_ROUTE", "vhost: {name: 'a.test:80', route: {action: ROUTE}}",
            """
            token_bucket: {max_tokens: 100, tokens_per_fill: 100, fill_interval: 60s}
            filter_enabled: {default_value: {numerator: 100}}
            filter_enforced: {default_value: {numerator: 100}}
            descriptors: [{entries: [{key: header_match, value: it}], token_bucket: {max_tokens: 1, tokens_per_fill: 1, fill_interval: 60s}}]
            """,
            $"rate_limits:\n- actions:\n  - header_value_match: {{descriptor_value: it, headers: [{{name: ':path', {match}}}]}}"));

        using HttpResponseMessage first = await SendAsync(gateway, "a.test", "/a/b.c");
        using HttpResponseMessage second = await SendAsync(gateway, "a.test", "/a/b.c");

        Assert.Equal((200, isLimited ? 429 : 200), ((int)first.StatusCode, (int)second.StatusCode));
    }

    [Theory]
    [InlineData("")]
    [InlineData("filter_enabled: {default_value: {numerator: 0}}\nfilter_enforced: {default_value: {numerator: 100}}")]
    [InlineData("filter_enforced: {default_value: {numerator: 100}}")]
    public async Task What_is_not_enabled_limits_nothing(string shares)
    {
        await using TestGateway gateway = await StartAsync(HttpFilter("token_bucket: {max_tokens: 1, tokens_per_fill: 1, fill_interval: 600s}\n" + shares));

        Assert.Equal((200, 200), (await StatusAsync(gateway, "a.test"), await StatusAsync(gateway, "a.test")));
    }

    [Fact]
    public async Task What_is_not_enforced_passes_and_tells_the_backend()
    {
        await using TestGateway gateway = await StartAsync(HttpFilter("""
            token_bucket: {max_tokens: 1, tokens_per_fill: 1, fill_interval: 600s}
            filter_enabled: {default_value: {numerator: 100}}
            filter_enforced: {default_value: {numerator: 0}}
            request_headers_to_add_when_not_enforced: [{append_action: OVERWRITE_IF_EXISTS_OR_ADD, header: {key: x-over, value: 'yes'}}]
            """));

        Assert.Equal((200, 200), (await StatusAsync(gateway, "a.test"), await StatusAsync(gateway, "a.test")));
        Assert.Equal("-,yes", string.Join(',', _echo.Requests.Select(request => request.Headers.TryGetValue("x-over", out string[]? values) ? values[0] : "-")));
    }

    private async Task<TestGateway> StartAsync(string patches) => await TestGateway.StartAsync(
        TestConfig.HttpGateway(), TestConfig.Backend("up.test", _echo), TestConfig.Route("a.test", "up.test"), TestConfig.Route("b.test", "up.test"),
        "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: filter-local-ratelimit-svc, namespace: istio-system}\nspec:\n  workloadSelector: {labels: {istio: ingressgateway}}\n  configPatches:\n" + patches);

    private static string HttpFilter(string config) => """
          - applyTo: HTTP_FILTER
            match:
              context: GATEWAY
              listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: envoy.filters.http.router}}}}
            patch:
              operation: INSERT_BEFORE
              value:
                name: envoy.filters.http.local_ratelimit
                typed_config:
                  "@type": type.googleapis.com/udpa.type.v1.TypedStruct
                  type_url: type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
                  value:

        """ + Indent(config, 12);

    private static string PerRoute(string applyTo, string match, string config, string? route = null) => $$"""
          - applyTo: {{applyTo}}
            match: {context: GATEWAY, routeConfiguration: { {{match}} } }
            patch:
              operation: MERGE
              value:

        """ + (route is null ? "" : "        route:\n" + Indent(route, 10)) + """
                typed_per_filter_config:
                  envoy.filters.http.local_ratelimit:
                    "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit

        """ + Indent(config, 12);

    private static string Indent(string text, int by) => string.Concat(text.Split('\n').Select(line => new string(' ', by) + line + "\n"));

    private static async Task<int> StatusAsync(TestGateway gateway, string host)
    {
        using HttpResponseMessage response = await SendAsync(gateway, host);
        return (int)response.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(TestGateway gateway, string host, string path = "/")
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", host, path);
        HttpResponseMessage response = await client.SendAsync(request);
        await response.Content.LoadIntoBufferAsync();
        return response;
    }
}
