using System.Globalization;
using System.Text;
using Gateway.Testing;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>Random VirtualServices and requests, from small pools so that they meet often. A seed always gives the same.</summary>
internal sealed class RandomConfig(int seed)
{
    private static readonly string[] Hosts = ["a.test", "b.test", "*.test", "x.b.test", "*.b.test", "*"];
    private static readonly string[] Authorities = ["a.test", "A.Test", "b.test:80", "x.b.test", "y.x.b.test", "other.example", "a.test:12345", "10.0.0.1"];
    private static readonly string[] Paths =
        ["/", "/a", "/a/", "/a/b", "/A/b", "/a%2Fb", "/a//b", "/a/../b", "/a/./b/", "/ab", "/a/b/c.d?x=1", "/a?x=1&y=2", "/a?y=%31", "/b?x", "/b?", "/%61", "/a;v=1/b", "/b/%C3%A9", "/a/b?x=1&x=2"];

    private static readonly string[] Values = ["one", "two", "one two", "", "One", "oneone"];
    private readonly Random _random = new(seed);

    /// <summary>Mesh settings: only how paths are normalized.</summary>
    public string Mesh() => $"pathNormalization: {{normalization: {Any("NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES")}}}";

    /// <summary>The documents, with one backend <c>up.test</c> at a port.</summary>
    public IEnumerable<string> Documents(int port)
    {
        yield return TestConfig.HttpGateway();
        yield return TestConfig.Backend("up.test", "HTTP", port);
        for (int i = 0; i < 6; i++)
            yield return VirtualService(i);
    }

    /// <summary>A request.</summary>
    public CaseRequest Request() => new()
    {
        Port = 80,
        Protocol = "http",
        IsTls = false,
        Method = Any("GET", "POST", "HEAD"),
        Scheme = "http",
        Authority = Any(Authorities),
        Path = Any(Paths),
        Headers = [.. Enumerable.Range(0, _random.Next(3)).Select(_ => KeyValuePair.Create(Any("x-one", "X-One", "x-two"), Any(Values)))],
        Count = 1,
    };

    private string VirtualService(int index)
    {
        var text = new StringBuilder($$"""
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: vs-{{index.ToString(CultureInfo.InvariantCulture)}}, namespace: default}
            spec:
              gateways: [gateway]
              hosts: ["{{Any(Hosts)}}"]
              http:

            """);
        int rules = _random.Next(1, 4);
        for (int i = 0; i < rules; i++)
            text.Append(CultureInfo.InvariantCulture, $"  - {{name: r{i}, {Matches()}{Action()}}}\n");
        return text.ToString();
    }

    private string Matches() => Chance(20) ? "" : $"match: [{string.Join(", ", Enumerable.Range(0, _random.Next(1, 3)).Select(_ => Match()))}], ";

    private string Match()
    {
        var conditions = new List<string>();
        if (Chance(60))
            conditions.Add($"uri: {Uri()}");
        if (Chance(20))
            conditions.Add("ignoreUriCase: true");
        if (Chance(20))
            conditions.Add($"method: {{exact: {Any("GET", "POST")}}}");
        if (Chance(15))
            conditions.Add($"authority: {{{Any("exact: a.test", "prefix: b", "regex: \".*test.*\"")}}}");
        if (Chance(10))
            conditions.Add($"scheme: {{exact: {Any("http", "https")}}}");
        if (Chance(30))
            conditions.Add($"headers: {{x-one: {Value()}}}");
        if (Chance(20))
            conditions.Add($"withoutHeaders: {{x-two: {Value()}}}");
        if (Chance(20))
            conditions.Add($"queryParams: {{x: {Any("{exact: \"1\"}", "{prefix: \"1\"}", "{regex: \"[0-9]+\"}", "{exact: \"\"}")}}}");
        if (Chance(10))
            conditions.Add($"port: {Any("80", "81")}");
        return $"{{{string.Join(", ", conditions.Count == 0 ? ["uri: {prefix: /a}"] : conditions)}}}";
    }

    private string Uri() => Any("{exact: /a}", "{exact: /a/b}", "{exact: /A/B}", "{prefix: /}", "{prefix: /a}", "{prefix: /a/}", "{prefix: /A}", "{regex: \"/a.*\"}", "{regex: \"/[^/]+/b\"}");

    private string Value() => Any("{exact: one}", "{prefix: one}", "{regex: \"one.*\"}", "{}", "{regex: \".*\"}", "{exact: \"\"}");

    private string Action() => _random.Next(10) switch
    {
        0 => $"redirect: {{uri: {Any("/new", "/new?q=1")}, redirectCode: {Any("301", "302", "307", "308")}}}",
        1 => $"redirect: {{authority: {Any("new.test", "new.test:8080")}{Any("", ", scheme: https", ", port: 8443", ", derivePort: FROM_REQUEST_PORT", ", derivePort: FROM_PROTOCOL_DEFAULT")}}}",
        2 => "redirect: {prefixRewrite: /moved}",
        3 => $"directResponse: {{status: {Any("200", "404", "503")}, body: {{string: direct}}}}{HeaderOperations()}",
        _ => $"route: [{{destination: {{host: up.test}}{HeaderOperations()}}}]{Rewrite()}{HeaderOperations()}",
    };

    private string Rewrite() => _random.Next(6) switch
    {
        0 => ", rewrite: {uri: /rewritten}",
        1 => ", rewrite: {uri: /}",
        2 => ", rewrite: {authority: inner.test}",
        3 => ", rewrite: {uriRegexRewrite: {match: \"^/a/?(.*)$\", rewrite: '/re/\\1'}}",
        _ => "",
    };

    private string HeaderOperations()
    {
        if (Chance(60))
            return "";
        return $", headers: {{request: {{set: {{x-one: {Any("set", "\"%REQ(x-two)%\"", "\"%PROTOCOL%\"")}}}, add: {{x-two: added, x-new: {Any("new", "\"100%%\"", "\"%REQ(:path)%\"")}}}, remove: [{Any("x-two", "x-three", "x-one")}]}}, response: {{set: {{x-answer: set}}}}}}";
    }

    private bool Chance(int percent) => _random.Next(100) < percent;

    private string Any(params ReadOnlySpan<string> pool) => pool[_random.Next(pool.Length)];
}
