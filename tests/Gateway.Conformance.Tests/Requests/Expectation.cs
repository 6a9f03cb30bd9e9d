using System.Globalization;
using Gateway.Conformance.Tests.Cases;
using Gateway.Conformance.Tests.Resolution;
using Gateway.Routing;
using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>Compares what happened with a case's <c>expect</c>. A key that nobody here knows is a difference, never ignored.</summary>
internal static class Expectation
{
    /// <summary>All differences, each beginning with the run's name.</summary>
    public static IEnumerable<string> Differences(YamlNode? expect, Observation actual, string run)
    {
        foreach ((string key, YamlNode value) in expect.Entries())
        {
            foreach (string difference in Compare(key, value, expect, actual))
                yield return $"{run}: {difference}";
        }
        // A case that names only what the backend sees (path-normalization) expects it to be reached.
        if (expect.Get("outcome") is null && actual.Outcome != "forward")
            yield return $"{run}: outcome: expected forward, got {actual.Outcome} ({actual.Status} {actual.Detail} {actual.Body})";
    }

    /// <summary>By how much a share may differ, in percent.</summary>
    public static double Tolerance(YamlNode? expect) => Number(expect.Get("tolerancePercent")) ?? 10;

    private static IEnumerable<string> Compare(string key, YamlNode value, YamlNode? expect, Observation actual) => key switch
    {
        "note" or "tolerancePercent" => [],
        "outcome" => Same(key, value.Text(), actual.Outcome, detail: $" ({actual.Status} {actual.Detail} {actual.Body})"),
        "status" => actual.Status is { } seen ? Same(key, value.Text(), Text(seen)) : [],
        "destination" => CompareDestination(Destination.Read(value), actual),
        "weights" => CompareWeights(value, Tolerance(expect), actual),
        "perDestination" => actual.ByDestination is null ? [] : value.Entries().SelectMany(entry => ComparePerDestination(entry.Key, entry.Value, expect, actual.ByDestination)),
        "upstream" => value.Entries().SelectMany(entry => CompareUpstream(entry.Key, entry.Value, actual)),
        "response" => value.Entries().SelectMany(entry => CompareResponse(entry.Key, entry.Value, actual)),
        "route" => value.Entries().SelectMany(entry => CompareRoute(entry.Key, entry.Value, actual)),
        "handshake" => actual.Handshake is { } handshake ? Same(key, value.Text(), handshake) : [],
        // Another client's words: that the handshake fails, and on which side, is what is compared.
        "clientError" => [],
        "grpcStatus" => actual.GrpcStatus is { } grpc ? Same(key, value.Text(), grpc) : [],
        _ => [$"unsupported expectation key \"{key}\""],
    };

    private static IEnumerable<string> CompareDestination(Destination expected, Observation actual)
    {
        if (actual.Destination is not { } destination)
            return [$"destination: expected {expected}, got none"];
        return expected.Covers(destination) ? [] : [$"destination: expected {expected}, got {destination}"];
    }

    private static IEnumerable<string> CompareWeights(YamlNode weights, double tolerance, Observation actual)
    {
        foreach (YamlNode weight in weights.Items())
        {
            var expected = Destination.Read(weight);
            double percent = Number(weight.Get("percent")) ?? throw new InvalidDataException("a weight has no percent");
            double share = (actual.Shares ?? []).Where(entry => expected.Covers(entry.Destination)).Sum(entry => entry.Percent);
            if (Math.Abs(share - percent) > tolerance)
                yield return $"weights: expected {percent} ± {tolerance} % at {expected}, got {share} %";
        }
    }

    private static IEnumerable<string> ComparePerDestination(string subset, YamlNode expected, YamlNode? expect, IReadOnlyList<Observation> met)
    {
        if (met.FirstOrDefault(one => one.Destination?.Subset == subset) is not { Upstream: { } upstream } actual)
            return [$"perDestination.{subset}: never reached"];
        return expected.Entries().SelectMany(entry => entry.Key switch
        {
            "note" => [],
            "requestHeaders" => entry.Value.Entries().SelectMany(header => SameHeader($"{subset} upstream", header, Values(upstream, header.Key))),
            "responseHeaders" => entry.Value.Entries().SelectMany(header => SameHeader($"{subset} response", header, Values(actual, header.Key))),
            // What the route asks for goes before what its destination asks for.
            "hostRewriteAtDestination" => expect.Get("upstream", "authority") is not null ? [] : Same($"{subset} authority", entry.Value.Text(), upstream.Authority),
            _ => (IEnumerable<string>)[$"unsupported expectation key \"perDestination.{entry.Key}\""],
        });
    }

