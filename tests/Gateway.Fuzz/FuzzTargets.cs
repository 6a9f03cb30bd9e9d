using Gateway.Fuzz.Targets;

namespace Gateway.Fuzz;

/// <summary>What can be fuzzed, by name. The name is also the folder of its inputs.</summary>
internal static class FuzzTargets
{
    /// <summary>All of them. A target takes any bytes; an exception is a finding.</summary>
    public static IReadOnlyDictionary<string, Action<byte[]>> All { get; } = new Dictionary<string, Action<byte[]>>(StringComparer.Ordinal)
    {
        ["http1-response"] = Http1ResponseTarget.Run,
        ["chunked"] = ChunkedTarget.Run,
        ["http2"] = Http2Target.Run,
        ["hpack"] = HpackTarget.Run,
        ["client-hello"] = ClientHelloTarget.Run,
        ["proxy-header"] = ProxyHeaderTarget.Run,
        ["path"] = PathTarget.Run,
        ["host"] = HostTarget.Run,
        ["yaml"] = YamlTarget.Run,
    };

    /// <summary>The code whose branches are counted: assemblies with the beginnings of names of types.</summary>
    public static IReadOnlyDictionary<string, string[]> Instrumented { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["gateway.dll"] =
        [
            "Gateway.Clusters.Http1.", "Gateway.Clusters.Http2.", "Gateway.Clusters.ProxyHeader", "Gateway.Http.PathNormalizer", "Gateway.Http.ProtocolCheck",
            "Gateway.Http.RequestTarget", "Gateway.Listeners.ClientHello", "Gateway.Listeners.ProxyHeader", "Gateway.Matching.EgressTarget", "Gateway.Matching.HostMap",
        ],
        ["Gateway.Config.dll"] = ["Gateway.Config.Parsing."],
    };

    /// <summary>Longest input that is looked at: what is found in more is found in less, and sooner.</summary>
    public const int MaxBytes = 64 * 1024;
}
