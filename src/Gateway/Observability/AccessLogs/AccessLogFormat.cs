using System.Collections.Immutable;

namespace Gateway.Observability.AccessLogs;

/// <summary>
/// What a line of the access log holds, taken apart once. A text format is one value; a JSON format is fixed text
/// (<c>{"method":</c>) and values in turn, its keys already sorted and encoded.
/// </summary>
internal sealed class AccessLogFormat
{
    private const string DefaultTextFormat =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% "
        + "%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% "
        + "%DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" "
        + "\"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% "
        + "%DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

    private const string DefaultJsonFormat = """
        {
          "start_time": "%START_TIME%",
          "route_name": "%ROUTE_NAME%",
          "method": "%REQ(:METHOD)%",
          "path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
          "protocol": "%PROTOCOL%",
          "response_code": "%RESPONSE_CODE%",
          "response_flags": "%RESPONSE_FLAGS%",
          "response_code_details": "%RESPONSE_CODE_DETAILS%",
          "connection_termination_details": "%CONNECTION_TERMINATION_DETAILS%",
          "bytes_received": "%BYTES_RECEIVED%",
          "bytes_sent": "%BYTES_SENT%",
          "duration": "%DURATION%",
          "upstream_service_time": "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%",
          "x_forwarded_for": "%REQ(X-FORWARDED-FOR)%",
          "user_agent": "%REQ(USER-AGENT)%",
          "request_id": "%REQ(X-REQUEST-ID)%",
          "authority": "%REQ(:AUTHORITY)%",
          "upstream_host": "%UPSTREAM_HOST%",
          "upstream_cluster": "%UPSTREAM_CLUSTER_RAW%",
          "upstream_local_address": "%UPSTREAM_LOCAL_ADDRESS%",
          "downstream_local_address": "%DOWNSTREAM_LOCAL_ADDRESS%",
          "downstream_remote_address": "%DOWNSTREAM_REMOTE_ADDRESS%",
          "requested_server_name": "%REQUESTED_SERVER_NAME%",
          "upstream_transport_failure_reason": "%UPSTREAM_TRANSPORT_FAILURE_REASON%"
        }
        """;

    /// <summary>Istio's text line.</summary>
    public static AccessLogFormat DefaultText { get; } = AccessLogFormatParser.ParseText(DefaultTextFormat, []);

    /// <summary>Istio's JSON line.</summary>
    public static AccessLogFormat DefaultJson { get; } = AccessLogFormatParser.ParseJson(DefaultJsonFormat, [])!;

    /// <summary>Whether values are JSON.</summary>
    public required bool IsJson { get; init; }

    /// <summary>The pieces in order.</summary>
    public required ImmutableArray<LogSegment> Segments { get; init; }
}

/// <summary>Fixed bytes, or one value made of one or more parts.</summary>
/// <param name="Fixed">Bytes to copy; empty for a value.</param>
/// <param name="Value">The parts of a value; empty for fixed bytes.</param>
internal readonly record struct LogSegment(ReadOnlyMemory<byte> Fixed, ImmutableArray<LogPart> Value);
