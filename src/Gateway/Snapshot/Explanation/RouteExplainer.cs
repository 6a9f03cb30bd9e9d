using System.Net;
using System.Text;
using Gateway.Clusters;
using Gateway.Config;
using Gateway.Http;
using Gateway.Http.Filters.Rbac;
using Gateway.Listeners;
using Gateway.Matching;
using Gateway.Routing;
using Gateway.Streams;
using Gateway.Tls;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Snapshot.Explanation;

/// <summary>
/// Explains a request from its filter chain on: path, edge headers, virtual host, route, action. One object explains
/// one request.
/// </summary>
internal sealed class RouteExplainer(GatewaySnapshot snapshot, ListenerConfig listener, FilterChainConfig chain, ExplainRequest request)
{
    private const string SampleRequestId = "00000000-0000-4000-8000-000000000000";

    private readonly HttpSettings _settings = new(snapshot.Mesh);
    private readonly HeaderDictionary _headers = [];
    private readonly MatchTrace _trace = new();
    private readonly SecurityExplainer _security = new(snapshot.Security);
    private readonly RbacInput _input = new();
    private ClaimValue? _claims;

    /// <summary>Follows the request to its end.</summary>
    public Explanation Explain()
    {
        if (ProtocolCheck.CheckAuthority(request.Authority) is { } badAuthority)
            return Refuse(badAuthority);
        if (!request.Target.StartsWith('/'))
            return Refuse(ProtocolCheck.NotAPath);
        if (!PathNormalizer.TryNormalize(request.Target, snapshot.Mesh.PathNormalization, out string path, out string query))
            return Refuse(ProtocolCheck.BadPath);
        EdgeResult edge = ApplyEdge();
        if (edge.BadConnectionHeader)
            return Refuse(ProtocolCheck.BadConnectionHeader);

        RouteRequest received = Routed(edge, path, query, null);
        StreamInfo info = Info(received, edge);
        _input.Begin(info.Connection!, received, edge.ClientAddress);
        SecurityDenial? denial = _security.AskCustom(_input) ?? _security.AskTokens(request.Method, _headers, ref query, out _claims);
        RouteRequest routed = Routed(edge, path, query, _claims);
        RouteDecision decision = chain.Routes.Decide(routed, _trace);
        info.RouteName = decision.Route?.Name;
        _input.Begin(info.Connection!, routed, edge.ClientAddress);
        denial ??= _security.AskPolicies(_input);
        return denial is null
            ? Follow(routed, decision, edge, info) with { Security = [.. _security.Steps, .. RateLimitExplainer.Explain(snapshot.RateLimits, chain.Routes, decision, routed)] }
            : Deny(denial, decision, info);
    }

    /// <summary>From the route on, for a request that policies let pass.</summary>
    private Explanation Follow(in RouteRequest routed, RouteDecision decision, EdgeResult edge, StreamInfo info)
    {
        if (decision.VirtualHost is not { } host)
        {
            return Start("not_found", $"No virtual host of {chain.Name} covers {request.Authority}.") with
            {
                Status = 404,
                Flag = "NR",
                Known = [.. chain.Routes.VirtualHosts.Where(known => known.Routes.Count > 0 || known.RequireTls).Select(known => known.Domain)],
            };
        }
        Explanation explanation = Start("not_found", "No route of the virtual host matches.") with
        {
            Status = 404,
            Flag = "NR",
            VirtualHost = host.Domain,
            NearMisses = _trace.Misses,
        };
        if (decision.HttpsRedirect)
            return Redirect(explanation, 301, RedirectLocation.Https(routed), "The Gateway server has httpsRedirect: plain-text requests are sent to https.", default);
        if (decision.Route is not { } route)
            return explanation;

        explanation = explanation with { Route = route, Flag = null };
        return route.Action switch
        {
            RedirectAction redirect => Redirect(
                explanation,
                redirect.Status,
                RedirectLocation.Build(redirect, route.Match, routed),
                "The route redirects.",
                ResponseHeaders(redirect.ResponseHeaders, info)),
            DirectResponseAction direct => explanation with
            {
                Outcome = "local_reply",
                Reason = "The route answers by itself.",
                Status = direct.Status,
                Body = Encoding.UTF8.GetString(direct.Body.Span),
                ResponseHeaders = ResponseHeaders(direct.ResponseHeaders, info),
            },
            ForwardAction forward when edge.Upgrade is null || edge.Upgrade.Equals("websocket", StringComparison.OrdinalIgnoreCase) =>
                Forward(explanation, route, forward, routed, info),
            _ => explanation with { Outcome = "local_reply", Reason = $"An upgrade to {edge.Upgrade} is not offered.", Status = 403 },
        };
    }

