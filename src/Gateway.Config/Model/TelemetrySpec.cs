namespace Gateway.Config.Model;

/// <summary>Which side of a connection a part of a Telemetry is about. Istio <c>WorkloadMode</c>.</summary>
public enum TelemetryMode
{
    /// <summary><c>CLIENT_AND_SERVER</c>.</summary>
    ClientAndServer,

    /// <summary><c>CLIENT</c>.</summary>
    Client,

    /// <summary><c>SERVER</c>.</summary>
    Server,
}

/// <summary>What a tag override does. Istio <c>MetricsOverrides.TagOverride.Operation</c>.</summary>
public enum TagOperation
{
    /// <summary><c>UPSERT</c>.</summary>
    Upsert,

    /// <summary><c>REMOVE</c>.</summary>
    Remove,
}

/// <summary>One of Istio's own metrics. Istio <c>MetricSelector.IstioMetric</c>.</summary>
public enum TelemetryMetric
{
    /// <summary><c>ALL_METRICS</c>.</summary>
    AllMetrics,

    /// <summary><c>REQUEST_COUNT</c>.</summary>
    RequestCount,

    /// <summary><c>REQUEST_DURATION</c>.</summary>
    RequestDuration,

    /// <summary><c>REQUEST_SIZE</c>.</summary>
    RequestSize,

    /// <summary><c>RESPONSE_SIZE</c>.</summary>
    ResponseSize,

    /// <summary><c>TCP_OPENED_CONNECTIONS</c>.</summary>
    TcpOpenedConnections,

    /// <summary><c>TCP_CLOSED_CONNECTIONS</c>.</summary>
    TcpClosedConnections,

    /// <summary><c>TCP_SENT_BYTES</c>.</summary>
    TcpSentBytes,

    /// <summary><c>TCP_RECEIVED_BYTES</c>.</summary>
    TcpReceivedBytes,

    /// <summary><c>GRPC_REQUEST_MESSAGES</c>.</summary>
    GrpcRequestMessages,

    /// <summary><c>GRPC_RESPONSE_MESSAGES</c>.</summary>
    GrpcResponseMessages,
}

/// <summary>Istio <c>Telemetry</c>. It is read and judged; nothing of it is applied.</summary>
public sealed record TelemetrySpec : SpecRecord, ITargetedPolicy
{
    /// <inheritdoc/>
    public PolicySelector? Selector { get; init; }

    /// <inheritdoc/>
    public PolicyTargetReference? TargetRef { get; init; }

    /// <inheritdoc/>
    public EquatableArray<PolicyTargetReference> TargetRefs { get; init; }

    /// <summary><c>tracing</c>.</summary>
    public EquatableArray<TelemetryTracing> Tracing { get; init; }

    /// <summary><c>metrics</c>.</summary>
    public EquatableArray<TelemetryMetrics> Metrics { get; init; }

    /// <summary><c>accessLogging</c>.</summary>
    public EquatableArray<TelemetryAccessLogging> AccessLogging { get; init; }
}

/// <summary>Istio <c>ProviderRef</c>: an extension provider of the mesh.</summary>
public sealed record TelemetryProvider : SpecRecord
{
    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = "";
}

/// <summary>Istio <c>Telemetry.Tracing</c>.</summary>
public sealed record TelemetryTracing : SpecRecord
{
    /// <summary><c>match.mode</c>.</summary>
    public TelemetryMode Mode { get; init; }

    /// <summary><c>providers</c>.</summary>
    public EquatableArray<TelemetryProvider> Providers { get; init; }

    /// <summary><c>randomSamplingPercentage</c>; null = not written.</summary>
    public double? RandomSamplingPercentage { get; init; }

    /// <summary><c>customTags</c> by name.</summary>
    public EquatableMap<TelemetryTag> CustomTags { get; init; }
}

/// <summary>Istio <c>Tracing.CustomTag</c>: at most one of its sources is written.</summary>
public sealed record TelemetryTag : SpecRecord
{
    /// <summary><c>literal</c>.</summary>
    public TelemetryTagSource? Literal { get; init; }

    /// <summary><c>environment</c>.</summary>
    public TelemetryTagSource? Environment { get; init; }

    /// <summary><c>header</c>.</summary>
    public TelemetryTagSource? Header { get; init; }

    /// <summary><c>formatter</c>.</summary>
    public TelemetryTagSource? Formatter { get; init; }
}

/// <summary>Where a tag's value comes from.</summary>
public sealed record TelemetryTagSource : SpecRecord
{
    /// <summary><c>name</c> of a variable or header, or the <c>value</c> itself.</summary>
    public string Text { get; init; } = "";
}

/// <summary>Istio <c>Telemetry.Metrics</c>.</summary>
public sealed record TelemetryMetrics : SpecRecord
{
    /// <summary><c>providers</c>.</summary>
    public EquatableArray<TelemetryProvider> Providers { get; init; }

    /// <summary><c>overrides</c>.</summary>
    public EquatableArray<TelemetryOverride> Overrides { get; init; }

    /// <summary><c>reportingInterval</c>; null = not written.</summary>
    public TimeSpan? ReportingInterval { get; init; }
}

/// <summary>Istio <c>MetricsOverrides</c>.</summary>
public sealed record TelemetryOverride : SpecRecord
{
    /// <summary><c>match</c>; null = not written.</summary>
    public TelemetryMetricSelector? Match { get; init; }

    /// <summary><c>tagOverrides</c> by tag.</summary>
    public EquatableMap<TelemetryTagOverride> TagOverrides { get; init; }
}

/// <summary>Istio <c>MetricSelector</c>.</summary>
public sealed record TelemetryMetricSelector : SpecRecord
{
    /// <summary><c>mode</c>.</summary>
    public TelemetryMode Mode { get; init; }

    /// <summary><c>metric</c>.</summary>
    public TelemetryMetric Metric { get; init; }

    /// <summary><c>customMetric</c>; null = not written.</summary>
    public string? CustomMetric { get; init; }
}

/// <summary>Istio <c>MetricsOverrides.TagOverride</c>.</summary>
public sealed record TelemetryTagOverride : SpecRecord
{
    /// <summary><c>operation</c>.</summary>
    public TagOperation Operation { get; init; }

    /// <summary><c>value</c>; null = not written.</summary>
    public string? Value { get; init; }
}

/// <summary>Istio <c>Telemetry.AccessLogging</c>.</summary>
public sealed record TelemetryAccessLogging : SpecRecord
{
    /// <summary><c>match.mode</c>.</summary>
    public TelemetryMode Mode { get; init; }

    /// <summary><c>providers</c>.</summary>
    public EquatableArray<TelemetryProvider> Providers { get; init; }

    /// <summary><c>filter</c>; null = not written.</summary>
    public TelemetryLogFilter? Filter { get; init; }
}

/// <summary>Istio <c>AccessLogging.Filter</c>.</summary>
public sealed record TelemetryLogFilter : SpecRecord
{
    /// <summary><c>expression</c>, in CEL.</summary>
    public string Expression { get; init; } = "";
}
