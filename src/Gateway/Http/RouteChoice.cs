using Gateway.Matching;
using Gateway.Routing;
using Gateway.Streams;

namespace Gateway.Http;

/// <summary>
/// The route of a request, and what it answers by itself. Choosing and answering are two steps, as policies are asked in
/// between.
/// </summary>
internal static class RouteChoice
{
    /// <summary>Chooses the route and, if it forwards, its destination.</summary>
    public static void Choose(RequestContext request, Random random)
    {
        RouteDecision decision = request.Chain!.Routes.Decide(RequestOf(request));
        request.Decision = decision;
        if (decision.Route is not { } route)
            return;
        request.Route = route;
        request.Info.RouteName = route.Name;
        switch (route.Action)
        {
            case RedirectAction redirect:
                request.ResponseHeaders = redirect.ResponseHeaders;
                break;
            case DirectResponseAction direct:
                request.ResponseHeaders = direct.ResponseHeaders;
                break;
            case ForwardAction forward:
                WeightedCluster destination = forward.SplitsByHash && RequestHash.Compute(forward.HashPolicies, request) is { } hash
                    ? forward.PickByHash(hash)
                    : forward.Pick((ulong)random.NextInt64());
                request.Destination = destination;
                request.ResponseHeaders = destination.ResponseHeaders;
                request.Info.UpstreamCluster = destination.Cluster;
                request.Cluster = destination.ClusterIndex < 0 ? null : request.Chain.Clusters[destination.ClusterIndex];
                break;
        }
    }

    /// <summary>Answers what needs no upstream; then <see cref="RequestContext.AnsweredLocally"/> is set.</summary>
    /// <param name="request">The request.</param>
    /// <param name="denials">Remembers what a forward proxy refuses.</param>
    public static ValueTask Answer(RequestContext request, EgressDenials denials)
    {
        if (request.Decision.Denial is { } denial)
            return DenyAsync(request, denials, denial, request.IsTunnel ? 403 : 404);
        if (request.Decision.HttpsRedirect)
            return LocalReply.RedirectAsync(request, 301, RedirectLocation.Https(RequestOf(request)));
        if (request.Route is not { } route)
            return LocalReply.SendAsync(request, 404, "", ResponseFlags.NoRouteFound, "route_not_found");
        switch (route.Action)
        {
            case RedirectAction redirect:
                return LocalReply.RedirectAsync(request, redirect.Status, RedirectLocation.Build(redirect, route.Match, RequestOf(request)));
            case DirectResponseAction direct:
                return LocalReply.SendDirectAsync(request, direct.Status, direct.Body);
        }
        return request.Upgrade is { } upgrade && !upgrade.Equals("websocket", StringComparison.OrdinalIgnoreCase)
            ? LocalReply.SendAsync(request, 403, "", ResponseFlags.None, "upgrade_failed", close: true)
            : ValueTask.CompletedTask;
    }

    /// <summary>Answers what must not leave; remembered, so that it can be allowed.</summary>
    /// <param name="request">The request.</param>
    /// <param name="denials">Remembers it.</param>
    /// <param name="denial">Why, in words.</param>
    /// <param name="status">The answer's status.</param>
    public static ValueTask DenyAsync(RequestContext request, EgressDenials denials, string denial, int status)
    {
        string? fault = EgressTarget.Parse(request.Authority, out EgressTarget? target);
        bool isTunnel = request.IsTunnel;
        denials.Note(
            new EgressDenial(
                target?.Host ?? request.Authority, target?.Port ?? (isTunnel || fault is not null ? 0 : 80), isTunnel ? EgressDenial.Connect : EgressDenial.Http,
                request.Connection.RequestedServerName ?? "", request.Info.ClientAddress ?? ""),
            denial);
        return LocalReply.SendAsync(request, status, $"egress denied: {denial}", ResponseFlags.NoRouteFound, "egress_denied");
    }

    /// <summary>The request as routing sees it.</summary>
    private static RouteRequest RequestOf(RequestContext request) => new()
    {
        Method = request.Method,
        Scheme = request.Scheme,
        Authority = request.Authority,
        Path = request.Path,
        Query = request.Query,
        Headers = request.Headers,
        ListenerPort = request.Connection.ListenerPort,
        ListenerIsTls = request.Connection.IsTls,
        Claims = request.Claims,
    };
}
