using System.Text.Json;
using Gateway.Snapshot.Explanation;

namespace Gateway.Tests.Snapshot;

public sealed class ExplanationTests
{
    private static readonly Compiled Config = Compiled.From(
        Compiled.HttpGateway("h.test") + Compiled.Services("a", "b")
        + Compiled.VirtualService("v", "h.test", string.Join(", ",
            Compiled.To("a", "{headers: {end-user: {exact: jason}}}"),
            "{match: [{uri: {prefix: /w}}], route: [{destination: {host: a}, weight: 75}, {destination: {host: b}, weight: 25}]}")));

    [Fact]
    public void A_miss_names_every_route_with_its_first_failed_condition_and_its_place()
    {
        using JsonDocument json = Json(Config.Get("http://h.test/x"));

        Assert.Equal("not_found", json.RootElement.GetProperty("outcome").GetString());
        JsonElement[] misses = [.. json.RootElement.GetProperty("nearMisses").EnumerateArray()];
        Assert.Equal(["header end-user: exact \"jason\", request has no such header", "uri: prefix \"/w\", request has \"/x\""],
            misses.Select(miss => miss.GetProperty("failedCondition").GetString()!));
        Assert.Equal(("VirtualService default/v", "test.yaml"), (misses[0].GetProperty("resource").GetString(), misses[0].GetProperty("file").GetString()));
        Assert.True(misses[0].GetProperty("line").GetInt32() > 0);
    }

    [Theory]
    [InlineData("jösé", "exact: jösé", "b")]
    [InlineData("jösé", "prefix: jö", "b")]
    [InlineData("jösé", "regex: 'j[ä-ö]s.'", "b")]
    [InlineData("jose", "exact: jösé", "a")]
    [InlineData("jösé", "regex: 'j.s'", "a")]
    public void Header_values_match_as_text_and_not_as_bytes(string value, string match, string destination)
    {
        Compiled config = Compiled.From(
            Compiled.HttpGateway("h.test") + Compiled.Services("a", "b")
            + Compiled.VirtualService("v", "h.test", $"{Compiled.To("b", $"{{headers: {{x-name: {{{match}}}}}}}")}, {Compiled.To("a")}"));

        Assert.Equal(destination, config.Where("http://h.test/", ("x-name", value)));
        Assert.Contains(KeyValuePair.Create("x-name", value), config.Get("http://h.test/", ("x-name", value)).Upstream!.Headers);
    }

    [Fact]
    public void A_secret_without_a_usable_certificate_closes_the_connection()
    {
        const string Https = """
            ---
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: gw, namespace: default}
            spec:
              servers:
              - port: {number: 443, name: https, protocol: HTTPS}
                tls: {mode: SIMPLE, credentialName: broken}
                hosts: ["h.test"]
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: broken, namespace: istio-system}
            stringData: {tls.crt: nonsense, tls.key: nonsense}

            """;

        Explanation explanation = Compiled.From(Https + Compiled.Services("a") + Compiled.VirtualService("v", "h.test", Compiled.To("a"))).Get("https://h.test/");

        Assert.Equal("connection_closed", explanation.Outcome);
        Assert.Contains("Secret istio-system/broken", explanation.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_host_or_port_names_what_there_is()
    {
        Assert.Equal(["h.test"], Config.Get("http://other.test/").Known);
        Assert.Equal(["port 80"], Config.Get("http://h.test:81/").Known);
    }

    [Fact]
    public void A_forwarded_request_shows_destination_weights_and_what_the_upstream_sees()
    {
        using JsonDocument json = Json(Config.Get("http://h.test/w?q=1", ("X-Envoy-Retry-On", "5xx"), ("X-A", "1"), ("X-A", "2")));
        JsonElement root = json.RootElement;

        Assert.Equal("a.default.svc.cluster.local", root.GetProperty("destination").GetProperty("host").GetString());
        Assert.Equal([75.0, 25.0], root.GetProperty("weights").EnumerateArray().Select(weight => weight.GetProperty("percent").GetDouble()));
        JsonElement upstream = root.GetProperty("upstream");
        Assert.Equal(("/w?q=1", "h.test", "HTTP/1.1"),
            (upstream.GetProperty("path").GetString(), upstream.GetProperty("authority").GetString(), upstream.GetProperty("protocol").GetString()));
        JsonElement headers = upstream.GetProperty("headers");
        Assert.Equal(["1", "2"], headers.GetProperty("x-a").EnumerateArray().Select(value => value.GetString()!));
        Assert.Equal("http", headers.GetProperty("x-forwarded-proto").GetString());
        Assert.False(headers.TryGetProperty("x-envoy-retry-on", out _));
    }

    [Theory]
    [InlineData("http://h.test/a%00", 400)]
    [InlineData("http://h.test/", 404)]
    public void What_the_protocol_forbids_is_answered_before_any_route(string url, int status) =>
        Assert.Equal(status, Config.Get(url).Status);

    [Theory]
    [InlineData("http://h.test", 80, false, "h.test", "/")]
    [InlineData("h.test:8080/a?b#c", 8080, false, "h.test:8080", "/a?b#c")]
    [InlineData("https://[::1]:8443/../a", 8443, true, "[::1]:8443", "/../a")]
    [InlineData("https://h.test?x", 443, true, "h.test", "/?x")]
    public void A_URL_is_read_without_changing_its_path(string url, int port, bool isTls, string authority, string target)
    {
        Assert.True(ExplainRequest.TryCreate("GET", url, [], out ExplainRequest? request));
        Assert.Equal((port, isTls, authority, target), (request!.Port, request.IsTls, request.Authority, request.Target));
    }

    [Theory]
    [InlineData("ftp://h.test/")]
    [InlineData("http://h.test:x/")]
    [InlineData("/path")]
    [InlineData("")]
    public void What_is_no_URL_is_refused(string url) => Assert.False(ExplainRequest.TryCreate("GET", url, [], out _));

    private static JsonDocument Json(Explanation explanation)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            ExplanationJson.Write(writer, explanation);
        return JsonDocument.Parse(stream.ToArray());
    }
}
