using System.Globalization;
using Gateway.Clusters;
using Gateway.Config;
using Gateway.Routing;

namespace Gateway.Snapshot.Explanation;

/// <summary>What becomes of a request, in the words of the conformance cases, and why.</summary>
internal sealed record Explanation
{
    /// <summary><c>forward</c>, <c>redirect</c>, <c>local_reply</c>, <c>not_found</c>, <c>no_listener</c>, <c>connection_closed</c> or <c>upstream_failure</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>One sentence for people.</summary>
    public required string Reason { get; init; }

    /// <summary>Status of an answer that the gateway makes itself; null = the upstream decides, or there is none.</summary>
    public int? Status { get; init; }

    /// <summary>Envoy's response flag, e.g. <c>NR</c>; null = none.</summary>
    public string? Flag { get; init; }

    /// <summary>Envoy's response_code_details of an answer that a policy makes; null = none does.</summary>
    public string? Details { get; init; }

    /// <summary>What tokens and policies said, in order.</summary>
    public IReadOnlyList<SecurityStep> Security { get; init; } = [];

    /// <summary>Name of the listener.</summary>
    public string? Listener { get; init; }

    /// <summary>Name of the filter chain, which is Istio's route configuration name.</summary>
    public string? FilterChain { get; init; }

    /// <summary>Domain of the virtual host.</summary>
    public string? VirtualHost { get; init; }

    /// <summary>The route.</summary>
    public Route? Route { get; init; }

    /// <summary>The rule by which bytes are passed on; null = HTTP is spoken.</summary>
    public TcpAction? Tcp { get; init; }

    /// <summary>Where the request goes; with several destinations the one with the greatest share.</summary>
    public ExplainedDestination? Destination { get; init; }

    /// <summary>All destinations with their shares, when there are several.</summary>
    public IReadOnlyList<ExplainedDestination> Weights { get; init; } = [];

    /// <summary>The traffic policies of the route, defaults included.</summary>
    public IReadOnlyList<PolicyInForce> Policies { get; init; } = [];

    /// <summary>What the upstream sees.</summary>
    public ExplainedUpstream? Upstream { get; init; }

    /// <summary>Headers of an answer that the gateway makes itself, or that it adds to the upstream's.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ResponseHeaders { get; init; } = [];

    /// <summary>Body of an answer that the gateway makes itself.</summary>
    public string? Body { get; init; }

    /// <summary>The routes passed over before, each with the first condition that failed.</summary>
    public IReadOnlyList<NearMiss> NearMisses { get; init; } = [];

    /// <summary>Where nothing was found: what there is instead (ports, server names or hosts).</summary>
    public IReadOnlyList<string> Known { get; init; } = [];

    /// <summary>The header <c>location</c> of a redirect.</summary>
    public string? Location
    {
        get
        {
            foreach (KeyValuePair<string, string> header in ResponseHeaders)
            {
                if (header.Key == "location")
                    return header.Value;
            }
            return null;
        }
    }
}

/// <summary>A destination.</summary>
/// <param name="Host">Full host name.</param>
/// <param name="Port">Service port.</param>
/// <param name="Subset">Subset; empty = none.</param>
/// <param name="Percent">Share of the requests.</param>
/// <param name="Cluster">Cluster name.</param>
/// <param name="Endpoints"><c>address:port</c> of its endpoints; a DNS cluster's are names.</param>
/// <param name="Policy">Where the parts of its policy were written.</param>
internal sealed record ExplainedDestination(
    string Host, int Port, string Subset, double Percent, string Cluster, IReadOnlyList<string> Endpoints, IReadOnlyList<PolicyOrigin> Policy)
{
    /// <summary>A destination of a rule.</summary>
    public static ExplainedDestination Of(GatewaySnapshot snapshot, WeightedCluster destination, double percent)
    {
        // outbound|PORT|SUBSET|HOST, or outbound_.PORT_.SUBSET_.HOST: the name says it even of a cluster that does not exist.
        string[] parts = destination.Cluster.Contains('|', StringComparison.Ordinal) ? destination.Cluster.Split('|', 4) : destination.Cluster.Split("_.", 4);
        EquatableArray<EndpointConfig> endpoints = destination.ClusterIndex < 0 ? default : snapshot.Clusters[destination.ClusterIndex].Endpoints;
        return new ExplainedDestination(
            parts[3],
            int.Parse(parts[1], CultureInfo.InvariantCulture),
            parts[2],
            percent,
            destination.Cluster,
            [.. endpoints.Select(endpoint => endpoint.Port == 0 ? endpoint.Address : string.Create(CultureInfo.InvariantCulture, $"{endpoint.Address}:{endpoint.Port}"))],
            destination.ClusterIndex < 0 ? [] : [.. snapshot.Clusters[destination.ClusterIndex].Policy]);
    }
}

/// <summary>A request as the upstream sees it.</summary>
/// <param name="Path">Path with query.</param>
/// <param name="Authority">Host header or <c>:authority</c>.</param>
/// <param name="Protocol"><c>HTTP/1.1</c> or <c>HTTP/2</c>.</param>
/// <param name="Headers">Headers by lower-case name, sorted; a name may repeat.</param>
/// <param name="Tls">TLS; null = plain text.</param>
internal sealed record ExplainedUpstream(
    string Path, string Authority, string Protocol, IReadOnlyList<KeyValuePair<string, string>> Headers, ExplainedTls? Tls);

/// <summary>TLS towards the upstream.</summary>
/// <param name="ServerName">Server name of the handshake.</param>
/// <param name="Verification">Against what the server's certificate is checked.</param>
/// <param name="ClientCertificateSubject">Subject of the certificate we show; null = none.</param>
internal sealed record ExplainedTls(string ServerName, string Verification, string? ClientCertificateSubject);
