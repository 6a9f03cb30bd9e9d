namespace Gateway.Observability.AccessLogs;

/// <summary>Headers whose value stands in its own place of <c>StreamInfo</c>.</summary>
internal enum KnownHeader
{
    /// <summary>Any other: looked up in the header dictionary.</summary>
    None,

    /// <summary><c>:method</c></summary>
    Method,

    /// <summary><c>:path</c></summary>
    Path,

    /// <summary><c>:authority</c></summary>
    Authority,

    /// <summary><c>:scheme</c></summary>
    Scheme,

    /// <summary><c>:status</c></summary>
    Status,

    /// <summary><c>x-forwarded-for</c></summary>
    ForwardedFor,

    /// <summary><c>user-agent</c></summary>
    UserAgent,

    /// <summary><c>x-request-id</c></summary>
    RequestId,

    /// <summary><c>x-envoy-upstream-service-time</c></summary>
    UpstreamServiceTime,
}

/// <summary>A header to print.</summary>
/// <param name="Name">Its name in lower case.</param>
/// <param name="Known">Its place in <c>StreamInfo</c>.</param>
internal readonly record struct HeaderReference(string Name, KnownHeader Known);

/// <summary>One piece of an access-log format: fixed text or an operator with its arguments, taken apart once.</summary>
internal sealed record LogPart
{
    /// <summary>What it is.</summary>
    public required LogOperator Operator { get; init; }

    /// <summary>UTF-8 text of a literal.</summary>
    public ReadOnlyMemory<byte> Literal { get; init; }

    /// <summary>The header.</summary>
    public HeaderReference Header { get; init; }

    /// <summary>Printed when <see cref="Header"/> is missing.</summary>
    public HeaderReference? Alternative { get; init; }

    /// <summary>Longest value in characters; 0 = any.</summary>
    public int MaxLength { get; init; }

    /// <summary>How a time is printed; null = Envoy's default.</summary>
    public TimePattern? Time { get; init; }
}
