using System.Collections.Concurrent;

namespace Gateway.Streams;

/// <summary>Envoy's short names of <see cref="ResponseFlags"/>, several joined by commas in Envoy's order; none is <c>-</c>.</summary>
internal static class ResponseFlagsText
{
    // The order of Envoy's own enumeration, which is the order in its logs (DI,FI and UF,URX).
    private static readonly (ResponseFlags Flag, string Name, string LongName)[] Names =
    [
        (ResponseFlags.NoHealthyUpstream, "UH", "NoHealthyUpstream"),
        (ResponseFlags.UpstreamRequestTimeout, "UT", "UpstreamRequestTimeout"),
        (ResponseFlags.LocalReset, "LR", "LocalReset"),
        (ResponseFlags.UpstreamRemoteReset, "UR", "UpstreamRemoteReset"),
        (ResponseFlags.UpstreamConnectionFailure, "UF", "UpstreamConnectionFailure"),
        (ResponseFlags.UpstreamConnectionTermination, "UC", "UpstreamConnectionTermination"),
        (ResponseFlags.UpstreamOverflow, "UO", "UpstreamOverflow"),
        (ResponseFlags.NoRouteFound, "NR", "NoRouteFound"),
        (ResponseFlags.DelayInjected, "DI", "DelayInjected"),
        (ResponseFlags.FaultInjected, "FI", "FaultInjected"),
        (ResponseFlags.RateLimited, "RL", "RateLimited"),
        (ResponseFlags.UnauthorizedExternalService, "UAEX", "UnauthorizedExternalService"),
        (ResponseFlags.DownstreamConnectionTermination, "DC", "DownstreamConnectionTermination"),
        (ResponseFlags.UpstreamRetryLimitExceeded, "URX", "UpstreamRetryLimitExceeded"),
        (ResponseFlags.StreamIdleTimeout, "SI", "StreamIdleTimeout"),
        (ResponseFlags.DownstreamProtocolError, "DPE", "DownstreamProtocolError"),
        (ResponseFlags.DurationTimeout, "DT", "DurationTimeout"),
        (ResponseFlags.UpstreamProtocolError, "UPE", "UpstreamProtocolError"),
        (ResponseFlags.NoClusterFound, "NC", "NoClusterFound"),
        (ResponseFlags.DnsResolutionFailed, "DF", "DnsResolutionFailed"),
        (ResponseFlags.DownstreamRemoteReset, "DR", "DownstreamRemoteReset"),
    ];

    // Few combinations occur; a cache keeps the request path free of fresh strings.
    private static readonly ConcurrentDictionary<ResponseFlags, string> ShortTexts = new();
    private static readonly ConcurrentDictionary<ResponseFlags, string> LongTexts = new();

    /// <summary><c>UF,URX</c>.</summary>
    public static string Short(ResponseFlags flags) =>
        flags == ResponseFlags.None ? "-" : ShortTexts.GetOrAdd(flags, static key => Join(key, longNames: false));

    /// <summary><c>UpstreamConnectionFailure,UpstreamRetryLimitExceeded</c>.</summary>
    public static string Long(ResponseFlags flags) =>
        flags == ResponseFlags.None ? "-" : LongTexts.GetOrAdd(flags, static key => Join(key, longNames: true));

    private static string Join(ResponseFlags flags, bool longNames)
    {
        List<string> names = [];
        foreach ((ResponseFlags flag, string name, string longName) in Names)
        {
            if ((flags & flag) != 0)
                names.Add(longNames ? longName : name);
        }
        return string.Join(',', names);
    }
}