    private static IEnumerable<string> CompareUpstream(string key, YamlNode value, Observation actual)
    {
        if (key == "note")
            return [];
        if (actual.Upstream is not { } upstream)
            return [$"upstream.{key}: the backend saw nothing"];
        return key switch
        {
            "path" => Same("upstream.path", value.Text(), upstream.Path),
            "authority" => Same("upstream.authority", value.Text(), upstream.Authority),
            "protocol" => upstream.Protocol is null ? [] : Same("upstream.protocol", value.Text(), upstream.Protocol),
            "tls" => upstream.Tls is { } tls ? Same("upstream.tls", value.Text(), tls ? "true" : "false") : [],
            "sni" => upstream.Tls is null ? [] : Same("upstream.sni", value.Text(), upstream.ServerName ?? "(none)"),
            "clientCertSubject" => upstream.Tls is null ? [] : Same("upstream.clientCertSubject", value.Text(), upstream.ClientCertificateSubject ?? "(none)"),
            "certificateVerified" => upstream.CertificateVerification is { } verified ? Same("upstream.certificateVerified", value.Text(), verified) : [],
            "headers" => value.Entries().SelectMany(header => SameHeader("upstream", header, Values(upstream, header.Key))),
            "headerValues" => value.Entries().SelectMany(header => SameValues("upstream", header, Values(upstream, header.Key))),
            "headersAbsent" => value.Items().SelectMany(name => Absent("upstream", name, Values(upstream, name.Text() ?? ""))),
            _ => [$"unsupported expectation key \"upstream.{key}\""],
        };
    }

    private static IEnumerable<string> CompareResponse(string key, YamlNode value, Observation actual)
    {
        return key switch
        {
            "note" => [],
            "body" => actual.Body is null ? [] : Same("response.body", value.Text() ?? "", actual.Body),
            "headers" => actual.ResponseHeaders is null ? [] : value.Entries().SelectMany(header => SameHeader("response", header, Values(actual, header.Key))),
            "headerValues" => actual.ResponseHeaders is null ? [] : value.Entries().SelectMany(header => SameValues("response", header, Values(actual, header.Key))),
            "headersAbsent" => actual.ResponseHeaders is null ? [] : value.Items().SelectMany(name => Absent("response", name, Values(actual, name.Text() ?? ""))),
            _ => [$"unsupported expectation key \"response.{key}\""],
        };
    }

    private static IEnumerable<string> CompareRoute(string key, YamlNode value, Observation actual) => key switch
    {
        "note" => [],
        "name" => Same("route.name", value.Text(), actual.RouteName ?? "(none)"),
        "timeout" => actual.Route is { } route ? Same("route.timeout", value.Text(), PolicyDescription.Seconds(route.Timeout)) : [],
        "retries" => actual.Route is { } route ? RetryPolicySuite.Differences(value, route.Retries) : [],
        "hash" => actual.Route is { } hashed ? value.Entries().SelectMany(entry => CompareHash(entry.Key, entry.Value, hashed)) : [],
        _ => [$"unsupported expectation key \"route.{key}\""],
    };

    private static IEnumerable<string> CompareHash(string key, YamlNode value, ForwardAction route)
    {
        HashPolicy? only = route.HashPolicies.Count == 1 ? route.HashPolicies[0] : null;
        string actual = only is null ? $"{route.HashPolicies.Count} policies" : $"{only.Source} {only.Name}";
        return key switch
        {
            "httpHeaderName" => Same("route.hash", $"{HashSource.Header} {value.Text()}", actual),
            "httpQueryParameterName" => Same("route.hash", $"{HashSource.QueryParameter} {value.Text()}", actual),
            "useSourceIp" => Same("route.hash", $"{HashSource.SourceIp} ", actual),
            "httpCookie" => Same("route.hash", $"{HashSource.Cookie} {value.Get("name").Text()}", actual),
            "note" => [],
            _ => [$"unsupported expectation key \"route.hash.{key}\""],
        };
    }

    /// <summary>A list means several values, null means none.</summary>
    private static IEnumerable<string> SameHeader(string side, KeyValuePair<string, YamlNode> expected, string[] actual) =>
        expected.Value is YamlSequenceNode
            ? SameValues(side, expected, actual)
            : expected.Value.Text() is null ? Absent(side, new YamlScalarNode(expected.Key), actual) : Same($"{side} header {expected.Key}", expected.Value.Text() ?? "", actual.Length == 0 ? "(absent)" : string.Join(",", actual));

    /// <summary>Several lines and one line with commas mean the same in HTTP.</summary>
    private static IEnumerable<string> SameValues(string side, KeyValuePair<string, YamlNode> expected, string[] actual) => Same(
        $"{side} header {expected.Key}",
        string.Join(", ", expected.Value.Items().Select(value => value.Text() ?? "")),
        string.Join(", ", actual.SelectMany(line => line.Split(',', StringSplitOptions.TrimEntries))));

    private static IEnumerable<string> Absent(string side, YamlNode name, string[] actual) =>
        actual.Length == 0 ? [] : [$"{side} header {name.Text()}: expected none, got {string.Join(",", actual)}"];

    private static string[] Values(UpstreamView upstream, string name) =>
        upstream.Headers.TryGetValue(name.ToLowerInvariant(), out string[]? values) ? values : [];

    private static string[] Values(Observation actual, string name) =>
        [.. actual.ResponseHeaders!.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];

    private static IEnumerable<string> Same(string what, string? expected, string actual, string detail = "") =>
        expected == actual ? [] : [$"{what}: expected {expected}, got {actual}{detail}"];

    private static double? Number(YamlNode? node) => node.Text() is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