    private EdgeResult ApplyEdge()
    {
        // Not Append, which leaves out empty values.
        foreach (KeyValuePair<string, string> header in request.Headers)
            _headers[header.Key] = StringValues.Concat(_headers[header.Key], HeaderText.ToWire(header.Value));
        return EdgeHeaders.Apply(
            _headers,
            new EdgeRequest
            {
                PeerIp = request.ClientAddress.ToString(),
                PeerIsLoopback = IPAddress.IsLoopback(request.ClientAddress),
                LocalIp = SampleConnection.LocalAddress.ToString(),
                IsTls = request.IsTls,
                IsHttp1 = request.IsHttp1,
                ListenerPort = listener.Port,
                RequestId = SampleRequestId,
            },
            _settings);
    }

    private RouteRequest Routed(EdgeResult edge, string path, string query, ClaimValue? claims) => new()
    {
        Method = request.Method,
        Scheme = edge.Scheme,
        Authority = request.Authority,
        Path = path,
        Query = query,
        Headers = _headers,
        ListenerPort = listener.Port,
        ListenerIsTls = request.IsTls,
        Claims = claims,
    };

    private Explanation Deny(SecurityDenial denial, RouteDecision decision, StreamInfo info)
    {
        EquatableArray<HeaderOperations> operations = decision.Route?.Action switch
        {
            RedirectAction redirect => redirect.ResponseHeaders,
            DirectResponseAction direct => direct.ResponseHeaders,
            ForwardAction forward => forward.Destinations[0].ResponseHeaders,
            _ => default,
        };
        return Start("local_reply", $"A policy answers: {denial.Body}.") with
        {
            Status = info.IsGrpc ? 200 : denial.Status,
            Body = denial.Body,
            Details = denial.Details,
            VirtualHost = decision.VirtualHost?.Domain,
            Route = decision.Route,
            Security = _security.Steps,
            ResponseHeaders = ResponseHeaders(operations, info),
        };
    }

    private StreamInfo Info(in RouteRequest routed, EdgeResult edge) => new()
    {
        Method = request.Method,
        Path = request.Target,
        Protocol = request.IsHttp1 ? "HTTP/1.1" : "HTTP/2",
        Authority = request.Authority,
        Scheme = routed.Scheme,
        ClientAddress = edge.ClientAddress,
        IsGrpc = RequestPipeline.IsGrpc(_headers[HeaderNames.ContentType]),
        RequestHeaders = _headers,
        Connection = SampleConnection.Of(listener, chain, request, request.IsTls),
    };

    private Explanation Start(string outcome, string reason) => new()
    {
        Outcome = outcome,
        Reason = reason,
        Listener = listener.Name,
        FilterChain = chain.Name,
    };

    private Explanation Refuse(ProtocolFault fault) => Start(fault.Status == 404 ? "not_found" : "local_reply", $"The request breaks the protocol: {fault.Details}.") with
    {
        Status = fault.Status,
        Flag = fault.Flags == Streams.ResponseFlags.None ? null : ResponseFlagsText.Short(fault.Flags),
        Body = fault.Body,
    };

    private static Explanation Redirect(
        Explanation explanation, int status, string location, string reason, IReadOnlyList<KeyValuePair<string, string>>? headers) => explanation with
        {
            Outcome = "redirect",
            Reason = reason,
            Status = status,
            Flag = null,
            ResponseHeaders = [KeyValuePair.Create("location", location), .. headers ?? []],
        };

