using System.Globalization;
using System.Text;
using Gateway.Clusters;
using Gateway.Config;
using Gateway.Http;
using Gateway.Listeners;
using Gateway.Routing;
using Microsoft.AspNetCore.Http;

namespace Gateway.Snapshot.Explanation;

/// <summary>Explains a request from its filter chain on: path, virtual host, route, action.</summary>
internal sealed class RouteExplainer(GatewaySnapshot snapshot, ListenerConfig listener, FilterChainConfig chain, ExplainRequest request)
{
    private readonly HeaderDictionary _headers = [];
    private readonly MatchTrace _trace = new();

    /// <summary>Follows the request to its end.</summary>
    public Explanation Explain()
    {
        if (!PathNormalizer.TryNormalize(request.Target, snapshot.Mesh.PathNormalization, out string path, out string query))
        {
            return Start("local_reply", "The path holds a NUL and cannot be normalized.") with { Status = 400 };
        }
        foreach (KeyValuePair<string, string> header in request.Headers)
            _headers.Append(header.Key, header.Value);
        var routed = new RouteRequest
        {
            Method = request.Method,
            Scheme = request.IsTls ? "https" : "http",
            Authority = request.Authority,
            Path = path,
            Query = query,
            Headers = _headers,
            ListenerPort = listener.Port,
            ListenerIsTls = request.IsTls,
        };
        RouteDecision decision = chain.Routes.Decide(routed, _trace);
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
            return Redirect(explanation, 301, RedirectLocation.Https(routed), "The Gateway server has httpsRedirect: plain-text requests are sent to https.");
        if (decision.Route is not { } route)
            return explanation;

        explanation = explanation with { Route = route, Flag = null };
        return route.Action switch
        {
            RedirectAction redirect => Redirect(explanation, redirect.Status, RedirectLocation.Build(redirect, route.Match, routed), "The route redirects."),
            DirectResponseAction direct => explanation with
            {
                Outcome = "local_reply",
                Reason = "The route answers by itself.",
                Status = direct.Status,
                Body = Encoding.UTF8.GetString(direct.Body.Span),
            },
            ForwardAction forward => Forward(explanation, route, forward, routed),
            _ => explanation,
        };
    }

    private Explanation Start(string outcome, string reason) => new()
    {
        Outcome = outcome,
        Reason = reason,
        Listener = listener.Name,
        FilterChain = chain.Name,
    };

    private static Explanation Redirect(Explanation explanation, int status, string location, string reason) => explanation with
    {
        Outcome = "redirect",
        Reason = reason,
        Status = status,
        Flag = null,
        ResponseHeaders = [KeyValuePair.Create("location", location)],
    };

    private Explanation Forward(Explanation explanation, Route route, ForwardAction forward, in RouteRequest routed)
    {
        WeightedCluster chosen = forward.Destinations[0];
        var destinations = new List<ExplainedDestination>(forward.Destinations.Count);
        foreach (WeightedCluster destination in forward.Destinations)
        {
            if (destination.Weight > chosen.Weight)
                chosen = destination;
            destinations.Add(Destination(destination, 100.0 * destination.Weight / forward.TotalWeight));
        }
        ExplainedDestination target = destinations.First(destination => destination.Cluster == chosen.Cluster);
        explanation = explanation with { Destination = target, Weights = destinations.Count > 1 ? destinations : [] };
        if (chosen.ClusterIndex < 0)
        {
            return explanation with
            {
                Outcome = "upstream_failure",
                Reason = $"Nothing defines the cluster {chosen.Cluster}: its host, port or subset is unknown.",
                Status = 503,
                Flag = "NC",
            };
        }
        if (target.Endpoints.Count == 0)
        {
            return explanation with
            {
                Outcome = "upstream_failure",
                Reason = $"The cluster {chosen.Cluster} has no endpoints.",
                Status = 503,
                Flag = "UH",
                Body = "no healthy upstream",
            };
        }
        ClusterConfig cluster = snapshot.Clusters[chosen.ClusterIndex].Config;
        string path = forward.PathRewrite is { } rewrite ? PathRewriter.Apply(rewrite, route.Match, routed.Path) : routed.Path;
        return explanation with
        {
            Outcome = "forward",
            Reason = destinations.Count > 1 ? "The route forwards to one of several destinations, by weight." : "The route forwards.",
            Status = null,
            Upstream = new ExplainedUpstream(
                path + routed.Query,
                chosen.HostRewrite ?? request.Authority,
                cluster.Protocol == UpstreamProtocol.Http2 ? "HTTP/2" : "HTTP/1.1",
                [.. _headers
                    .SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key.ToLowerInvariant(), value ?? "")))
                    .OrderBy(header => header.Key, StringComparer.Ordinal)]),
        };
    }

    private ExplainedDestination Destination(WeightedCluster destination, double percent)
    {
        // outbound|PORT|SUBSET|HOST: the name says it even of a cluster that does not exist.
        string[] parts = destination.Cluster.Split('|', 4);
        EquatableArray<EndpointConfig> endpoints = destination.ClusterIndex < 0 ? default : snapshot.Clusters[destination.ClusterIndex].Endpoints;
        return new ExplainedDestination(
            parts[3],
            int.Parse(parts[1], CultureInfo.InvariantCulture),
            parts[2],
            percent,
            destination.Cluster,
            [.. endpoints.Select(endpoint => endpoint.Port == 0 ? endpoint.Address : string.Create(CultureInfo.InvariantCulture, $"{endpoint.Address}:{endpoint.Port}"))]);
    }
}
