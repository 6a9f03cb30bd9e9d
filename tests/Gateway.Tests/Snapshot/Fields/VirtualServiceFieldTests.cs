using System.Text;
using Gateway.Routing;
using Gateway.Snapshot.Explanation;

namespace Gateway.Tests.Snapshot.Fields;

/// <summary>Every field of <c>http</c> of a VirtualService that is promised to have an effect: what becomes of a request because of it.</summary>
public sealed class VirtualServiceFieldTests
{
    private const string To = "route: [{destination: {host: a}}]";
    private const string Cors = "corsPolicy: {allowOrigins: [{exact: 'https://x.test'}], allowMethods: [PUT], allowHeaders: [x-a], exposeHeaders: [x-b], maxAge: 60s, allowCredentials: true, unmatchedPreflights: IGNORE}, " + To;
    private const string Preflight = "OPTIONS http://h.test/ origin=https://x.test access-control-request-method=PUT";
    private const string FromPage = "GET http://h.test/ origin=https://x.test";
    private const string Abort = "fault: {abort: {httpStatus: 418, percentage: {value: 12.3456}}}, " + To;
    private const string Delay = "fault: {delay: {fixedDelay: 3s, percentage: {value: 0.0001}}}, " + To;
    private const string Retries = "retries: {attempts: 7, perTryTimeout: 2s, backoff: 30ms, retryOn: 'reset,503', retryIgnorePreviousHosts: false, retryRemoteLocalities: true}, " + To;
    private const string Get = "GET http://h.test/";
    private const string Path = "GET http://h.test/old/x?q=1";

