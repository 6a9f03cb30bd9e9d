using Gateway.Config;

namespace Gateway.Routing;

/// <summary>What a route does: exactly one of <see cref="ForwardAction"/>, <see cref="RedirectAction"/>, <see cref="DirectResponseAction"/>.</summary>
internal abstract class RouteAction;

/// <summary>Forwards to one of several clusters, by weight.</summary>
internal sealed class ForwardAction : RouteAction
{
    /// <summary>The destinations; at least one. Weights are positive unless there is only one.</summary>
    public required EquatableArray<WeightedCluster> Destinations { get; init; }

    /// <summary>Sum of the weights; what a random number is taken modulo of.</summary>
    public required long TotalWeight { get; init; }

    /// <summary>What of a request its endpoint is chosen by: that of every destination.</summary>
    public EquatableArray<HashPolicy> HashPolicies { get; init; }

    /// <summary>Whether the destination, too, is chosen by the hash: a client keeps it while weights move, as far as they let it.</summary>
    public bool SplitsByHash { get; init; }

    /// <summary>How the path is rewritten; null = not.</summary>
    public PathRewrite? PathRewrite { get; init; }

    /// <summary>From the complete request to the complete response, all tries together; zero = no limit.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>What is tried again; null = nothing.</summary>
    public RetryPolicy? Retries { get; init; }

    /// <summary>Faults injected; null = none.</summary>
    public FaultPolicy? Fault { get; init; }

    /// <summary>What pages of other origins may ask; null = nothing is said about it.</summary>
    public CorsConfig? Cors { get; init; }

    /// <summary>Who gets copies of requests.</summary>
    public EquatableArray<MirrorPolicy> Mirrors { get; init; }

    /// <summary>Where the policies above were written; what is missing is a default.</summary>
    public EquatableArray<RoutePolicyOrigin> PolicyOrigins { get; init; }

    /// <summary>Chooses a destination by a random number, as Envoy: one number per request over consecutive ranges.</summary>
    public WeightedCluster Pick(ulong random) => WeightedCluster.Pick(Destinations, TotalWeight, random);

    /// <summary>
    /// Chooses a destination by a request's hash: its place among all, as a share of the weights, so that moving some weight
    /// from one destination to its neighbour moves that share of the clients and no others.
    /// </summary>
    public WeightedCluster PickByHash(ulong hash) =>
        // Endpoints are chosen by the same hash; multiplied (by 2^64 over the golden ratio) it tells nothing of theirs.
        WeightedCluster.Pick(Destinations, TotalWeight, Math.BigMul(unchecked(hash * 0x9E3779B97F4A7C15) ^ (hash >> 32), (ulong)TotalWeight, out _));
}

/// <summary>One destination of a <see cref="ForwardAction"/> or <see cref="TcpAction"/>. Header operations and host rewrite are already joined from route and destination in Istio's order.</summary>
internal sealed class WeightedCluster
{
    /// <summary>Cluster name, <c>outbound|PORT|SUBSET|HOST</c>.</summary>
    public required string Cluster { get; init; }

    /// <summary>Its index in <c>GatewaySnapshot.Clusters</c>; -1 = no such cluster: 503 NC.</summary>
    public required int ClusterIndex { get; init; }

    /// <summary>Relative weight.</summary>
    public required int Weight { get; init; }

    /// <summary>Levels of operations on the request headers, applied one after the other.</summary>
    public EquatableArray<HeaderOperations> RequestHeaders { get; init; }

    /// <summary>Levels of operations on the response headers, applied one after the other.</summary>
    public EquatableArray<HeaderOperations> ResponseHeaders { get; init; }

    /// <summary>The authority the upstream shall see; null = the client's.</summary>
    public string? HostRewrite { get; init; }

