namespace Gateway.Streams;

/// <summary>Every way a request can end other than well, by Envoy's short names (its <c>stream_info/utility</c>).</summary>
[Flags]
internal enum ResponseFlags
{
    /// <summary><c>-</c></summary>
    None = 0,

    /// <summary><c>UH</c>: no healthy upstream endpoint.</summary>
    NoHealthyUpstream = 1 << 0,

    /// <summary><c>UF</c>: upstream connection failed.</summary>
    UpstreamConnectionFailure = 1 << 1,

    /// <summary><c>UO</c>: circuit breaker.</summary>
    UpstreamOverflow = 1 << 2,

    /// <summary><c>NR</c>: no route.</summary>
    NoRouteFound = 1 << 3,

    /// <summary><c>URX</c>: retries used up.</summary>
    UpstreamRetryLimitExceeded = 1 << 4,

    /// <summary><c>NC</c>: cluster unknown.</summary>
    NoClusterFound = 1 << 5,

    /// <summary><c>UC</c>: upstream closed the connection.</summary>
    UpstreamConnectionTermination = 1 << 6,

    /// <summary><c>UT</c>: upstream timeout.</summary>
    UpstreamRequestTimeout = 1 << 7,

    /// <summary><c>UR</c>: upstream reset the stream.</summary>
    UpstreamRemoteReset = 1 << 8,

    /// <summary><c>LR</c>: reset by the gateway.</summary>
    LocalReset = 1 << 9,

    /// <summary><c>UPE</c>: upstream protocol error.</summary>
    UpstreamProtocolError = 1 << 10,

    /// <summary><c>DC</c>: downstream connection gone.</summary>
    DownstreamConnectionTermination = 1 << 11,

    /// <summary><c>DR</c>: downstream reset the stream.</summary>
    DownstreamRemoteReset = 1 << 12,

    /// <summary><c>DPE</c>: downstream protocol error.</summary>
    DownstreamProtocolError = 1 << 13,

    /// <summary><c>SI</c>: stream idle timeout.</summary>
    StreamIdleTimeout = 1 << 14,

    /// <summary><c>RL</c>: rate limited.</summary>
    RateLimited = 1 << 15,

    /// <summary><c>UAEX</c>: external authorization.</summary>
    UnauthorizedExternalService = 1 << 16,

    /// <summary><c>FI</c>: fault injected.</summary>
    FaultInjected = 1 << 17,

    /// <summary><c>DI</c>: delay injected.</summary>
    DelayInjected = 1 << 18,

    /// <summary><c>DF</c>: DNS failure.</summary>
    DnsResolutionFailed = 1 << 19,

    /// <summary><c>DT</c>: a connection was open for too long.</summary>
    DurationTimeout = 1 << 20,
}
