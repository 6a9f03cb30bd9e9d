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
internal sealed partial class Router(IHttpForwarder forwarder, RouterOptions options, MirrorSender mirrors) : HttpFilter
{
    public override ValueTask<FilterResult> OnRequestAsync(RequestContext request) =>
        request.Cluster is { Dynamic: null } cluster && !request.IsTunnel ? ForwardAsync(request, cluster) : ForwardUnusualAsync(request);

    // One pooled frame for all of it: each further one costs a request as much as parsing its head does.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FilterResult> ForwardAsync(RequestContext request, Cluster cluster)
    {
        request.Info.Destination = cluster.Config.Identity;
        if (!cluster.TryBegin())
        {
            await AnswerOverflowAsync(request);
            return FilterResult.Answered;
        }
        RouterState? state = null;
        MirroredRequest? mirrored = null;
        try
        {
            if (request.Connection.Loop is { IsCurrent: false } loop)
                await loop.SwitchAsync();
            RequestTimeouts timeouts = Prepare(request, out mirrored);
            state = RouterState.For(request, forwarder, options);
            state.Begin(cluster, ((ForwardAction)request.Route!.Action).Retries, timeouts);
            while (true)
            {
                UpstreamEndpoint? endpoint = state.Retry.Choose(cluster, request.Hash);
                if (endpoint is null)
                {
                    await AnswerNoEndpointAsync(request, cluster);
                    break;
                }
                if (state.Retry.Attempts > 1)
                    TellRetry(request, state.Retry, timeouts);
                UpstreamOutcome outcome;
                endpoint.Begin();
                try
                {
                    outcome = await state.TryAsync(cluster, endpoint);
                }
                finally
                {
                    endpoint.End();
                }
                if (outcome.Kind == UpstreamOutcomeKind.Done)
                    break;
                outcome = state.Judge(cluster, endpoint, outcome);
                if (state.WantsAgain(outcome.Kind))
                {
                    request.Http.Response.Clear();
                    if (await state.PauseAsync(endpoint))
                        continue;
                    outcome = new UpstreamOutcome(state.Cause == DeadlineCause.Route ? UpstreamOutcomeKind.RouteTimeout : UpstreamOutcomeKind.LocalReset);
                }
                if (state.Retry.IsOverflow)
                    request.Info.Flags |= ResponseFlags.UpstreamOverflow;
                await UpstreamFailure.AnswerAsync(request, outcome, state.Retry.Attempts, state.Retry.IsUsedUp);
                break;
            }
        }
        finally
        {
            if (state is not null)
                await state.EndAsync();
            mirrored?.Detach();
            cluster.End();
        }
        return FilterResult.Answered;
    }

    private RequestTimeouts Prepare(RequestContext request, out MirroredRequest? mirrored)
    {
        PreparedHead head = UpstreamHead.Prepare(
            request.Destination!, request.Route!, request.Headers, request.Authority, request.Path, request.Query, request.Chain!.Settings, request.Info);
        (request.Authority, request.Path) = (head.Authority, head.Path);
        request.Info.Authority = request.Authority;
        var forward = (ForwardAction)request.Route!.Action;
        if (!forward.HashPolicies.IsEmpty)
            request.Hash = RequestHash.Compute(forward.HashPolicies, request);
        mirrored = forward.Mirrors.IsEmpty ? null : mirrors.Begin(request, forward.Mirrors, head.Timeouts.Route);
        return head.Timeouts;
    }

    private static void TellRetry(RequestContext request, RetryState retry, RequestTimeouts timeouts)
    {
        HttpSettings settings = request.Chain!.Settings;
        if (settings.SendAttemptCount)
            request.Headers[HeaderNames.AttemptCount] = retry.AttemptCount;
        if (timeouts.Any && request.RequestEndTimestamp != 0)
            timeouts.Tell(request.Headers, request.Time.GetElapsedTime(request.RequestEndTimestamp), settings, request.Info.IsGrpc);
    }
}
