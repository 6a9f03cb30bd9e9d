using Gateway.Clusters;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>Reports what is written for a destination and the transport or the client of this gateway cannot do.</summary>
internal static class StackLimits
{
    private static readonly string[] OfOwnClient = ["maxConcurrentStreams", "maxRequestsPerConnection"];

    // What .NET's client takes shorter times for.
    private static readonly TimeSpan ShortestPing = TimeSpan.FromSeconds(1);

    /// <summary>Reports it, once per field.</summary>
    public static void Report(CompilationContext context, ClusterConfig cluster, EffectiveDestinationRule? rule, TrafficPolicy? policy)
    {
        bool isHttp2 = cluster.Protocol == UpstreamProtocol.Http2 || cluster.FollowsClient;
        if (context.Identity.OwnClient || !isHttp2 || rule is null || policy?.ConnectionPool is not { Http: { } http } pool)
            return;
        void Tell(string field, string what)
        {
            if (http.Node[field] is { } node)
            {
                context.Report(DiagnosticCatalogue.NotOfThisStack, PolicyOrigins.OwnerOf(rule, pool), $"connectionPool.http.{field}",
                    $"Connections of HTTP/2 to {cluster.Host} are .NET's here, which {what}. Use --transport event-loop with --upstream-client own.", node);
            }
        }
        foreach (string field in OfOwnClient)
            Tell(field, $"does not limit them by {field}");
        if (cluster.Http2Keepalive is { } pings && (pings.Interval < ShortestPing || pings.Timeout < ShortestPing))
            Tell("http2KeepAlive", "takes times below 1 s for 1 s");
    }
}
