namespace Gateway.Http;

/// <summary>
/// A request line's target (or <c>:path</c>) split without being interpreted. Absolute-form targets carry their own
/// scheme and authority, which replace those of the connection and the Host header.
/// </summary>
/// <param name="Scheme">Scheme of an absolute target, lower case; null for the others.</param>
/// <param name="Authority">Authority of an absolute target; null for the others.</param>
/// <param name="Path">Path with query, as sent; empty if the target is not a path (<c>*</c>, <c>host:port</c>).</param>
internal readonly record struct RequestTarget(string? Scheme, string? Authority, string Path)
{
    /// <summary>Splits a raw target.</summary>
    public static RequestTarget Parse(string raw)
    {
        if (raw.StartsWith('/'))
            return new RequestTarget(null, null, raw);
        int scheme = raw.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0)
            return new RequestTarget(null, null, "");
        int start = scheme + 3;
        int end = raw.AsSpan(start).IndexOfAny('/', '?', '#');
        string authority = end < 0 ? raw[start..] : raw[start..(start + end)];
        string path = end < 0 ? "/" : raw[(start + end)..];
        string name = raw.AsSpan(0, scheme).Equals("https", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
        return new RequestTarget(name, authority, path.StartsWith('/') ? path : "/" + path);
    }
}
