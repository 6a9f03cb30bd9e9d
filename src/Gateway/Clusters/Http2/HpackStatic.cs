using Gateway.Clusters.Http1;

namespace Gateway.Clusters.Http2;

/// <summary>The lines that both sides know from the beginning (RFC 7541 appendix A).</summary>
internal static class HpackStatic
{
    /// <summary>In order; the first one has index 1.</summary>
    public static readonly HeaderLine[] Lines =
    [
        Line(":authority", ""),
        Line(":method", "GET"),
        Line(":method", "POST"),
        Line(":path", "/"),
        Line(":path", "/index.html"),
        Line(":scheme", "http"),
        Line(":scheme", "https"),
        Line(":status", "200"),
        Line(":status", "204"),
        Line(":status", "206"),
        Line(":status", "304"),
        Line(":status", "400"),
        Line(":status", "404"),
        Line(":status", "500"),
        Line("accept-charset", ""),
        Line("accept-encoding", "gzip, deflate"),
        Line("accept-language", ""),
        Line("accept-ranges", ""),
        Line("accept", ""),
        Line("access-control-allow-origin", ""),
        Line("age", ""),
        Line("allow", ""),
        Line("authorization", ""),
        Line("cache-control", ""),
        Line("content-disposition", ""),
        Line("content-encoding", ""),
        Line("content-language", ""),
        Line("content-length", ""),
        Line("content-location", ""),
        Line("content-range", ""),
        Line("content-type", ""),
        Line("cookie", ""),
        Line("date", ""),
        Line("etag", ""),
        Line("expect", ""),
        Line("expires", ""),
        Line("from", ""),
        Line("host", ""),
        Line("if-match", ""),
        Line("if-modified-since", ""),
        Line("if-none-match", ""),
        Line("if-range", ""),
        Line("if-unmodified-since", ""),
        Line("last-modified", ""),
        Line("link", ""),
        Line("location", ""),
        Line("max-forwards", ""),
        Line("proxy-authenticate", ""),
        Line("proxy-authorization", ""),
        Line("range", ""),
        Line("referer", ""),
        Line("refresh", ""),
        Line("retry-after", ""),
        Line("server", ""),
        Line("set-cookie", ""),
        Line("strict-transport-security", ""),
        Line("transfer-encoding", ""),
        Line("user-agent", ""),
        Line("vary", ""),
        Line("via", ""),
        Line("www-authenticate", ""),
    ];

    /// <summary>The first index of a name, by name in lower case.</summary>
    public static IReadOnlyDictionary<string, int> Names { get; } =
        Lines.Select((line, i) => (line.Name, Index: i + 1)).GroupBy(line => line.Name).ToDictionary(group => group.Key, group => group.First().Index);

    private static HeaderLine Line(string name, string value) => new(name, value, Http2HeaderText.KindOf(name, value));
}
