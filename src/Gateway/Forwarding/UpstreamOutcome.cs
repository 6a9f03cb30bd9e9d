namespace Gateway.Forwarding;

/// <summary>How an attempt ended, in the words of Envoy's reset reasons.</summary>
internal enum UpstreamOutcomeKind
{
    /// <summary>The answer went to the client, or the client was found gone.</summary>
    Done,

    /// <summary>No connection: refused, unreachable, TLS.</summary>
    ConnectFailure,

    /// <summary>No connection in time; retried like <see cref="ConnectFailure"/>.</summary>
    ConnectTimeout,

    /// <summary>The connection ended before the response headers.</summary>
    ConnectionTermination,

    /// <summary>RST_STREAM.</summary>
    RemoteReset,

    /// <summary>RST_STREAM with REFUSED_STREAM.</summary>
    RemoteRefused,

    /// <summary>What came was not HTTP.</summary>
    ProtocolError,

    /// <summary>The response broke off after its headers.</summary>
    ResponseAborted,

    /// <summary>What came after the response's headers was not HTTP, or its headers cannot be passed on.</summary>
    ResponseMalformed,

    /// <summary>The client left while the response was sent to it.</summary>
    ResponseNotTaken,

    /// <summary>The client broke off its body or spoke nonsense.</summary>
    RequestAborted,

    /// <summary>A circuit breaker let no further request wait for a connection; never retried.</summary>
    Overflow,

    /// <summary>A fault of our own.</summary>
    LocalReset,

    /// <summary>The route's limit in time.</summary>
    RouteTimeout,

    /// <summary>The limit in time of one try.</summary>
    TryTimeout,

    /// <summary>There was a response, which was not taken.</summary>
    Refused,
}

/// <summary>The end of an attempt.</summary>
/// <param name="Kind">How.</param>
/// <param name="Reason">The cause in words, for the log's transport failure reason; null = none.</param>
internal readonly record struct UpstreamOutcome(UpstreamOutcomeKind Kind, string? Reason = null);