    /// <summary>The destination in whose range a random number falls.</summary>
    public static WeightedCluster Pick(EquatableArray<WeightedCluster> destinations, long totalWeight, ulong random)
    {
        if (destinations.Count == 1)
            return destinations[0];
        long point = (long)(random % (ulong)totalWeight);
        foreach (WeightedCluster destination in destinations)
        {
            point -= destination.Weight;
            if (point < 0)
                return destination;
        }
        return destinations[^1];
    }
}

/// <summary>Answers with a redirect. Istio <c>HTTPRedirect</c>.</summary>
internal sealed class RedirectAction : RouteAction
{
    /// <summary>Status: 301, 302, 303, 307 or 308.</summary>
    public required int Status { get; init; }

    /// <summary>New scheme; null = that of the request.</summary>
    public string? Scheme { get; init; }

    /// <summary>New host (may have a port); null = that of the request.</summary>
    public string? Authority { get; init; }

    /// <summary>New port, <c>derivePort</c> already decided and default ports left out; null = that of the host.</summary>
    public int? Port { get; init; }

    /// <summary>New whole path (may have a query); null = that of the request.</summary>
    public string? Path { get; init; }

    /// <summary>Replaces the matched prefix; null = not.</summary>
    public string? PrefixRewrite { get; init; }

    /// <summary>Operations on the response headers.</summary>
    public EquatableArray<HeaderOperations> ResponseHeaders { get; init; }
}

/// <summary>Answers by itself. Istio <c>HTTPDirectResponse</c>.</summary>
internal sealed class DirectResponseAction : RouteAction
{
    /// <summary>Status, 200 to 599.</summary>
    public required int Status { get; init; }

    /// <summary>Body; empty = none.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Operations on the response headers.</summary>
    public EquatableArray<HeaderOperations> ResponseHeaders { get; init; }
}

/// <summary>How a path is rewritten: either by prefix or by regular expression.</summary>
internal sealed class PathRewrite
{
    /// <summary>What replaces the matched part of the path (Istio <c>rewrite.uri</c>); null = see <see cref="Regex"/>.</summary>
    public string? Prefix { get; init; }

    /// <summary>Whether a prefix replaced by <c>/</c> leaves one slash, not two (routes made from the Gateway API).</summary>
    public bool KeepsSegments { get; init; }

    /// <summary>Search expression of <c>uriRegexRewrite</c>, replaced wherever it is found.</summary>
    public System.Text.RegularExpressions.Regex? Regex { get; init; }

    /// <summary>Replacement in .NET syntax (<c>${1}</c>), made from RE2's <c>\1</c>.</summary>
    public string? Replacement { get; init; }
}

/// <summary>One level of header operations, applied as Envoy does: all removals, all sets, all adds; empty values do nothing.</summary>
internal sealed class HeaderOperations
{
    /// <summary>Names to remove.</summary>
    public EquatableArray<string> Remove { get; init; }

    /// <summary>Values that overwrite, sorted by name.</summary>
    public EquatableArray<HeaderTemplate> Set { get; init; }

    /// <summary>Values that are appended, sorted by name.</summary>
    public EquatableArray<HeaderTemplate> Add { get; init; }
}

/// <summary>A header with its value, in which <c>%…%</c> may stand (Envoy's substitution strings).</summary>
/// <param name="Name">Lower-case name.</param>
/// <param name="Value">The parsed value.</param>
internal sealed record HeaderTemplate(string Name, HeaderValueFormat Value);

/// <summary>A header value split into literal and substituted parts once, at compile time.</summary>
/// <param name="Literal">The whole value if nothing in it is substituted; else null.</param>
/// <param name="Parts">Literal texts and operators (<c>%DOWNSTREAM_REMOTE_ADDRESS%</c>) in order, when <paramref name="Literal"/> is null.</param>
internal sealed record HeaderValueFormat(string? Literal, EquatableArray<HeaderValuePart> Parts);

/// <summary>A literal (<paramref name="Operator"/> null) or an operator such as <c>REQ</c> with its <paramref name="Argument"/> (<c>X-Foo?:Y</c>).</summary>
internal sealed record HeaderValuePart(string Text, string? Operator, string Argument, int MaxLength);
