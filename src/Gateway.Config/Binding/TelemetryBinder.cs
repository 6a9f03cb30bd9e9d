using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads the body of a Telemetry.</summary>
internal static class TelemetryBinder
{
    private static readonly EnumNames<TelemetryMode> Modes = new(
        ("CLIENT_AND_SERVER", TelemetryMode.ClientAndServer), ("CLIENT", TelemetryMode.Client), ("SERVER", TelemetryMode.Server));

    private static readonly EnumNames<TagOperation> Operations = new(("UPSERT", TagOperation.Upsert), ("REMOVE", TagOperation.Remove));

    private static readonly EnumNames<TelemetryMetric> Metrics = new(
        ("ALL_METRICS", TelemetryMetric.AllMetrics),
        ("REQUEST_COUNT", TelemetryMetric.RequestCount),
        ("REQUEST_DURATION", TelemetryMetric.RequestDuration),
        ("REQUEST_SIZE", TelemetryMetric.RequestSize),
        ("RESPONSE_SIZE", TelemetryMetric.ResponseSize),
        ("TCP_OPENED_CONNECTIONS", TelemetryMetric.TcpOpenedConnections),
        ("TCP_CLOSED_CONNECTIONS", TelemetryMetric.TcpClosedConnections),
        ("TCP_SENT_BYTES", TelemetryMetric.TcpSentBytes),
        ("TCP_RECEIVED_BYTES", TelemetryMetric.TcpReceivedBytes),
        ("GRPC_REQUEST_MESSAGES", TelemetryMetric.GrpcRequestMessages),
        ("GRPC_RESPONSE_MESSAGES", TelemetryMetric.GrpcResponseMessages));

    public static TelemetrySpec TelemetrySpec(ObjectReader r) => new()
    {
        Node = r.Node,
        Selector = r.Object("selector", SecurityBinder.PolicySelector),
        TargetRef = r.Object("targetRef", SecurityBinder.PolicyTargetReference),
        TargetRefs = r.List("targetRefs", SecurityBinder.PolicyTargetReference),
        Tracing = r.List("tracing", Tracing),
        Metrics = r.List("metrics", MetricsOf),
        AccessLogging = r.List("accessLogging", AccessLogging),
    };

    private static TelemetryTracing Tracing(ObjectReader r)
    {
        foreach (string flag in (string[])["disableSpanReporting", "enableIstioTags", "useRequestIdForTraceSampling", "disableContextPropagation"])
            _ = r.Boolean(flag);
        return new()
        {
            Node = r.Node,
            Mode = Mode(r),
            Providers = Providers(r),
            RandomSamplingPercentage = r.Double("randomSamplingPercentage"),
            CustomTags = r.Map("customTags", t => new TelemetryTag
            {
                Node = t.Node,
                Literal = t.Object("literal", s => Source(s, "value")),
                Environment = t.Object("environment", s => Source(s, "name")),
                Header = t.Object("header", s => Source(s, "name")),
                Formatter = t.Object("formatter", s => Source(s, "value")),
            }),
        };
    }

    private static TelemetryMetrics MetricsOf(ObjectReader r) => new()
    {
        Node = r.Node,
        Providers = Providers(r),
        Overrides = r.List("overrides", Override, nullIsEmpty: true),
        ReportingInterval = r.Duration("reportingInterval"),
    };

    private static TelemetryOverride Override(ObjectReader r)
    {
        _ = r.Boolean("disabled");
        return new()
        {
            Node = r.Node,
            Match = r.Object("match", MetricSelector),
            TagOverrides = r.Map("tagOverrides", t => new TelemetryTagOverride
            {
                Node = t.Node,
                Operation = t.Enum("operation", Operations) ?? TagOperation.Upsert,
                Value = t.String("value"),
            }),
        };
    }

    private static TelemetryMetricSelector MetricSelector(ObjectReader r) => new()
    {
        Node = r.Node,
        Mode = r.Enum("mode", Modes) ?? TelemetryMode.ClientAndServer,
        Metric = r.Enum("metric", Metrics) ?? TelemetryMetric.AllMetrics,
        CustomMetric = r.String("customMetric"),
    };

    private static TelemetryAccessLogging AccessLogging(ObjectReader r)
    {
        _ = r.Boolean("disabled");
        return new()
        {
            Node = r.Node,
            Mode = Mode(r),
            Providers = Providers(r),
            Filter = r.Object("filter", f => new TelemetryLogFilter { Node = f.Node, Expression = f.String("expression") ?? "" }),
        };
    }

    private static TelemetryMode Mode(ObjectReader r) =>
        r.Object("match", m => new TelemetryAccessLogging { Node = m.Node, Mode = m.Enum("mode", Modes) ?? TelemetryMode.ClientAndServer })?.Mode ?? TelemetryMode.ClientAndServer;

    private static EquatableArray<TelemetryProvider> Providers(ObjectReader r) =>
        r.List("providers", p => new TelemetryProvider { Node = p.Node, Name = p.String("name") ?? "" });

    private static TelemetryTagSource Source(ObjectReader r, string field)
    {
        if (field == "name")
            _ = r.String("defaultValue");
        return new() { Node = r.Node, Text = r.String(field) ?? "" };
    }
}
