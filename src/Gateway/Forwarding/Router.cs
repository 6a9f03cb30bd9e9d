using System.Runtime.CompilerServices;
using Gateway.Clusters;
using Gateway.Http;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Forwarding;

/// <summary>
/// The last filter: finishes the request for upstream (attempt count, header operations, rewrites), then tries
/// endpoints until one answers or no try is left, and turns what went wrong into an answer.
/// </summary>
internal sealed class Router(IHttpForwarder forwarder) : HttpFilter
{
    // Istio's default policy: two more tries, of which this loop makes those for connect-failure. Nothing of the
    // request was sent then, so any request can be tried again.
    private const int MaxRetries = 2;

    // Istio's hostSelectionRetryMaxAttempts: so often an endpoint that was tried is passed over.
    private const int MaxRepicks = 5;

    private static readonly TimeSpan BaseBackoff = TimeSpan.FromMilliseconds(25);
    private static readonly string[] AttemptCounts = ["1", "2", "3"];

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
        cluster.Begin();
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
        RequestTimeouts timeouts = Prepare(request);
        RouterState state = RouterState.For(request, forwarder);
        state.Begin(timeouts);
        try
        {
            await TryAsync(request, cluster, state);
        }
        finally
        {
            state.End();
        }
    }

    private static async ValueTask TryAsync(RequestContext request, Cluster cluster, RouterState state)
    {
        UpstreamEndpoint? tried = null;
        UpstreamEndpoint? triedBefore = null;
        for (int attempt = 0; ; attempt++)
        {
            UpstreamEndpoint? endpoint = Choose(cluster, tried, triedBefore);
            if (endpoint is null)
            {
                await LocalReply.SendAsync(request, 503, "no healthy upstream", ResponseFlags.NoHealthyUpstream, "no_healthy_upstream");
                return;
            }
            if (attempt > 0 && request.Chain!.Settings.SendAttemptCount)
                request.Http.Request.Headers[HeaderNames.AttemptCount] = AttemptCounts[attempt];
            UpstreamOutcome outcome = await state.TryAsync(cluster, endpoint);
            if (outcome.Kind == UpstreamOutcomeKind.Done)
                return;
            bool retriable = outcome.Kind is UpstreamOutcomeKind.ConnectFailure or UpstreamOutcomeKind.ConnectTimeout && !request.Http.Response.HasStarted;
            if (retriable && attempt < MaxRetries && !request.Http.RequestAborted.IsCancellationRequested)
            {
                (triedBefore, tried) = (tried, endpoint);
                request.Http.Response.Clear();
                await Task.Delay(Backoff(attempt), request.Time, request.Http.RequestAborted);
                continue;
            }
            await UpstreamFailure.AnswerAsync(request, outcome, attempts: attempt + 1, retriesUsedUp: retriable);
            return;
        }
    }

    private static UpstreamEndpoint? Choose(Cluster cluster, UpstreamEndpoint? tried, UpstreamEndpoint? triedBefore)
    {
        UpstreamEndpoint? endpoint = cluster.Pick();
        for (int i = 0; i < MaxRepicks && endpoint is not null && (ReferenceEquals(endpoint, tried) || ReferenceEquals(endpoint, triedBefore)); i++)
            endpoint = cluster.Pick();
        return endpoint;
    }

    // Envoy: random in [0, base * 2^n).
    private static TimeSpan Backoff(int attempt) => BaseBackoff * ((1 << attempt) * Random.Shared.NextDouble());

    private static RequestTimeouts Prepare(RequestContext request)
    {
        PreparedHead head = UpstreamHead.Prepare(
            request.Destination!, request.Route!, request.Http.Request.Headers, request.Authority, request.Path, request.Query, request.Chain!.Settings, request.Info);
        (request.Authority, request.Path) = (head.Authority, head.Path);
        request.Info.Authority = request.Authority;
        return head.Timeouts;
    }
}
