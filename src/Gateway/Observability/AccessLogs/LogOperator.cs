using System.Collections.Frozen;

namespace Gateway.Observability.AccessLogs;

/// <summary>Envoy's access-log operators that have a value here.</summary>
internal enum LogOperator
{
    /// <summary>Not an operator: fixed text.</summary>
    Literal,

    /// <summary><c>START_TIME</c>, argument: a strftime pattern.</summary>
    StartTime,

    /// <summary><c>REQ(name?alternative)</c>.</summary>
    RequestHeader,

    /// <summary><c>RESP(name?alternative)</c>.</summary>
    ResponseHeader,

    /// <summary><c>TRAILER(name?alternative)</c>.</summary>
    ResponseTrailer,

    /// <summary><c>PROTOCOL</c>.</summary>
    Protocol,

    /// <summary><c>RESPONSE_CODE</c>.</summary>
    ResponseCode,

    /// <summary><c>RESPONSE_FLAGS</c>.</summary>
    ResponseFlags,

    /// <summary><c>RESPONSE_FLAGS_LONG</c>.</summary>
    ResponseFlagsLong,

    /// <summary><c>RESPONSE_CODE_DETAILS</c>.</summary>
    ResponseCodeDetails,

    /// <summary><c>CONNECTION_TERMINATION_DETAILS</c>.</summary>
    ConnectionTerminationDetails,

    /// <summary><c>UPSTREAM_TRANSPORT_FAILURE_REASON</c>.</summary>
    UpstreamTransportFailureReason,

    /// <summary><c>BYTES_RECEIVED</c>.</summary>
    BytesReceived,

    /// <summary><c>BYTES_SENT</c>.</summary>
    BytesSent,

    /// <summary><c>DURATION</c>, in milliseconds.</summary>
    Duration,

    /// <summary><c>UPSTREAM_HOST</c>, <c>UPSTREAM_REMOTE_ADDRESS</c>.</summary>
    UpstreamHost,

    /// <summary><c>UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT</c>.</summary>
    UpstreamHostWithoutPort,

    /// <summary><c>UPSTREAM_REMOTE_PORT</c>.</summary>
    UpstreamHostPort,

    /// <summary><c>UPSTREAM_CLUSTER</c>, <c>UPSTREAM_CLUSTER_RAW</c>.</summary>
    UpstreamCluster,

    /// <summary><c>UPSTREAM_LOCAL_ADDRESS</c>.</summary>
    UpstreamLocalAddress,

    /// <summary><c>DOWNSTREAM_LOCAL_ADDRESS</c>.</summary>
    DownstreamLocalAddress,

    /// <summary><c>DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT</c>.</summary>
    DownstreamLocalAddressWithoutPort,

    /// <summary><c>DOWNSTREAM_LOCAL_PORT</c>.</summary>
    DownstreamLocalPort,

    /// <summary><c>DOWNSTREAM_REMOTE_ADDRESS</c>: the trusted client, with port 0 where it comes from x-forwarded-for.</summary>
    DownstreamRemoteAddress,

    /// <summary><c>DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT</c>.</summary>
    DownstreamRemoteAddressWithoutPort,

    /// <summary><c>DOWNSTREAM_REMOTE_PORT</c>.</summary>
    DownstreamRemotePort,

    /// <summary><c>DOWNSTREAM_DIRECT_REMOTE_ADDRESS</c>: the peer of the connection.</summary>
    DownstreamDirectRemoteAddress,

    /// <summary><c>DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT</c>.</summary>
    DownstreamDirectRemoteAddressWithoutPort,

    /// <summary><c>DOWNSTREAM_DIRECT_REMOTE_PORT</c>.</summary>
    DownstreamDirectRemotePort,

    /// <summary><c>REQUESTED_SERVER_NAME</c>.</summary>
    RequestedServerName,

    /// <summary><c>DOWNSTREAM_TLS_VERSION</c>.</summary>
    DownstreamTlsVersion,

    /// <summary><c>ROUTE_NAME</c>.</summary>
    RouteName,

    /// <summary><c>GRPC_STATUS</c>, <c>GRPC_STATUS_NUMBER</c>: always the number.</summary>
    GrpcStatus,

    /// <summary>An operator of Envoy's that has no value here: always missing.</summary>
    Absent,
}

