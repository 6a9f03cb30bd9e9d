using Gateway.Clusters;
using Gateway.Http;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Forwarding;

/// <summary>
/// What the router keeps for a request slot, used by one request after the other: the try under way, the limits in time,
/// the retries. What a forwarder has to ask is here: which token ends the try, and whether response headers are taken.
/// </summary>
internal sealed class RouterState
{
    private readonly RequestContext _request;
    private readonly UpstreamRequest _upstream;
    private RequestDeadline? _deadline;
    private bool _hasDeadline;

    private RouterState(RequestContext request, IHttpForwarder forwarder)
    {
        _request = request;
        _upstream = new UpstreamRequest(request, forwarder, this);
    }

    /// <summary>Ends the try: the client left, or a limit was reached.</summary>
    public CancellationToken Token => _hasDeadline ? _deadline!.Token : _request.Http.RequestAborted;

    /// <summary>What ended the try before its time.</summary>
    public DeadlineCause Cause => _hasDeadline ? _deadline!.Cause : DeadlineCause.None;

    /// <summary>The object of the request's slot.</summary>
    public static RouterState For(RequestContext request, IHttpForwarder forwarder)
    {
        if (request.RouterState is not RouterState state)
            request.RouterState = state = new RouterState(request, forwarder);
        return state;
    }

    /// <summary>A request begins; <see cref="End"/> must follow.</summary>
    public void Begin(RequestTimeouts timeouts)
    {
        _hasDeadline = timeouts.Any;
        if (_hasDeadline)
            (_deadline ??= new RequestDeadline(_request.Time)).Begin(_request, timeouts);
    }

    /// <summary>One try.</summary>
    public async ValueTask<UpstreamOutcome> TryAsync(Cluster cluster, UpstreamEndpoint endpoint)
    {
        if (_hasDeadline)
            _deadline!.BeginTry(_request);
        UpstreamOutcome outcome = await _upstream.SendAsync(cluster, endpoint);
        if (outcome.Kind == UpstreamOutcomeKind.Done)
            return outcome;
        return Cause switch
        {
            DeadlineCause.Route => new UpstreamOutcome(UpstreamOutcomeKind.RouteTimeout),
            DeadlineCause.Try => new UpstreamOutcome(UpstreamOutcomeKind.TryTimeout),
            _ => outcome,
        };
    }

    /// <summary>
    /// Asked by the forwarder when the backend's status and headers are on the response, before anything of it is sent;
    /// false = the response is thrown away and the try ends.
    /// </summary>
    public bool Accepts(HttpResponse response) =>
        !_hasDeadline || _deadline!.AcceptHeaders(response.StatusCode == StatusCodes.Status101SwitchingProtocols);

    /// <summary>The request has ended.</summary>
    public void End()
    {
        if (_hasDeadline)
            _deadline!.End();
        _hasDeadline = false;
    }
}
