using System.Collections.Concurrent;
using System.Net;
using Gateway.Streams;

namespace Gateway.Testing;

/// <summary>What the gateway knew of a request when it ended: the access log's facts.</summary>
public sealed record CompletedRequest
{
    /// <summary>The client's port, which tells its connection.</summary>
    public required int ClientPort { get; init; }

    /// <summary>Method.</summary>
    public string? Method { get; init; }

    /// <summary>Path with query as the client sent it.</summary>
    public string? Path { get; init; }

    /// <summary>Status sent; 0 = none.</summary>
    public required int Status { get; init; }

    /// <summary>Envoy's response flags, e.g. <c>UF,URX</c>; <c>-</c> = none.</summary>
    public required string Flags { get; init; }

    /// <summary>Envoy's response code details.</summary>
    public string? Details { get; init; }

    /// <summary>Envoy's connection termination details.</summary>
    public string? TerminationDetails { get; init; }

    /// <summary>Why the upstream could not be reached, in words: Envoy's upstream transport failure reason.</summary>
    public string? Reason { get; init; }

    /// <summary>Route name.</summary>
    public string? RouteName { get; init; }

    /// <summary>Cluster name.</summary>
    public string? Cluster { get; init; }

    /// <summary><c>ip:port</c> of the endpoint.</summary>
    public string? UpstreamHost { get; init; }

    /// <summary>Request body bytes.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>Response body bytes.</summary>
    public required long BytesSent { get; init; }
}

/// <summary>Keeps a copy of every ended request.</summary>
internal sealed class CompletionLog : IStreamSink
{
    private readonly ConcurrentQueue<CompletedRequest> _requests = new();

    public IReadOnlyCollection<CompletedRequest> Requests => _requests;

    public void OnTcpClosed(StreamInfo info) => OnRequestCompleted(info);

    public void OnRequestCompleted(StreamInfo info) => _requests.Enqueue(new CompletedRequest
    {
        ClientPort = (info.Connection?.RemoteEndPoint as IPEndPoint)?.Port ?? 0,
        Method = info.Method,
        Path = info.Path,
        Status = info.ResponseCode,
        Flags = ResponseFlagsText.Short(info.Flags),
        Details = info.ResponseCodeDetails,
        TerminationDetails = info.ConnectionTerminationDetails,
        Reason = info.UpstreamTransportFailureReason,
        RouteName = info.RouteName,
        Cluster = info.UpstreamCluster,
        UpstreamHost = info.UpstreamHost,
        BytesReceived = info.BytesReceived,
        BytesSent = info.BytesSent,
    });
}
