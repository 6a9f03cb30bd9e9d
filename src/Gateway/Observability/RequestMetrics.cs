using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Gateway.Clusters;
using Gateway.Streams;
using Prometheus;

namespace Gateway.Observability;

/// <summary>
/// Istio's standard request metrics. The children of one combination of labels are looked up once and kept; a request
/// costs one dictionary look-up by numbers and references, and no string.
/// </summary>
internal sealed class RequestMetrics : IStreamSink
{
    /// <summary>More combinations than this share one row per status, so that no client can fill the memory.</summary>
    public const int MaxSeries = 10_000;

    // Live clusters keep their identity object for as long as they are equal; a flood of new ones only costs look-ups.
    private const int ReferencesPerSeries = 4;

    private static readonly string[] Labels =
    [
        "reporter", "source_workload", "source_workload_namespace", "source_principal", "source_app", "source_version",
        "source_canonical_service", "source_canonical_revision", "source_cluster", "destination_workload",
        "destination_workload_namespace", "destination_principal", "destination_app", "destination_version",
        "destination_service", "destination_service_name", "destination_service_namespace", "destination_canonical_service",
        "destination_canonical_revision", "destination_cluster", "request_protocol", "response_code", "response_flags",
        "connection_security_policy", "grpc_response_status",
    ];

    // Envoy's default buckets, for milliseconds and bytes alike.
    private static readonly double[] Buckets =
        [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000];

    private static readonly DestinationIdentity Overflow = new("overflow", "overflow", "overflow");

    private readonly WorkloadIdentity _workload;
    private readonly int _maxSeries;
    private readonly Counter _requests;
    private readonly Histogram _durations;
    private readonly Histogram _requestBytes;
    private readonly Histogram _responseBytes;
    private readonly ConcurrentDictionary<ReferenceKey, Series> _byReference = new();
    private readonly ConcurrentDictionary<ContentKey, Series> _byContent = new();

    /// <summary>Registers the metrics.</summary>
    public RequestMetrics(IMetricFactory factory, WorkloadIdentity workload, int maxSeries = MaxSeries)
    {
        _workload = workload;
        _maxSeries = maxSeries;
        HistogramConfiguration histogram = new() { Buckets = Buckets };
        _requests = factory.CreateCounter("istio_requests_total", "Requests handled.", Labels);
        _durations = factory.CreateHistogram("istio_request_duration_milliseconds", "Duration of requests in milliseconds.", Labels, histogram);
        _requestBytes = factory.CreateHistogram("istio_request_bytes", "Size of request bodies in bytes.", Labels, histogram);
        _responseBytes = factory.CreateHistogram("istio_response_bytes", "Size of response bodies in bytes.", Labels, histogram);
    }

    /// <inheritdoc/>
    public void OnRequestCompleted(StreamInfo info)
    {
        DestinationIdentity destination = info.Destination ?? DestinationIdentity.Unknown;
        ReferenceKey key = new(destination, info.ResponseCode, info.Flags, GrpcStatus(info));
        if (!_byReference.TryGetValue(key, out Series? series))
            series = Find(key);
        series.Requests.Inc();
        series.Durations.Observe(info.Duration.TotalMilliseconds);
        series.RequestBytes.Observe(info.BytesReceived);
        series.ResponseBytes.Observe(info.BytesSent);
    }

    private Series Find(ReferenceKey key)
    {
        ContentKey content = new(key.Destination, key.ResponseCode, key.Flags, key.GrpcStatus);
        if (!_byContent.TryGetValue(content, out Series? series))
        {
            if (_byContent.Count >= _maxSeries)
                content = new ContentKey(Overflow, key.ResponseCode, Streams.ResponseFlags.None, key.GrpcStatus);
            series = _byContent.GetOrAdd(content, static (key, self) => self.Create(key), this);
        }
        if (_byReference.Count >= ReferencesPerSeries * _maxSeries)
            _byReference.Clear();
        _byReference[key] = series;
        return series;
    }

    private Series Create(ContentKey key)
    {
        const string unknown = "unknown";
        string[] values =
        [
            "source", _workload.Workload, _workload.Namespace, unknown, _workload.App, _workload.Version,
            _workload.CanonicalService, _workload.CanonicalRevision, _workload.Cluster, unknown,
            unknown, unknown, unknown, unknown,
            key.Destination.ServiceHost, key.Destination.ServiceName, key.Destination.ServiceNamespace, key.Destination.ServiceName,
            unknown, unknown, key.GrpcStatus == NotGrpc ? "http" : "grpc", key.ResponseCode.ToString(CultureInfo.InvariantCulture), ResponseFlagsText.Short(key.Flags),
            unknown, key.GrpcStatus >= 0 ? key.GrpcStatus.ToString(CultureInfo.InvariantCulture) : "",
        ];
        return new Series(_requests.WithLabels(values), _durations.WithLabels(values), _requestBytes.WithLabels(values), _responseBytes.WithLabels(values));
    }

    private const int NotGrpc = -2;
    private const int NoGrpcStatus = -1;

    // The status comes from the backend: only the seventeen codes of gRPC become labels.
    private static int GrpcStatus(StreamInfo info)
    {
        if (!info.IsGrpc)
            return NotGrpc;
        return int.TryParse(info.GrpcStatus, NumberStyles.None, CultureInfo.InvariantCulture, out int status) && status <= 16 ? status : NoGrpcStatus;
    }

    private sealed record Series(Counter.Child Requests, Histogram.Child Durations, Histogram.Child RequestBytes, Histogram.Child ResponseBytes);

    private readonly record struct ContentKey(DestinationIdentity Destination, int ResponseCode, ResponseFlags Flags, int GrpcStatus);

    private readonly struct ReferenceKey(DestinationIdentity destination, int responseCode, ResponseFlags flags, int grpcStatus) : IEquatable<ReferenceKey>
    {
        public DestinationIdentity Destination { get; } = destination;

        public int ResponseCode { get; } = responseCode;

        public ResponseFlags Flags { get; } = flags;

        public int GrpcStatus { get; } = grpcStatus;

        public bool Equals(ReferenceKey other) =>
            ReferenceEquals(Destination, other.Destination) && ResponseCode == other.ResponseCode && Flags == other.Flags && GrpcStatus == other.GrpcStatus;

        public override bool Equals(object? obj) => obj is ReferenceKey other && Equals(other);

        public override int GetHashCode() => HashCode.Combine(RuntimeHelpers.GetHashCode(Destination), ResponseCode, Flags, GrpcStatus);
    }
}
