using System.Text;
using System.Text.Json;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Security;

/// <summary>
/// Whatever a client writes as host and path: the policy is asked about, the route is chosen by and the upstream gets one
/// and the same, or the request is refused. Each trick is sent without policies first; what the upstream then saw must be
/// what a DENY rule denies, what an ALLOW rule allows and what a route matches.
/// </summary>
public sealed class HeaderTrickTests
{
    private const string Refused = "refused";

    private static readonly Trick[] Tricks =
    [
        new("plain", "/admin", "admin.test /admin"),
        new("host in upper case", "/x", "ADMIN.Test /x", Host: "ADMIN.Test"),
        new("host with a dot at the end", "/x", "admin.test. /x", Host: "admin.test."),
        new("host with the port", "/x", "admin.test:80 /x", Host: "admin.test:80"),
        new("host with another port", "/x", "admin.test:8443 /x", Host: "admin.test:8443"),
        new("port with zeros", "/x", "admin.test:0080 /x", Host: "admin.test:0080"),
        new("port that is too large", "/x", Refused, Host: "admin.test:65536"),
        new("port with a sign", "/x", Refused, Host: "admin.test:+80"),
        new("two ports", "/x", Refused, Host: "admin.test:80:80"),
        new("two Hosts", "/x", Refused, "admin.test /x", Host: "admin.test", More: "public.test"),
        new("twice the same Host", "/x", Refused, "admin.test /x", Host: "admin.test", More: "admin.test"),
        new("two hosts in one", "/x", Refused, Host: "public.test,admin.test"),
        new("two hosts and a blank", "/x", Refused, Host: "public.test, admin.test"),
        new("escape in the host", "/x", Refused, Host: "adm%69n.test"),
        new("user in the host", "/x", Refused, Host: "public.test@admin.test"),
        new("path in the host", "/x", Refused, Host: "admin.test/x"),
        new("query in the host", "/x", Refused, Host: "admin.test?x"),
        new("backslash in the host", "/x", Refused, Host: "admin.test\\x"),
        new("byte above 127 in the host", "/x", Refused, Host: "\u00e9.test"),
        new("IPv6", "/x", "[::1] /x", Host: "[::1]"),
        new("IPv6 with a port", "/x", "[::1]:80 /x", Host: "[::1]:80"),
        new("IPv6 with a zone", "/x", Refused, Host: "[fe80::1%25lo]:80"),
        new("IPv6 with a plain zone", "/x", Refused, Host: "[fe80::1%lo]"),
        new("absolute", "http://admin.test/x", "admin.test /x", Refused),
        new("absolute, another Host", "http://admin.test/x", "admin.test /x", Refused, Host: "public.test"),
        new("absolute, scheme in upper case", "HTTP://admin.test/x", Refused),
        new("absolute without a path", "http://admin.test", "admin.test /", Refused),
        new("absolute with a query alone", "http://admin.test?x", "admin.test /?x", Refused),
        new("absolute with dots", "http://admin.test/a/../x", "admin.test /x", Refused),
        new("absolute with a user", "http://public.test@admin.test/x", Refused),
        new("absolute without a host", "http:///x", Refused),
        new("absolute, https", "https://admin.test/x", Refused),
        new("two slashes at the front", "//public.test/x", "admin.test //public.test/x"),
        new("slashes inside", "/a//admin", "admin.test /a//admin"),
        new("escaped slash", "/a%2Fadmin", "admin.test /a%2Fadmin"),
        new("escaped slash in small letters", "/a%2fadmin", "admin.test /a%2fadmin"),
        new("escaped backslash", "/a%5Cadmin", "admin.test /a%5Cadmin"),
        new("escaped letter", "/%61dmin", "admin.test /admin"),
        new("escaped escape", "/%2561dmin", "admin.test /%2561dmin"),
        new("escaped percent that would escape", "/%%361dmin", "admin.test /%2561dmin"),
        new("dots", "/public/../admin", "admin.test /admin"),
        new("one dot", "/./admin/.", "admin.test /admin/"),
        new("dots above the root", "/../../admin", "admin.test /admin"),
        new("dots at the end", "/admin/x/..", "admin.test /admin/"),
        new("escaped dots", "/public/%2e%2E/admin", "admin.test /admin"),
        new("half escaped dots", "/public/.%2e/admin", "admin.test /admin"),
        new("twice escaped dots", "/public/%252e%252e/admin", "admin.test /public/%252e%252e/admin"),
        new("overlong dots", "/public/%c0%ae%c0%ae/admin", "admin.test /public/%c0%ae%c0%ae/admin"),
        new("three dots", "/public/.../admin", "admin.test /public/.../admin"),
        new("dots after escaped slashes", "/public%2F..%2Fadmin", "admin.test /public%2F..%2Fadmin"),
        new("dots after two slashes", "/public//../admin", "admin.test /public/admin"),
        new("backslashes", "/public\\..\\admin", "admin.test /admin"),
        new("parameter", "/admin;v=1", "admin.test /admin;v=1"),
        new("parameter inside", "/public;a=b/../admin", "admin.test /admin"),
        new("parameter on dots", "/public/..;/admin", "admin.test /public/..;/admin"),
        new("escaped parameter", "/admin%3Bv=1", "admin.test /admin%3Bv=1"),
        new("upper case", "/ADMIN", "admin.test /ADMIN"),
        new("dot at the end", "/admin.", "admin.test /admin."),
        new("escaped blank", "/admin%20", "admin.test /admin%20"),
        new("NUL", "/admin%00", Refused),
        new("NUL before a suffix", "/admin%00.html", Refused),
        new("bad escape", "/admin%zz", "admin.test /admin%zz"),
        new("cut escape", "/admin%2", "admin.test /admin%2"),
        new("percent at the end", "/admin%", "admin.test /admin%"),
        new("escaped line break", "/admin%0d%0ax: y", Refused),
        new("escaped line break without blank", "/admin%0d%0a", "admin.test /admin%0d%0a"),
        new("byte above 127", "/\u00e9", Refused),
        new("escaped letter above 127", "/%C3%A9", "admin.test /%C3%A9"),
        new("dots in the query", "/public?/../admin", "admin.test /public?/../admin"),
        new("escaped question mark", "/public%3F/../admin", "admin.test /admin"),
        new("fragment", "/public#/../admin", "admin.test /public"),
        new("query and fragment", "/public?a=1#/admin", "admin.test /public?a=1"),
        new("no slash", "admin", Refused),
        new("asterisk", "*", Refused),
    ];

