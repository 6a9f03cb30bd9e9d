using Gateway.Clusters;
using Microsoft.AspNetCore.Http;

namespace Gateway.Streams;

/// <summary>
/// Everything known of one request. The access log, the metrics and (later) traces read only this. Filled by the
/// pipeline and the forwarder; used by one request at a time and pooled. Unset text is null and printed as <c>-</c>.
/// </summary>
internal sealed class StreamInfo
{
    /// <summary>When the request began, wall clock.</summary>
    public DateTimeOffset StartTime { get; set; }

    /// <summary>When the request began, <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long StartTimestamp { get; set; }

    /// <summary>From start to the last byte out.</summary>
    public TimeSpan Duration { get; set; }

    /// <summary>The client's connection.</summary>
    public DownstreamConnection? Connection { get; set; }

    /// <summary>Method.</summary>
    public string? Method { get; set; }

    /// <summary>Path with query as the client sent it (Envoy logs x-envoy-original-path, else :path).</summary>
    public string? Path { get; set; }

    /// <summary><c>HTTP/1.1</c>, <c>HTTP/2</c>.</summary>
    public string? Protocol { get; set; }

    /// <summary>Authority as the upstream sees it, or the client's.</summary>
    public string? Authority { get; set; }

    /// <summary><c>http</c> or <c>https</c>: what routing went by.</summary>
    public string? Scheme { get; set; }

    /// <summary>The trusted address of the client, without port.</summary>
    public string? ClientAddress { get; set; }

    /// <summary>x-forwarded-for as sent upstream.</summary>
    public string? ForwardedFor { get; set; }

    /// <summary>user-agent.</summary>
    public string? UserAgent { get; set; }

    /// <summary>x-request-id.</summary>
    public string? RequestId { get; set; }

    /// <summary>Whether this is a gRPC request (content-type <c>application/grpc</c>, <c>application/grpc+…</c>).</summary>
    public bool IsGrpc { get; set; }

    /// <summary>grpc-status of the answer, from headers or trailers.</summary>
    public string? GrpcStatus { get; set; }

    /// <summary>Status sent; 0 = none was begun.</summary>
    public int ResponseCode { get; set; }

    /// <summary>How it ended.</summary>
    public ResponseFlags Flags { get; set; }

    /// <summary>Envoy's response_code_details: <c>via_upstream</c>, <c>route_not_found</c> …</summary>
    public string? ResponseCodeDetails { get; set; }

    /// <summary>connection_termination_details.</summary>
    public string? ConnectionTerminationDetails { get; set; }

    /// <summary>upstream_transport_failure_reason.</summary>
    public string? UpstreamTransportFailureReason { get; set; }

    /// <summary>Request body bytes.</summary>
    public long BytesReceived { get; set; }

    /// <summary>Response body bytes.</summary>
    public long BytesSent { get; set; }

    /// <summary>Milliseconds from the end of the request to the response headers; null = no upstream answered.</summary>
    public long? UpstreamServiceTimeMs { get; set; }

    /// <summary><c>ip:port</c> of the endpoint.</summary>
    public string? UpstreamHost { get; set; }

    /// <summary>Cluster name.</summary>
    public string? UpstreamCluster { get; set; }

    /// <summary>Our address of the upstream connection.</summary>
    public string? UpstreamLocalAddress { get; set; }

    /// <summary>Route name.</summary>
    public string? RouteName { get; set; }

    /// <summary>Who the destination is; null = no cluster was reached.</summary>
    public DestinationIdentity? Destination { get; set; }

    /// <summary>Request headers at the end of the stream, for custom access-log formats; set by the pipeline while the sinks run, else null.</summary>
    public IHeaderDictionary? RequestHeaders { get; set; }

    /// <summary>Response headers as sent; set while the sinks run, else null.</summary>
    public IHeaderDictionary? ResponseHeaders { get; set; }

    /// <summary>Response trailers as sent; set while the sinks run if there are any, else null.</summary>
    public IHeaderDictionary? ResponseTrailers { get; set; }

    /// <summary>Forgets everything, before the object goes back to its pool.</summary>
    public void Reset()
    {
        StartTime = default;
        StartTimestamp = 0;
        Duration = default;
        Connection = null;
        Method = Path = Protocol = Authority = ForwardedFor = UserAgent = RequestId = GrpcStatus = Scheme = ClientAddress = null;
        IsGrpc = false;
        ResponseCode = 0;
        Flags = ResponseFlags.None;
        ResponseCodeDetails = ConnectionTerminationDetails = UpstreamTransportFailureReason = null;
        BytesReceived = BytesSent = 0;
        UpstreamServiceTimeMs = null;
        UpstreamHost = UpstreamCluster = UpstreamLocalAddress = RouteName = null;
        Destination = null;
        RequestHeaders = ResponseHeaders = ResponseTrailers = null;
    }
}
