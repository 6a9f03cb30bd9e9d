using Gateway.Clusters;
using Gateway.Http;
using Gateway.Streams;

namespace Gateway.Forwarding;

/// <summary>What most requests do not need: destinations that are found by the request's own name, and tunnels.</summary>
internal sealed partial class Router
{
    private async ValueTask<FilterResult> ForwardUnusualAsync(RequestContext request)
    {
        if (request.Cluster is not { } cluster)
        {
            await LocalReply.SendAsync(request, 503, "", ResponseFlags.NoClusterFound, "cluster_not_found");
            return FilterResult.Answered;
        }
        request.Info.Destination = cluster.Config.Identity;
        if (cluster.Dynamic is not { } names)
            return await TunnelAsync(request, cluster);
        if (!cluster.TryBegin())
        {
            await AnswerOverflowAsync(request);
            return FilterResult.Answered;
        }
        try
        {
            return await ForwardByNameAsync(request, names);
        }
        finally
        {
            cluster.End();
        }
    }

    private async ValueTask<FilterResult> ForwardByNameAsync(RequestContext request, DynamicClusters names)
    {
        DynamicResult found = await names.FindAsync(request.Destination!.HostRewrite ?? request.Authority, request.Http.RequestAborted);
        if (found.Cluster is { } cluster)
        {
            try
            {
                return request.IsTunnel ? await TunnelAsync(request, cluster) : await ForwardAsync(request, cluster);
            }
            finally
            {
                names.Return(cluster);
            }
        }
        request.Info.UpstreamTransportFailureReason = found.Outcome == DynamicOutcome.NoAddress ? $"DNS: {found.Reason}" : found.Reason;
        if (found.Outcome == DynamicOutcome.Overflow)
            await AnswerOverflowAsync(request);
        else if (found.Outcome == DynamicOutcome.Refused)
            await RouteChoice.DenyAsync(request, options.Denials, found.Reason, 403);
        else
            await LocalReply.SendAsync(request, 503, "DNS resolution failure", ResponseFlags.DnsResolutionFailed, "dns_resolution_failure");
        return FilterResult.Answered;
    }

    private static async ValueTask<FilterResult> TunnelAsync(RequestContext request, Cluster cluster)
    {
        if (!cluster.TryBegin())
        {
            await AnswerOverflowAsync(request);
            return FilterResult.Answered;
        }
        try
        {
            if (cluster.Pick() is null)
                await AnswerNoEndpointAsync(request, cluster);
            else
                await ConnectTunnel.RunAsync(request, cluster);
            return FilterResult.Answered;
        }
        finally
        {
            cluster.End();
        }
    }

    private static ValueTask AnswerOverflowAsync(RequestContext request)
    {
        request.IsOverflow = true;
        return LocalReply.SendAsync(
            request, 503, "upstream connect error or disconnect/reset before headers. reset reason: overflow", ResponseFlags.UpstreamOverflow,
            "upstream_reset_before_response_started{overflow}");
    }

    /// <summary>Where names have led nowhere, the log tells how, beside Envoy's answer.</summary>
    private static ValueTask AnswerNoEndpointAsync(RequestContext request, Cluster cluster)
    {
        ResponseFlags flags = ResponseFlags.NoHealthyUpstream;
        if (cluster.Endpoints.Count == 0 && cluster.DnsProblem is { } problem)
        {
            flags |= ResponseFlags.DnsResolutionFailed;
            request.Info.UpstreamTransportFailureReason = $"DNS: {problem}";
        }
        return LocalReply.SendAsync(request, 503, "no healthy upstream", flags, "no_healthy_upstream");
    }
}
