namespace Gateway.Conformance.Tests.Requests;

/// <summary>What an explanation says must be what happens: compares the two runs of a case, whatever the case expects.</summary>
internal static class Agreement
{
    private const string Location = "location";

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
        }
        if (explained.RouteName != live.RouteName && live.RouteName is not null)
            yield return $"explained route {explained.RouteName}, but live {live.RouteName}";
        if (Header(explained, Location) != Header(live, Location))
            yield return $"explained location {Header(explained, Location)}, but live {Header(live, Location)}";
        if (explained.Outcome == "local_reply" && (explained.Body ?? "") != live.Body)
            yield return $"explained body {explained.Body}, but live {live.Body}";
    }

    private static string? Header(Observation observation, string name) =>
        observation.ResponseHeaders?.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
