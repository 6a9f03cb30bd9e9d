using System.Collections.Concurrent;
using Gateway.Clusters;
using Gateway.Streams;
using Prometheus;

namespace Gateway.Observability;

/// <summary>Istio's standard metrics of TCP sessions.</summary>
internal sealed class TcpMetrics : IStreamSink
{
    private static readonly string[] Labels =
    [
        "reporter", "source_workload", "source_workload_namespace", "source_principal", "source_app", "source_version",
        "source_canonical_service", "source_canonical_revision", "source_cluster", "destination_workload",
        "destination_workload_namespace", "destination_principal", "destination_app", "destination_version",
        "destination_service", "destination_service_name", "destination_service_namespace", "destination_canonical_service",
        "destination_canonical_revision", "destination_cluster", "request_protocol", "response_flags", "connection_security_policy",
    ];

    private static readonly DestinationIdentity Overflow = new("overflow", "overflow", "overflow");

    private readonly WorkloadIdentity _workload;
    private readonly Counter _opened;
    private readonly Counter _closed;
    private readonly Counter _received;
    private readonly Counter _sent;
    private readonly int _maxSeries;
    private readonly ConcurrentDictionary<(DestinationIdentity Destination, ResponseFlags Flags), Series> _series = new();

    /// <summary>Registers the metrics.</summary>
    /// <param name="factory">Where they are registered.</param>
    /// <param name="workload">This gateway, as the source.</param>
    /// <param name="maxSeries">Most rows; sessions to further destinations are counted together.</param>
    public TcpMetrics(IMetricFactory factory, WorkloadIdentity workload, int maxSeries = RequestMetrics.MaxSeries)
    {
        _workload = workload;
        _maxSeries = maxSeries;
        _opened = factory.CreateCounter("istio_tcp_connections_opened_total", "TCP sessions begun.", Labels);
        _closed = factory.CreateCounter("istio_tcp_connections_closed_total", "TCP sessions ended.", Labels);
        _received = factory.CreateCounter("istio_tcp_received_bytes_total", "Bytes that clients sent in TCP sessions.", Labels);
        _sent = factory.CreateCounter("istio_tcp_sent_bytes_total", "Bytes that clients got in TCP sessions.", Labels);
    }

    /// <inheritdoc/>
    public void OnRequestCompleted(StreamInfo info)
    {
    }

    /// <inheritdoc/>
    public void OnTcpOpened(StreamInfo info) => Of(info, ResponseFlags.None).Opened.Inc();

    /// <inheritdoc/>
    public void OnTcpBytes(StreamInfo info, long received, long sent)
    {
        Series series = Of(info, ResponseFlags.None);
        series.Received.Inc(received);
        series.Sent.Inc(sent);
    }

    /// <inheritdoc/>
    public void OnTcpClosed(StreamInfo info) => Of(info, info.Flags).Closed.Inc();

    private Series Of(StreamInfo info, ResponseFlags flags)
    {
        (DestinationIdentity Destination, ResponseFlags Flags) key = (info.Destination ?? DestinationIdentity.Unknown, flags);
        if (_series.TryGetValue(key, out Series? series))
            return series;
        // Configurations come and go; the number of rows must not grow with all there ever were.
        if (_series.Count >= _maxSeries)
            key = (Overflow, flags);
        return _series.GetOrAdd(key, static (key, self) => self.Create(key.Destination, key.Flags), this);
    }

    private Series Create(DestinationIdentity destination, ResponseFlags flags)
    {
        const string unknown = "unknown";
        string[] values =
        [
            "source", _workload.Workload, _workload.Namespace, unknown, _workload.App, _workload.Version,
            _workload.CanonicalService, _workload.CanonicalRevision, _workload.Cluster, unknown,
            unknown, unknown, unknown, unknown,
            destination.ServiceHost, destination.ServiceName, destination.ServiceNamespace, destination.ServiceName,
            unknown, unknown, "tcp", ResponseFlagsText.Short(flags), unknown,
        ];
        return new Series(_opened.WithLabels(values), _closed.WithLabels(values), _received.WithLabels(values), _sent.WithLabels(values));
    }

    private sealed record Series(Counter.Child Opened, Counter.Child Closed, Counter.Child Received, Counter.Child Sent);
}