    private static readonly Dictionary<string, (string Rule, string Request, Func<Explanation, object?> Seen, object? Expected)> Rows = new()
    {
        ["corsPolicy.allowCredentials"] = (Cors, FromPage, e => Header(e, "access-control-allow-credentials"), "true"),
        ["corsPolicy.allowHeaders[]"] = (Cors, Preflight, e => Header(e, "access-control-allow-headers"), "x-a"),
        ["corsPolicy.allowMethods[]"] = (Cors, Preflight, e => Header(e, "access-control-allow-methods"), "PUT"),
        ["corsPolicy.allowOrigin[]"] = ("corsPolicy: {allowOrigin: ['https://x.test']}, " + To, FromPage, e => Header(e, "access-control-allow-origin"), "https://x.test"),
        ["corsPolicy.allowOrigins[].exact"] = (Cors, FromPage, e => Header(e, "access-control-allow-origin"), "https://x.test"),
        ["corsPolicy.allowOrigins[].prefix"] = ("corsPolicy: {allowOrigins: [{prefix: 'https://x'}]}, " + To, FromPage, e => Header(e, "access-control-allow-origin"), "https://x.test"),
        ["corsPolicy.allowOrigins[].regex"] = ("corsPolicy: {allowOrigins: [{regex: 'https://.\\.test'}]}, " + To, FromPage, e => Header(e, "access-control-allow-origin"), "https://x.test"),
        ["corsPolicy.exposeHeaders[]"] = (Cors, FromPage, e => Header(e, "access-control-expose-headers"), "x-b"),
        ["corsPolicy.maxAge"] = (Cors, Preflight, e => Header(e, "access-control-max-age"), "60"),
        ["corsPolicy.unmatchedPreflights"] = (Cors, Preflight.Replace("x.test", "other.test", StringComparison.Ordinal), e => e.Outcome, "local_reply"),
        ["delegate.name"] = ("delegate: {name: child, namespace: default}", Get, Host, "b"),
        ["delegate.namespace"] = ("delegate: {name: child, namespace: other}", Get, Host, "c"),
        ["directResponse.body.bytes"] = ("directResponse: {status: 201, body: {bytes: aGVsbG8=}}", Get, e => e.Body, "hello"),
        ["directResponse.body.string"] = ("directResponse: {status: 201, body: {string: hello}}", Get, e => e.Body, "hello"),
        ["directResponse.status"] = ("directResponse: {status: 201}", Get, e => e.Status, 201),
        ["fault.abort.grpcStatus"] = ("fault: {abort: {grpcStatus: UNAVAILABLE}}, " + To, Get, e => Forward(e)?.Fault?.AbortGrpcStatus, 14),
        ["fault.abort.httpStatus"] = (Abort, Get, e => Forward(e)?.Fault?.AbortStatus, 418),
        ["fault.abort.percentage.value"] = (Abort, Get, e => Forward(e)?.Fault?.AbortShare, new Fraction(123_456)),
        ["fault.delay.fixedDelay"] = (Delay, Get, e => Forward(e)?.Fault?.Delay, TimeSpan.FromSeconds(3)),
        ["fault.delay.percent"] = ("fault: {delay: {fixedDelay: 3s, percent: 7}}, " + To, Get, e => Forward(e)?.Fault?.DelayShare, new Fraction(70_000)),
        ["fault.delay.percentage.value"] = (Delay, Get, e => Forward(e)?.Fault?.DelayShare, new Fraction(1)),
        ["headers.request.add{}"] = ("headers: {request: {add: {x-a: '2'}}}, " + To, Get + " x-a=1", e => Upstream(e, "x-a"), "1,2"),
        ["headers.request.remove[]"] = ("headers: {request: {remove: [x-a]}}, " + To, Get + " x-a=1", e => Upstream(e, "x-a"), ""),
        ["headers.request.set{}"] = ("headers: {request: {set: {x-a: '%REQ(x-b)%'}}}, " + To, Get + " x-a=1 x-b=2", e => Upstream(e, "x-a"), "2"),
        ["headers.response.add{}"] = ("headers: {response: {add: {x-a: '2'}}}, " + To, Get, e => Header(e, "x-a"), "2"),
        ["headers.response.remove[]"] = ("headers: {response: {remove: [x-a]}}, " + To, Get, e => string.Join(' ', Forward(e)?.Destinations[0].ResponseHeaders.SelectMany(level => level.Remove) ?? []), "x-a"),
        ["headers.response.set{}"] = ("headers: {response: {set: {x-a: '3'}}}, " + To, Get, e => Header(e, "x-a"), "3"),
        ["match[].authority.exact"] = Match("authority: {exact: h.test}", Get),
        ["match[].authority.prefix"] = Match("authority: {prefix: h.t}", Get),
        ["match[].authority.regex"] = Match("authority: {regex: 'h.*'}", Get),
        ["match[].gateways[]"] = Match("gateways: [gw]", Get),
        ["match[].headers{}.exact"] = Match("headers: {x-a: {exact: one}}", Get + " x-a=one"),
        ["match[].headers{}.prefix"] = Match("headers: {x-a: {prefix: o}}", Get + " x-a=one"),
        ["match[].headers{}.regex"] = Match("headers: {x-a: {regex: 'o..'}}", Get + " x-a=one"),
        ["match[].ignoreUriCase"] = Match("uri: {prefix: /old}, ignoreUriCase: true", Path.Replace("old", "OLD", StringComparison.Ordinal)),
        ["match[].method.exact"] = Match("method: {exact: PUT}", "PUT http://h.test/"),
        ["match[].method.prefix"] = Match("method: {prefix: PU}", "PUT http://h.test/"),
        ["match[].method.regex"] = Match("method: {regex: 'P.T'}", "PUT http://h.test/"),
        ["match[].name"] = ("name: rule, match: [{name: part, uri: {prefix: /}}], " + To, Get, e => e.Route?.Name, "rule.part"),
        ["match[].port"] = Match("port: 80", Get),
        ["match[].queryParams{}.exact"] = Match("queryParams: {q: {exact: '1'}}", Path),
        ["match[].queryParams{}.prefix"] = Match("queryParams: {q: {prefix: '1'}}", Path),
        ["match[].queryParams{}.regex"] = Match("queryParams: {q: {regex: '[0-9]'}}", Path),
        ["match[].scheme.exact"] = Match("scheme: {exact: http}", Get),
        ["match[].scheme.prefix"] = Match("scheme: {prefix: ht}", Get),
        ["match[].scheme.regex"] = Match("scheme: {regex: 'http'}", Get),
        ["match[].sourceLabels{}"] = Match("sourceLabels: {istio: ingressgateway}", Get),
        ["match[].sourceNamespace"] = Match("sourceNamespace: istio-system", Get),
        ["match[].uri.exact"] = Match("uri: {exact: /old/x}", Path),
        ["match[].uri.prefix"] = Match("uri: {prefix: /old}", Path),
        ["match[].uri.regex"] = Match("uri: {regex: '/o.*'}", Path),
        ["match[].withoutHeaders{}.exact"] = Match("withoutHeaders: {x-a: {exact: one}}", Get + " x-a=two"),
        ["match[].withoutHeaders{}.prefix"] = Match("withoutHeaders: {x-a: {prefix: o}}", Get + " x-a=two"),
        ["match[].withoutHeaders{}.regex"] = Match("withoutHeaders: {x-a: {regex: 'o.*'}}", Get + " x-a=two"),
        ["mirrorPercent"] = ("mirror: {host: b}, mirrorPercent: 7, " + To, Get, Mirror, "b 7 %"),
        ["mirrorPercentage.value"] = ("mirror: {host: b}, mirrorPercentage: {value: 7.5}, " + To, Get, Mirror, "b 7.5 %"),
        ["mirror_percent"] = ("mirror: {host: b}, mirror_percent: 8, " + To, Get, Mirror, "b 8 %"),
        ["mirrors[].percentage.value"] = ("mirrors: [{destination: {host: b}, percentage: {value: 0.5}}], " + To, Get, Mirror, "b 0.5 %"),
        ["name"] = ("name: rule, " + To, Get, e => e.Route?.Name, "rule"),
        ["redirect.authority"] = ("redirect: {authority: new.test}", Path, e => e.Location, "http://new.test/old/x?q=1"),
        ["redirect.derivePort"] = ("redirect: {derivePort: FROM_REQUEST_PORT, scheme: https}", "GET http://h.test:8080/", e => e.Location, "https://h.test:8080/"),
        ["redirect.port"] = ("redirect: {port: 8443}", Get, e => e.Location, "http://h.test:8443/"),
        ["redirect.prefixRewrite"] = ("match: [{uri: {prefix: /old}}], redirect: {prefixRewrite: /new}", Path, e => e.Location, "http://h.test/new/x?q=1"),
        ["redirect.redirectCode"] = ("redirect: {uri: /new, redirectCode: 308}", Get, e => e.Status, 308),
        ["redirect.scheme"] = ("redirect: {scheme: https}", Get, e => e.Location, "https://h.test/"),
        ["redirect.uri"] = ("redirect: {uri: /new}", Get, e => e.Location, "http://h.test/new"),
        ["retries.attempts"] = (Retries, Get, e => Forward(e)?.Retries?.Attempts, 7),
        ["retries.backoff"] = (Retries, Get, e => Forward(e)?.Retries?.BackoffBase, TimeSpan.FromMilliseconds(30)),
        ["retries.perTryTimeout"] = (Retries, Get, e => Forward(e)?.Retries?.PerTryTimeout, TimeSpan.FromSeconds(2)),
        ["retries.retryIgnorePreviousHosts"] = (Retries, Get, e => Forward(e)?.Retries?.AvoidPreviousHosts, false),
        ["retries.retryOn"] = (Retries, Get, e => (Forward(e)?.Retries?.Conditions, Status(e)), ((RetryConditions?)(RetryConditions.Reset | RetryConditions.StatusCodes), (int?)503)),
        ["retries.retryRemoteLocalities"] = (Retries, Get, e => Forward(e)?.Retries?.RetryRemoteLocalities, true),
        ["rewrite.authority"] = ("rewrite: {authority: new.test}, " + To, Get, e => e.Upstream?.Authority, "new.test"),
        ["rewrite.uri"] = ("match: [{uri: {prefix: /old}}], rewrite: {uri: /new}, " + To, Path, e => e.Upstream?.Path, "/new/x?q=1"),
        ["rewrite.uriRegexRewrite.match"] = ("rewrite: {uriRegexRewrite: {match: '^/old/(.*)', rewrite: '/\\1/y'}}, " + To, Path, e => e.Upstream?.Path, "/x/y?q=1"),
        ["rewrite.uriRegexRewrite.rewrite"] = ("rewrite: {uriRegexRewrite: {match: 'old', rewrite: 'older'}}, " + To, Path, e => e.Upstream?.Path, "/older/x?q=1"),
        ["route[].destination.host"] = ("route: [{destination: {host: b}}]", Get, Host, "b"),
        ["route[].destination.port.number"] = ("route: [{destination: {host: a, port: {number: 81}}}]", Get, e => e.Destination?.Port, 81),
        ["route[].destination.subset"] = ("route: [{destination: {host: a, subset: v1}}]", Get, e => e.Destination?.Subset, "v1"),
        ["route[].weight"] = ("route: [{destination: {host: a}, weight: 30}, {destination: {host: b}, weight: 70}]", Get, e => string.Join(' ', e.Weights.Select(weight => weight.Percent)), "30 70"),
        ["timeout"] = ("timeout: 3s, " + To, Get, e => Forward(e)?.Timeout, TimeSpan.FromSeconds(3)),
    };

