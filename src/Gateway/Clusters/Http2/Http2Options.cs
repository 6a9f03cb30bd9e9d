namespace Gateway.Clusters.Http2;

/// <summary>Limits of connections of HTTP/2 to backends.</summary>
internal sealed record Http2Options
{
    /// <summary>Those of a cluster.</summary>
    public static Http2Options Of(ClusterConfig config)
    {
        var options = new Http2Options { MaxRequests = config.MaxRequestsPerConnection };
        if (config.MaxConcurrentStreams > 0)
            options = options with { MaxStreams = Math.Min(options.MaxStreams, config.MaxConcurrentStreams) };
        return config.Http2Keepalive is { } keepalive ? options with { KeepAliveInterval = keepalive.Interval, KeepAliveTimeout = keepalive.Timeout } : options;
    }

    /// <summary>What a backend may send on a stream before we have passed it on, in bytes.</summary>
    public int StreamWindow { get; init; } = 256 * 1024;

    /// <summary>The same for all streams of a connection.</summary>
    public int ConnectionWindow { get; init; } = 16 * 1024 * 1024;

    /// <summary>Names and values of a head or of trailers, with 32 bytes for each line.</summary>
    public int MaxHeaderListBytes { get; init; } = 80 * 1024;

    /// <summary>Streams under way on a connection, whatever the backend would allow.</summary>
    public int MaxStreams { get; init; } = 1024;

    /// <summary>Connections from one loop to one endpoint.</summary>
    public int MaxConnections { get; init; } = 64;

    /// <summary>Requests that wait for a connection or a stream.</summary>
    public int MaxWaiting { get; init; } = 8192;

    /// <summary>Requests after which a connection takes no more; 0 = no limit.</summary>
    public int MaxRequests { get; init; }

    /// <summary>Time between pings; infinite = none.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>A connection whose answer to a ping takes longer is closed.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Frames that bring nothing, which a backend may send at once; see <see cref="Http2FloodGuard"/>.</summary>
    public int IdleFrameBurst { get; init; } = 4096;

    /// <summary>Unsent bytes of a connection at which bodies wait.</summary>
    public int MaxUnsentBytes { get; init; } = 256 * 1024;
}
