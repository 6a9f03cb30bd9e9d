using Gateway.Clusters;
using Gateway.Http;
using Gateway.Routing;
using Gateway.Streams;
using Gateway.Transport;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Forwarding;

/// <summary>
/// What the router keeps for a request context, used by one request after the other: the try under way, the limits in time,
/// the retries. What a forwarder has to ask is here: which token ends the try, and whether response headers are taken.
/// </summary>
internal sealed class RouterState
{
    private readonly RequestContext _request;
    private readonly UpstreamRequest _upstream;
    private TimerDeadline? _timerDeadline;
    private LoopDeadline? _loopDeadline;

    // That of the request under way; null = it has no limit.
    private RequestDeadline? _deadline;

    private readonly RouterOptions _options;
    private readonly RetryState _retry;
    private ReplayableRequestBody? _replay;
    private bool _replays;

    private RouterState(RequestContext request, IHttpForwarder forwarder, RouterOptions options)
    {
        _request = request;
        _options = options;
        _retry = new RetryState(options.Random);
        _upstream = new UpstreamRequest(request, forwarder, this, options.OwnClient);
    }

    /// <summary>The limits in time; null = there are none, and the try ends with the client alone.</summary>
    public RequestDeadline? Deadline => _deadline;

    /// <summary>Whether the body is kept for another try: it must be read through the request's stream then.</summary>
    public bool Replays => _replays;

    /// <summary>Ends the try: the client left, or a limit was reached.</summary>
    public CancellationToken Token => _deadline?.Token ?? _request.Http.RequestAborted;

    /// <summary>What ended the try before its time.</summary>
    public DeadlineCause Cause => _deadline?.Cause ?? DeadlineCause.None;

    /// <summary>The retries.</summary>
    public RetryState Retry => _retry;

    /// <summary>Whether the request can be sent again after a try whose response was not begun.</summary>
    private bool CanRepeat => !_request.HasBody || (_replays && _replay!.CanReplay);

    /// <summary>The object of the request's slot.</summary>
    public static RouterState For(RequestContext request, IHttpForwarder forwarder, RouterOptions options)
    {
        if (request.RouterState is not RouterState state)
            request.RouterState = state = new RouterState(request, forwarder, options);
        return state;
    }

    /// <summary>A request begins; <see cref="EndAsync"/> must follow.</summary>
    public void Begin(Cluster cluster, RetryPolicy? policy, RequestTimeouts timeouts)
    {
        _retry.Begin(cluster, policy);
        if (policy is not null && NeedsReplay(cluster, policy))
        {
            (_replay ??= new ReplayableRequestBody(_options.ReplayBytes)).Attach(_request.Http.Request);
            _replays = true;
        }
        if (!timeouts.Any)
            return;
        _deadline = _upstream.StaysOnLoop(cluster)
            ? _loopDeadline ??= new LoopDeadline(_request.Connection.Loop!)
            : _timerDeadline ??= new TimerDeadline(_request.Time);
        _deadline.Begin(_request, timeouts);
    }

    /// <summary>One try. The outcome of a try that failed goes to <see cref="Judge"/>.</summary>
    public ValueTask<UpstreamOutcome> TryAsync(Cluster cluster, UpstreamEndpoint endpoint)
    {
        if (_replays)
            _replay!.Rewind();
        _deadline?.BeginTry(_request);
        return _upstream.SendAsync(cluster, endpoint);
    }

    /// <summary>What a failure was in truth, if a limit in time caused it; tells outlier detection.</summary>
    public UpstreamOutcome Judge(Cluster cluster, UpstreamEndpoint endpoint, UpstreamOutcome outcome)
    {
        if (outcome.Kind is UpstreamOutcomeKind.ConnectFailure or UpstreamOutcomeKind.ConnectTimeout)
            endpoint.CountConnectFailure();
        outcome = Cause switch
        {
            DeadlineCause.Route => new UpstreamOutcome(UpstreamOutcomeKind.RouteTimeout),
            DeadlineCause.Try => new UpstreamOutcome(UpstreamOutcomeKind.TryTimeout),
            _ => outcome,
        };
        OutlierReport.Failed(cluster, endpoint, outcome.Kind);
        return outcome;
    }

    /// <summary>
    /// Asked by the forwarder when the backend's status and headers are on the response, before anything of it is sent;
    /// false = the response is thrown away and the try ends.
    /// </summary>
    public bool Accepts(HttpResponse response)
    {
        if (_retry.WantsOtherThan(response, CanRepeat))
        {
            // The forwarder waits for the end of the request's body otherwise.
            if (_replays && !_request.IsRequestComplete)
                _replay!.AbandonTry();
            return false;
        }
        if (_retry.IsUsedUp)
            _request.Info.Flags |= ResponseFlags.UpstreamRetryLimitExceeded;
        if (_retry.IsOverflow)
            _request.Info.Flags |= ResponseFlags.UpstreamOverflow;
        return _deadline is null || _deadline.AcceptHeaders(response.StatusCode == StatusCodes.Status101SwitchingProtocols);
    }

    /// <summary>Whether a try that has failed is followed by another one.</summary>
    public bool WantsAgain(UpstreamOutcomeKind kind)
    {
        if (_request.Http.Response.HasStarted || _request.Http.RequestAborted.IsCancellationRequested)
            return false;
        // A response that was not taken because a limit was faster is a timeout, and comes here as such.
        if (kind == UpstreamOutcomeKind.Refused)
            return true;
        // Where there was no connection nobody has read of the body.
        bool unsent = kind is UpstreamOutcomeKind.ConnectFailure or UpstreamOutcomeKind.ConnectTimeout && !_retry.AnythingSent;
        return _retry.WantsAgain(kind, CanRepeat || unsent);
    }

    /// <summary>Waits before the next try; false = a limit was reached or the client left meanwhile.</summary>
    public async ValueTask<bool> PauseAsync(UpstreamEndpoint failed)
    {
        TimeSpan pause = _retry.Backoff(failed);
        if (pause == TimeSpan.Zero)
            return true;
        _deadline?.Renew();
        await Task.Delay(pause, _request.Time, Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        bool goesOn = !Token.IsCancellationRequested;
        if (_request.Connection.Loop is { } loop)
            await loop.SwitchAsync();
        return goesOn;
    }

    /// <summary>The request has ended.</summary>
    public ValueTask EndAsync()
    {
        _retry.End();
        if (_deadline is null && !_replays)
            return ValueTask.CompletedTask;
        return _request.Connection.Loop is { IsCurrent: false } loop ? EndOnLoopAsync(loop) : End();
    }

    private async ValueTask EndOnLoopAsync(EventLoop loop)
    {
        await loop.SwitchAsync();
        await End();
    }

    private ValueTask End()
    {
        _deadline?.End();
        _deadline = null;
        if (!_replays)
            return ValueTask.CompletedTask;
        _replays = false;
        return _replay!.DetachAsync();
    }

    // A body is kept only if something can fail after it was begun, so that most requests pay nothing.
    private bool NeedsReplay(Cluster cluster, RetryPolicy policy) =>
        _request.HasBody && _request.Upgrade is null && !(_request.Http.Request.ContentLength > _options.ReplayBytes)
        && RetryVerdict.NeedsBodyAgain(policy, cluster.ProtocolFor(_request.ClientProtocol) == UpstreamProtocol.Http2, _request.Info.IsGrpc);
}
