using System.Globalization;
using Gateway.Clusters;

namespace Gateway.Forwarding;

/// <summary>Tells outlier detection how tries ended, in the terms of Envoy's router.</summary>
internal static class OutlierReport
{
    // By gRPC status: the HTTP status it stands for.
    private static readonly int[] HttpStatus = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401];

    /// <summary>Response headers came.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="endpoint">Who answered.</param>
    /// <param name="status">Its status.</param>
    /// <param name="grpcStatus">grpc-status among the headers of a gRPC answer; null = there is none.</param>
    public static void Answered(Cluster cluster, UpstreamEndpoint endpoint, int status, string? grpcStatus)
    {
        int standsFor = status;
        if (grpcStatus is not null)
            standsFor = int.TryParse(grpcStatus, NumberStyles.None, CultureInfo.InvariantCulture, out int code) && code < HttpStatus.Length ? HttpStatus[code] : 500;
        cluster.ReportStatus(endpoint, status, standsFor);
    }

    /// <summary>A try ended without them. What the client did, or we ourselves, is not the endpoint's fault.</summary>
    public static void Failed(Cluster cluster, UpstreamEndpoint endpoint, UpstreamOutcomeKind kind)
    {
        switch (kind)
        {
            case UpstreamOutcomeKind.ConnectFailure or UpstreamOutcomeKind.ConnectTimeout or UpstreamOutcomeKind.ConnectionTermination
                or UpstreamOutcomeKind.RemoteReset or UpstreamOutcomeKind.RemoteRefused or UpstreamOutcomeKind.ProtocolError:
                cluster.ReportFailure(endpoint, timedOut: false);
                break;
            case UpstreamOutcomeKind.RouteTimeout or UpstreamOutcomeKind.TryTimeout:
                cluster.ReportFailure(endpoint, timedOut: true);
                break;
        }
    }
}