    private Explanation Forward(Explanation explanation, Route route, ForwardAction forward, in RouteRequest routed, StreamInfo info)
    {
        WeightedCluster chosen = forward.Destinations[0];
        var destinations = new List<ExplainedDestination>(forward.Destinations.Count);
        foreach (WeightedCluster destination in forward.Destinations)
        {
            if (destination.Weight > chosen.Weight)
                chosen = destination;
            destinations.Add(ExplainedDestination.Of(snapshot, destination, 100.0 * destination.Weight / forward.TotalWeight));
        }
        ExplainedDestination target = destinations.First(destination => destination.Cluster == chosen.Cluster);
        info.UpstreamCluster = chosen.Cluster;
        explanation = explanation with
        {
            Destination = target,
            Weights = destinations.Count > 1 ? destinations : [],
            Policies = PolicyDescription.Of(forward),
            ResponseHeaders = ResponseHeaders(chosen.ResponseHeaders, info),
        };
        if (forward.Fault is { AbortShare.IsAll: true } fault)
        {
            return explanation with
            {
                Outcome = "fault",
                Reason = "The route answers every request with an injected fault.",
                Status = info.IsGrpc || fault.AbortGrpcStatus is not null ? 200 : fault.AbortStatus,
                Flag = "FI",
                Body = "fault filter abort",
            };
        }
        if (forward.Cors is { } cors)
        {
            CorsVerdict verdict = CorsDecision.Of(cors, request.Method, _headers);
            var headers = new HeaderDictionary();
            if (verdict is CorsVerdict.Preflight or CorsVerdict.PreflightOfStranger)
            {
                CorsDecision.TellPreflight(cors, verdict == CorsVerdict.Preflight, _headers, headers);
                return explanation with { Outcome = "local_reply", Reason = "The gateway answers the preflight request.", Status = 200, Body = "", ResponseHeaders = Flatten(headers) };
            }
            if (verdict == CorsVerdict.Allowed)
            {
                HeaderOperator.ApplyToResponse(chosen.ResponseHeaders, headers, _headers, info);
                CorsDecision.TellResponse(cors, _headers["origin"].ToString(), headers);
                explanation = explanation with { ResponseHeaders = Flatten(headers) };
            }
        }
        if (chosen.ClusterIndex < 0)
            return UpstreamFailure(explanation, $"Nothing defines the cluster {chosen.Cluster}: its host, port or subset is unknown.", "NC", "");
        if (target.Endpoints.Count == 0)
            return UpstreamFailure(explanation, $"The cluster {chosen.Cluster} has no endpoints.", "UH", "no healthy upstream");

        ClusterConfig cluster = snapshot.Clusters[chosen.ClusterIndex].Config;
        UpstreamTlsContext? tls = UpstreamTlsExplainer.Prepare(snapshot, cluster);
        if (tls?.Problem is { } problem)
            return UpstreamFailure(explanation, $"No TLS connection can be made to {chosen.Cluster}: {problem}.", "UF", "");
        (string authority, string path, _) = UpstreamHead.Prepare(chosen, route, _headers, routed.Authority, routed.Path, routed.Query, _settings, info);
        return explanation with
        {
            Outcome = "forward",
            Reason = destinations.Count > 1 ? "The route forwards to one of several destinations, by weight." : "The route forwards.",
            Status = null,
            Upstream = new ExplainedUpstream(
                path + routed.Query, authority, cluster.Protocol == UpstreamProtocol.Http2 ? "HTTP/2" : "HTTP/1.1", Flatten(_headers),
                UpstreamTlsExplainer.Explain(cluster, tls, authority)),
        };
    }

    private static Explanation UpstreamFailure(Explanation explanation, string reason, string flag, string body) =>
        explanation with { Outcome = "upstream_failure", Reason = reason, Status = 503, Flag = flag, Body = body };

    private IReadOnlyList<KeyValuePair<string, string>> ResponseHeaders(EquatableArray<HeaderOperations> operations, StreamInfo info)
    {
        if (operations.IsEmpty)
            return [];
        var headers = new HeaderDictionary();
        HeaderOperator.ApplyToResponse(operations, headers, _headers, info);
        return Flatten(headers);
    }

    private static IReadOnlyList<KeyValuePair<string, string>> Flatten(HeaderDictionary headers) =>
        [.. headers
            .SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key.ToLowerInvariant(), HeaderText.FromWire(value ?? ""))))
            .OrderBy(header => header.Key, StringComparer.Ordinal)];
}
