namespace Gateway.Clusters.Http1;

/// <summary>Response headers that mean something to the connection, or that the server has a field for.</summary>
internal enum HeaderKind : byte
{
    /// <summary>Passes as it is.</summary>
    Other,

    /// <summary>content-length</summary>
    ContentLength,

    /// <summary>transfer-encoding</summary>
    TransferEncoding,

    /// <summary>connection</summary>
    Connection,

    /// <summary>Of the connection and not of the message: keep-alive, proxy-connection, upgrade.</summary>
    HopByHop,

    /// <summary>content-type</summary>
    ContentType,

    /// <summary>date</summary>
    Date,

    /// <summary>server</summary>
    Server,

    /// <summary>cache-control</summary>
    CacheControl,

    /// <summary>etag</summary>
    ETag,

    /// <summary>last-modified</summary>
    LastModified,

    /// <summary>HTTP/2 only: <c>:status</c> and the like.</summary>
    Pseudo,

    /// <summary>HTTP/2 only: what makes its message malformed.</summary>
    Invalid,
}

/// <summary>A header line as strings. Immutable, so that equal lines can share one.</summary>
/// <param name="Name">As the backend wrote it.</param>
/// <param name="Value">Without the white space around it; Latin-1.</param>
/// <param name="Kind">What it is.</param>
internal sealed record HeaderLine(string Name, string Value, HeaderKind Kind)
{
    /// <summary>The kind of a name, whatever its case.</summary>
    public static HeaderKind KindOf(string name) => name.Length switch
    {
        4 when Is(name, "date") => HeaderKind.Date,
        4 when Is(name, "etag") => HeaderKind.ETag,
        6 when Is(name, "server") => HeaderKind.Server,
        7 when Is(name, "upgrade") => HeaderKind.HopByHop,
        10 when Is(name, "connection") => HeaderKind.Connection,
        10 when Is(name, "keep-alive") => HeaderKind.HopByHop,
        12 when Is(name, "content-type") => HeaderKind.ContentType,
        13 when Is(name, "cache-control") => HeaderKind.CacheControl,
        13 when Is(name, "last-modified") => HeaderKind.LastModified,
        14 when Is(name, "content-length") => HeaderKind.ContentLength,
        16 when Is(name, "proxy-connection") => HeaderKind.HopByHop,
        17 when Is(name, "transfer-encoding") => HeaderKind.TransferEncoding,
        _ => HeaderKind.Other,
    };

    private static bool Is(string name, string known) => name.Equals(known, StringComparison.OrdinalIgnoreCase);
}