    public static TheoryData<string> Fields => [.. Rows.Keys];

    [Fact]
    public void Every_field_that_is_supported_has_a_test() =>
        Assert.Equal(SupportedFields.Of("VirtualService", "spec.http[].").Order(StringComparer.Ordinal), Rows.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_changes_what_becomes_of_a_request(string field)
    {
        (string rule, string request, Func<Explanation, object?> seen, object? expected) = Rows[field];

        Assert.Equal(expected, seen(Explain(rule, request)));
        Assert.NotEqual(expected, seen(Explain("route: [{destination: {host: a, port: {number: 80}}}]", request)));
    }

    [Theory]
    [InlineData("authority: {exact: other.test}", Get)]
    [InlineData("gateways: [mesh]", Get)]
    [InlineData("headers: {x-a: {exact: one}}", Get + " x-a=two")]
    [InlineData("uri: {prefix: /old}", "GET http://h.test/OLD/x")]
    [InlineData("method: {exact: PUT}", Get)]
    [InlineData("port: 81", Get)]
    [InlineData("queryParams: {q: {exact: '1'}}", Get)]
    [InlineData("scheme: {exact: https}", Get)]
    [InlineData("sourceLabels: {istio: other}", Get)]
    [InlineData("sourceNamespace: other", Get)]
    [InlineData("withoutHeaders: {x-a: {exact: one}}", Get + " x-a=one")]
    public void A_condition_that_does_not_hold_leaves_the_request_to_the_next_rule(string match, string request)
    {
        (string rule, _, Func<Explanation, object?> seen, _) = Match(match, request);

        Assert.NotEqual("b", seen(Explain(rule, request)));
    }

    private static (string, string, Func<Explanation, object?>, object?) Match(string match, string request) =>
        ($"match: [{{ {match} }}], route: [{{destination: {{host: b}}}}]", request, Host, "b");

    private static string? Host(Explanation explanation) => explanation.Destination?.Host.Split('.')[0];

    private static int? Status(Explanation explanation) => Forward(explanation)?.Retries is { StatusCodes: [int first, ..] } ? first : null;

    private static ForwardAction? Forward(Explanation explanation) => explanation.Route?.Action as ForwardAction;

    private static string Header(Explanation explanation, string name) =>
        string.Join(',', explanation.ResponseHeaders.Where(header => header.Key == name).Select(header => header.Value));

    private static string Upstream(Explanation explanation, string name) =>
        string.Join(',', explanation.Upstream!.Headers.Where(header => header.Key == name).Select(header => header.Value));

    private static string? Mirror(Explanation explanation) =>
        Forward(explanation) is { Mirrors.IsEmpty: false } forward ? $"{forward.Mirrors[0].Cluster.Split('|')[3].Split('.')[0]} {forward.Mirrors[0].Share}" : null;

    private static Explanation Explain(string rule, string request)
    {
        string[] words = request.Split(' ');
        // Both ports lead to the same rules.
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway() + Compiled.HttpGateway(name: "alt", port: 8080)
            + Compiled.VirtualService("v", "\"*\"", $"{{ {rule} }}", "gw, alt")
            + Child("default", "b.default.svc.cluster.local") + Child("other", "c.default.svc.cluster.local")
            + Services());
        KeyValuePair<string, string>[] headers = [.. words[2..].Select(word => KeyValuePair.Create(word.Split('=')[0], word.Split('=')[1]))];
        Assert.True(ExplainRequest.TryCreate(words[0], words[1], headers, out ExplainRequest? described));
        return RequestExplainer.Explain(compiled.Snapshot, described!);
    }

    private static string Child(string ns, string host) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: child, namespace: {{ns}} }
        spec: {http: [{route: [{destination: {host: {{host}} } }] }] }

        """;

    private static string Services()
    {
        var text = new StringBuilder();
        foreach (string name in (string[])["a", "b", "c"])
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: {{name}}, namespace: default}
                spec: {ports: [{name: http, port: 80}, {name: http-more, port: 81}]}
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {name: {{name}}-1, namespace: default, labels: {kubernetes.io/service-name: {{name}} } }
                addressType: IPv4
                ports: [{name: http, port: 8080}, {name: http-more, port: 8081}]
                endpoints: [{addresses: [10.0.0.1]}]

                """);
        }
        return text.Append("""
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: a, namespace: default}
            spec: {host: a, subsets: [{name: v1}]}

            """).ToString();
    }
}
