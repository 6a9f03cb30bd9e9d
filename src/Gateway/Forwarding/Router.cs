using System.Runtime.CompilerServices;
using Gateway.Clusters;
using Gateway.Http;
using Gateway.Routing;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Forwarding;

/// <summary>
/// The last filter: finishes the request for upstream (attempt count, limits, header operations, rewrites), then tries
/// endpoints until one answers or no try is left, and turns what went wrong into an answer.
/// </summary>
internal sealed class Router(IHttpForwarder forwarder, RouterOptions options, MirrorSender mirrors) : HttpFilter
{
    // Pooled frames, here and in UpstreamRequest: of 3.6 KB that a request allocated, 0.45 KB were these.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<FilterResult> OnRequestAsync(RequestContext request)
    {
        if (request.Cluster is not { } cluster)
        {
            await LocalReply.SendAsync(request, 503, "", ResponseFlags.NoClusterFound, "cluster_not_found");
            return FilterResult.Answered;
        }
        request.Info.Destination = cluster.Config.Identity;
        if (!cluster.TryBegin())
        {
            request.IsOverflow = true;
            await LocalReply.SendAsync(
                request, 503, "upstream connect error or disconnect/reset before headers. reset reason: overflow", ResponseFlags.UpstreamOverflow,
                "upstream_reset_before_response_started{overflow}");
            return FilterResult.Answered;
        }
        try
        {
            await ForwardAsync(request, cluster);
        }
        finally
        {
            cluster.End();
        }
        return FilterResult.Answered;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ForwardAsync(RequestContext request, Cluster cluster)
    {
        PreparedHead head = UpstreamHead.Prepare(
            request.Destination!, request.Route!, request.Http.Request.Headers, request.Authority, request.Path, request.Query, request.Chain!.Settings, request.Info);
        (request.Authority, request.Path) = (head.Authority, head.Path);
        request.Info.Authority = request.Authority;
        var forward = (ForwardAction)request.Route!.Action;
        if (!forward.HashPolicies.IsEmpty)
            request.Hash = RequestHash.Compute(forward.HashPolicies, request);
        MirroredRequest? mirrored = forward.Mirrors.IsEmpty ? null : mirrors.Begin(request, forward.Mirrors, head.Timeouts.Route);
        RouterState state = RouterState.For(request, forwarder, options);
        state.Begin(cluster, forward.Retries, head.Timeouts);
        try
        {
            await TryAsync(request, cluster, state, head.Timeouts);
        }
        finally
        {
            await state.EndAsync();
            mirrored?.Detach();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask TryAsync(RequestContext request, Cluster cluster, RouterState state, RequestTimeouts timeouts)
    {
        while (true)
        {
            UpstreamEndpoint? endpoint = state.Retry.Choose(cluster, request.Hash);
            if (endpoint is null)
            {
                await LocalReply.SendAsync(request, 503, "no healthy upstream", ResponseFlags.NoHealthyUpstream, "no_healthy_upstream");
                return;
            }
            if (state.Retry.Attempts > 1)
                TellRetry(request, state.Retry, timeouts);
            UpstreamOutcome outcome = await state.TryAsync(cluster, endpoint);
            if (outcome.Kind == UpstreamOutcomeKind.Done)
                return;
            if (state.WantsAgain(outcome.Kind))
            {
                request.Http.Response.Clear();
                if (await state.PauseAsync(endpoint))
                    continue;
                outcome = new UpstreamOutcome(state.Cause == DeadlineCause.Route ? UpstreamOutcomeKind.RouteTimeout : UpstreamOutcomeKind.LocalReset);
            }
            await UpstreamFailure.AnswerAsync(request, outcome, state.Retry.Attempts, state.Retry.IsUsedUp);
            return;
        }
    }

    private static void TellRetry(RequestContext request, RetryState retry, RequestTimeouts timeouts)
    {
        HttpSettings settings = request.Chain!.Settings;
        if (settings.SendAttemptCount)
            request.Http.Request.Headers[HeaderNames.AttemptCount] = retry.AttemptCount;
        if (timeouts.Any && request.RequestEndTimestamp != 0)
            timeouts.Tell(request.Http.Request.Headers, request.Time.GetElapsedTime(request.RequestEndTimestamp), settings, request.Info.IsGrpc);
    }
}
