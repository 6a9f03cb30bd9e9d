namespace Gateway.Conformance.Tests.Requests;

/// <summary>What an explanation says must be what happens: compares the two runs of a case, whatever the case expects.</summary>
internal static class Agreement
{
    private const string Location = "location";

    // They tell of the connection and the moment, of which an explanation knows nothing.
    private static readonly string[] Volatile = ["x-request-id", "x-forwarded-for", "x-envoy-external-address", "content-length", "connection", "x-forwarded-client-cert"];

    public static IEnumerable<string> Differences(Observation explained, Observation live)
    {
        if (explained.Outcome != live.Outcome)
        {
            yield return $"explained {explained.Outcome} {explained.Status}, but live {live.Outcome} {live.Status} {live.Body}";
            yield break;
        }
        if (explained.Status is { } status && live.Status is { } seen && status != seen)
            yield return $"explained status {status}, but live {seen}";
        if (live.Destination is { } destination && explained.Shares is { } shares && !shares.Any(share => share.Destination.Covers(destination)))
            yield return $"explained {string.Join(", ", shares.Select(share => share.Destination))}, but live {destination}";
        if (explained.Shares is { Count: > 1 })
            yield break;
        if (explained.Upstream is { } there && live.Upstream is { } here)
        {
            if ((there.Path, there.Authority, there.Protocol) != (here.Path, here.Authority, here.Protocol))
                yield return $"explained upstream {there.Protocol} {there.Authority}{there.Path}, but live {here.Protocol} {here.Authority}{here.Path}";
            if ((there.Tls, there.ServerName) != (here.Tls, here.Tls == true ? here.ServerName : null))
                yield return $"explained upstream TLS {there.Tls} {there.ServerName}, but live {here.Tls} {here.ServerName}";
        }
        foreach (string difference in Headers(explained.Upstream, live.Upstream))
            yield return difference;
        if (explained.RouteName != live.RouteName && live.RouteName is not null)
            yield return $"explained route {explained.RouteName}, but live {live.RouteName}";
        if (Header(explained, Location) != Header(live, Location))
            yield return $"explained location {Header(explained, Location)}, but live {Header(live, Location)}";
        if (explained.Outcome == "local_reply" && (explained.Body ?? "") != live.Body)
            yield return $"explained body {explained.Body}, but live {live.Body}";
    }

    private static IEnumerable<string> Headers(UpstreamView? explained, UpstreamView? live)
    {
        if (explained is null || live is null)
            yield break;
        foreach (string name in explained.Headers.Keys.Union(live.Headers.Keys).Except(Volatile).Order(StringComparer.Ordinal))
        {
            string there = Values(explained, name);
            string here = Values(live, name);
            if (there != here)
                yield return $"explained upstream header {name}: {there}, but live {here}";
        }
    }

    private static string Values(UpstreamView view, string name) =>
        view.Headers.TryGetValue(name, out string[]? values) ? string.Join(",", values.SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries))) : "(absent)";

    private static string? Header(Observation observation, string name) =>
        observation.ResponseHeaders?.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