    public static TheoryData<bool, bool> Ways => OperatingSystem.IsLinux() ? new() { { true, false }, { true, true }, { false, false }, { false, true } } : new() { { false, false }, { false, true } };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Policy_route_and_upstream_see_the_same_or_the_request_is_refused(bool onEventLoops, bool isHttp2)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        Dictionary<string, string> seen = await SendAllAsync(onEventLoops, isHttp2, echo, "BASE");

        string[] wanted = [.. Tricks.Select(trick => $"{trick.Name}: {(isHttp2 ? trick.Http2 : trick.Http1)}")];
        Assert.Empty(Lines(seen).Except(wanted));
    }

    [Theory]
    [InlineData("NONE")]
    [InlineData("MERGE_SLASHES")]
    [InlineData("DECODE_AND_MERGE_SLASHES")]
    public async Task So_it_is_with_every_way_to_normalize_paths(string normalization)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        Dictionary<string, string> seen = await SendAllAsync(onEventLoops: OperatingSystem.IsLinux(), isHttp2: false, echo, normalization);

        Assert.Equal(normalization == "NONE" ? "admin.test /public/../admin" : "admin.test /admin", seen["dots"]);
    }

    /// <summary>Sends every trick without policies, denied, allowed and routed.</summary>
    /// <returns>What the upstream saw, by trick; those refused are missing.</returns>
    private static async Task<Dictionary<string, string>> SendAllAsync(bool onEventLoops, bool isHttp2, EchoUpstream echo, string normalization)
    {
        string[] common =
        [
            TestConfig.HttpGateway(), TestConfig.Backend("echo.test", echo),
            $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio, namespace: istio-system}}\ndata:\n  mesh: |\n    pathNormalization: {{normalization: {normalization}}}\n",
        ];
        await using TestGateway gateway = await TestGateway.StartOnAsync(onEventLoops, [.. common, TestConfig.Route("*", "echo.test")]);

        Dictionary<string, string> seen = await PassAsync("", TestConfig.Route("*", "echo.test"));
        Dictionary<string, string> denied = await PassAsync("denied", TestConfig.Route("*", "echo.test"), Policy("DENY", seen));
        Dictionary<string, string> allowed = await PassAsync("allowed", TestConfig.Route("*", "echo.test"), Policy("ALLOW", seen));
        Dictionary<string, string> routed = await PassAsync("routed", Routes(seen));

        Assert.Empty(denied);
        Assert.Equal(Lines(seen), Lines(allowed));
        Assert.Equal(Lines(seen), Lines(routed));
        Assert.Empty(gateway.Faults);
        return seen;

        async Task<Dictionary<string, string>> PassAsync(string pass, params string[] yaml)
        {
            Assert.Empty(await gateway.ApplyAsync([.. common, .. yaml]));
            int before = echo.Requests.Count;
            foreach (Trick trick in Tricks)
                await trick.SendAsync(gateway.Port(80), isHttp2);
            return echo.Requests.Skip(before).ToDictionary(request => request.Headers["x-trick"][0], request => $"{request.Authority} {request.Target}");
        }
    }

    /// <summary>One rule for each trick, which holds for what the upstream saw of it.</summary>
    private static string Policy(string action, Dictionary<string, string> seen) =>
        $"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: all, namespace: istio-system}}\nspec:\n  action: {action}\n  rules:\n" + string.Concat(seen.Select(one => $$$"""
              - to: [{operation: {hosts: [{{{Host(one)}}}], paths: [{{{Path(one)}}}]}}]
                when: [{key: "request.headers[x-trick]", values: [{{{Json(one.Key)}}}]}]

            """));

    /// <summary>One route for each trick, likewise; what none matches is not found.</summary>
    private static string Routes(Dictionary<string, string> seen) =>
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: all, namespace: default}\nspec:\n  hosts: [\"*\"]\n  gateways: [gateway]\n  http:\n" + string.Concat(seen.Select(one => $$$"""
              - match: [{authority: {exact: {{{Host(one)}}} }, uri: {exact: {{{Path(one)}}} }, headers: {x-trick: {exact: {{{Json(one.Key)}}} } }}]
                route: [{destination: {host: echo.test}}]

            """));

    private static string[] Lines(Dictionary<string, string> seen) => [.. Tricks.Select(trick => $"{trick.Name}: {seen.GetValueOrDefault(trick.Name, Refused)}")];

    private static string Host(KeyValuePair<string, string> seen) => Json(seen.Value.Split(' ')[0]);

    private static string Path(KeyValuePair<string, string> seen) => Json(seen.Value.Split(' ')[1].Split('?')[0]);

    private static string Json(string text) => JsonSerializer.Serialize(text);

    /// <param name="Name">What is tried.</param>
    /// <param name="Target">Target of the request line, or <c>:path</c>.</param>
    /// <param name="Http1">What the upstream sees of it by HTTP/1.1 (host and target), or <see cref="Refused"/>.</param>
    /// <param name="Other">The same by HTTP/2, where it differs.</param>
    /// <param name="Host">The Host header, or <c>:authority</c>.</param>
    /// <param name="More">Another Host header.</param>
    private sealed record Trick(string Name, string Target, string Http1, string? Other = null, string Host = "admin.test", string? More = null)
    {
        public string Http2 => Other ?? Http1;

        public async Task SendAsync(int port, bool isHttp2)
        {
            using var deadline = new CancellationTokenSource(Eventually.Deadline);
            if (isHttp2)
            {
                List<(string, string)> headers = [(":method", "GET"), (":scheme", "http"), (":path", Target), (":authority", Host), ("x-trick", Name)];
                if (More is not null)
                    headers.Add(("host", More));
                await RawHttp2Connection.ExchangeAsync(port, headers, cancel: deadline.Token);
                return;
            }
            var request = new StringBuilder($"GET {Target} HTTP/1.1\r\nHost: {Host}\r\nx-trick: {Name}\r\nConnection: close\r\n");
            if (More is not null)
                request.Append($"Host: {More}\r\n");
            Assert.NotNull(await RawHttpConnection.ExchangeAsync(port, request.Append("\r\n").ToString(), deadline.Token));
        }
    }
}