/// <summary>Envoy's operator names.</summary>
internal static class LogOperators
{
    private static readonly FrozenDictionary<string, LogOperator> ByName = new Dictionary<string, LogOperator>(StringComparer.Ordinal)
    {
        ["START_TIME"] = LogOperator.StartTime,
        ["REQ"] = LogOperator.RequestHeader,
        ["REQUEST_HEADER"] = LogOperator.RequestHeader,
        ["RESP"] = LogOperator.ResponseHeader,
        ["RESPONSE_HEADER"] = LogOperator.ResponseHeader,
        ["TRAILER"] = LogOperator.ResponseTrailer,
        ["RESPONSE_TRAILER"] = LogOperator.ResponseTrailer,
        ["PROTOCOL"] = LogOperator.Protocol,
        ["RESPONSE_CODE"] = LogOperator.ResponseCode,
        ["RESPONSE_FLAGS"] = LogOperator.ResponseFlags,
        ["RESPONSE_FLAGS_LONG"] = LogOperator.ResponseFlagsLong,
        ["RESPONSE_CODE_DETAILS"] = LogOperator.ResponseCodeDetails,
        ["CONNECTION_TERMINATION_DETAILS"] = LogOperator.ConnectionTerminationDetails,
        ["UPSTREAM_TRANSPORT_FAILURE_REASON"] = LogOperator.UpstreamTransportFailureReason,
        ["BYTES_RECEIVED"] = LogOperator.BytesReceived,
        ["BYTES_SENT"] = LogOperator.BytesSent,
        ["DURATION"] = LogOperator.Duration,
        ["UPSTREAM_HOST"] = LogOperator.UpstreamHost,
        ["UPSTREAM_REMOTE_ADDRESS"] = LogOperator.UpstreamHost,
        ["UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT"] = LogOperator.UpstreamHostWithoutPort,
        ["UPSTREAM_REMOTE_PORT"] = LogOperator.UpstreamHostPort,
        ["UPSTREAM_CLUSTER"] = LogOperator.UpstreamCluster,
        ["UPSTREAM_CLUSTER_RAW"] = LogOperator.UpstreamCluster,
        ["UPSTREAM_LOCAL_ADDRESS"] = LogOperator.UpstreamLocalAddress,
        ["DOWNSTREAM_LOCAL_ADDRESS"] = LogOperator.DownstreamLocalAddress,
        ["DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT"] = LogOperator.DownstreamLocalAddressWithoutPort,
        ["DOWNSTREAM_LOCAL_PORT"] = LogOperator.DownstreamLocalPort,
        ["DOWNSTREAM_REMOTE_ADDRESS"] = LogOperator.DownstreamRemoteAddress,
        ["DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT"] = LogOperator.DownstreamRemoteAddressWithoutPort,
        ["DOWNSTREAM_REMOTE_PORT"] = LogOperator.DownstreamRemotePort,
        ["DOWNSTREAM_DIRECT_REMOTE_ADDRESS"] = LogOperator.DownstreamDirectRemoteAddress,
        ["DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT"] = LogOperator.DownstreamDirectRemoteAddressWithoutPort,
        ["DOWNSTREAM_DIRECT_REMOTE_PORT"] = LogOperator.DownstreamDirectRemotePort,
        ["REQUESTED_SERVER_NAME"] = LogOperator.RequestedServerName,
        ["DOWNSTREAM_TLS_VERSION"] = LogOperator.DownstreamTlsVersion,
        ["ROUTE_NAME"] = LogOperator.RouteName,
        ["GRPC_STATUS"] = LogOperator.GrpcStatus,
        ["GRPC_STATUS_NUMBER"] = LogOperator.GrpcStatus,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Written in formats found in the wild; Envoy knows them, this gateway has nothing to put there.
    private static readonly FrozenSet<string> Absent = new[]
    {
        "COMMON_DURATION", "CONNECTION_ID", "DOWNSTREAM_FILTER_CHAIN_NAME", "DOWNSTREAM_HANDSHAKE_DURATION", "DOWNSTREAM_LOCAL_SUBJECT",
        "DOWNSTREAM_LOCAL_URI_SAN", "DOWNSTREAM_PEER_CERT", "DOWNSTREAM_PEER_CERT_V_END", "DOWNSTREAM_PEER_CERT_V_START",
        "DOWNSTREAM_PEER_FINGERPRINT_1", "DOWNSTREAM_PEER_FINGERPRINT_256", "DOWNSTREAM_PEER_ISSUER", "DOWNSTREAM_PEER_SERIAL",
        "DOWNSTREAM_PEER_SUBJECT", "DOWNSTREAM_PEER_URI_SAN", "DOWNSTREAM_TLS_CIPHER", "DOWNSTREAM_TLS_SESSION_ID",
        "DOWNSTREAM_TRANSPORT_FAILURE_REASON", "DOWNSTREAM_WIRE_BYTES_RECEIVED", "DOWNSTREAM_WIRE_BYTES_SENT", "DYNAMIC_METADATA",
        "EMIT_TIME", "ENVIRONMENT", "FILTER_STATE", "HOSTNAME", "METADATA", "REQUEST_DURATION", "REQUEST_HEADERS_BYTES", "REQUEST_TX_DURATION",
        "RESPONSE_DURATION", "RESPONSE_HEADERS_BYTES", "RESPONSE_TRAILERS_BYTES", "RESPONSE_TX_DURATION", "ROUNDTRIP_DURATION", "STREAM_ID",
        "TRACE_ID", "UPSTREAM_CONNECTION_ID", "UPSTREAM_CONNECTION_POOL_READY_DURATION", "UPSTREAM_FILTER_STATE", "UPSTREAM_HOST_NAME",
        "UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", "UPSTREAM_LOCAL_PORT", "UPSTREAM_METADATA", "UPSTREAM_PEER_SUBJECT", "UPSTREAM_PEER_URI_SAN",
        "UPSTREAM_PROTOCOL", "UPSTREAM_REQUEST_ATTEMPT_COUNT", "UPSTREAM_TLS_CIPHER", "UPSTREAM_TLS_VERSION", "UPSTREAM_WIRE_BYTES_RECEIVED",
        "UPSTREAM_WIRE_BYTES_SENT", "VIRTUAL_CLUSTER_NAME",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Finds an operator; false = Envoy does not know it either.</summary>
    public static bool TryFind(string name, out LogOperator result)
    {
        if (ByName.TryGetValue(name, out result))
            return true;
        result = LogOperator.Absent;
        return Absent.Contains(name);
    }
}
