using System.Net;
using Gateway.Integration.Tests.Failures;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Protocols;

/// <summary>CORS over real sockets.</summary>
public sealed class CorsTests
{
    private const string Policy = """
        corsPolicy:
              allowOrigins: [{exact: "https://a.test"}, {prefix: "https://b."}, {regex: "https://[a-z]+\\.c\\.test"}]
              allowMethods: [GET, POST]
              allowHeaders: [x-a, x-b]
              exposeHeaders: [x-c]
              maxAge: 24h
              allowCredentials: true
        """;

    [Theory]
    [InlineData("https://a.test")]
    [InlineData("https://b.test")]
    [InlineData("https://x.c.test")]
    public async Task A_preflight_request_is_answered_by_the_gateway(string origin)
    {
        (HttpResponseMessage response, CompletedRequest completed, int reached) = await SendAsync(Policy, "OPTIONS", origin, "DELETE");

        Assert.Equal((200, 0), ((int)response.StatusCode, reached));
        Assert.Equal((origin, "GET,POST", "x-a,x-b", "86400", "true"),
            (One(response, "allow-origin"), One(response, "allow-methods"), One(response, "allow-headers"), One(response, "max-age"), One(response, "allow-credentials")));
        Assert.Equal(("-", "cors_response"), (completed.Flags, completed.Details));
        Assert.False(response.Headers.Contains("x-route"));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("\n      unmatchedPreflights: FORWARD", 1)]
    [InlineData("\n      unmatchedPreflights: IGNORE", 0)]
    public async Task A_preflight_request_of_a_stranger_is_forwarded_unless_ignored(string more, int forwarded)
    {
        (HttpResponseMessage response, _, int reached) = await SendAsync(Policy + more, "OPTIONS", "https://stranger.test", "GET");

        Assert.Equal((200, forwarded), ((int)response.StatusCode, reached));
        Assert.Null(One(response, "allow-origin"));
    }

    [Fact]
    public async Task A_simple_request_is_forwarded_and_its_response_names_the_origin()
    {
        (HttpResponseMessage response, _, int reached) = await SendAsync(Policy, "GET", "https://a.test", null);

        Assert.Equal(1, reached);
        Assert.Equal(("https://a.test", "true", "x-c"), (One(response, "allow-origin"), One(response, "allow-credentials"), One(response, "expose-headers")));
        Assert.Equal("yes", response.Headers.GetValues("x-route").Single());
    }

    [Theory]
    [InlineData("GET", "https://stranger.test")]
    [InlineData("OPTIONS", "https://stranger.test")]
    [InlineData("GET", null)]
    public async Task Anything_else_passes_untouched(string method, string? origin)
    {
        (HttpResponseMessage response, _, int reached) = await SendAsync(Policy, method, origin, null);

        Assert.Equal(1, reached);
        Assert.Null(One(response, "allow-origin"));
    }

    [Fact]
    public async Task Stars_are_answered_with_what_was_asked_for()
    {
        (HttpResponseMessage response, _, _) = await SendAsync(
            "corsPolicy: {allowOrigin: [\"*\"], allowMethods: [\"*\"], allowHeaders: [\"*\"]}", "OPTIONS", "https://any.test", "PATCH");

        Assert.Equal(("https://any.test", "PATCH", "x-asked"), (One(response, "allow-origin"), One(response, "allow-methods"), One(response, "allow-headers")));
    }

    private static async Task<(HttpResponseMessage Response, CompletedRequest Completed, int Reached)> SendAsync(string policy, string method, string? origin, string? asked)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await TimeoutTests.StartAsync(echo, policy + "\n    headers: {response: {set: {x-route: \"yes\"}}}");
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Parse(method), HttpVersion.Version11, "http", "a.test", "/");
        if (origin is not null)
            request.Headers.Add("origin", origin);
        if (asked is not null)
        {
            request.Headers.Add("access-control-request-method", asked);
            request.Headers.Add("access-control-request-headers", "x-asked");
        }
        HttpResponseMessage response = await client.SendAsync(request);
        return (response, await gateway.CompletionAsync(completed => completed.Status != 0), echo.Requests.Count);
    }

    private static string? One(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues($"access-control-{name}", out IEnumerable<string>? values) ? string.Join("|", values) : null;
}
