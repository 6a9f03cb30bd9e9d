using Gateway.Http.Filters.Rbac;
using Gateway.Listeners;
using Gateway.Routing;
using Gateway.Tls;

namespace Gateway.Snapshot.Explanation;

/// <summary>Explains connections whose bytes are passed on.</summary>
internal static class TcpExplainer
{
    /// <summary>Follows a connection of a chain to its destination.</summary>
    public static Explanation Explain(GatewaySnapshot snapshot, ListenerConfig listener, FilterChainConfig chain, TcpAction action, ExplainRequest request)
    {
        var security = new SecurityExplainer(snapshot.Security);
        var input = new RbacInput();
        input.Begin(SampleConnection.Of(listener, chain, request, chain.Tls is not null));
        SecurityDenial? denial = security.AskConnection(input);
        List<ExplainedDestination> destinations = [];
        WeightedCluster chosen = action.Destinations[0];
        foreach (WeightedCluster destination in action.Destinations)
        {
            if (destination.Weight > chosen.Weight)
                chosen = destination;
            destinations.Add(ExplainedDestination.Of(snapshot, destination, 100.0 * destination.Weight / action.TotalWeight));
        }
        ExplainedDestination target = destinations.First(destination => destination.Cluster == chosen.Cluster);
        var explanation = new Explanation
        {
            Outcome = "forward",
            Reason = chain.IsPassthrough ? "TLS passes through unopened; the server name chooses the destination."
                : chain.Tls is not null ? "TLS is ended here and the bytes inside are passed on."
                : "The bytes are passed on.",
            Listener = listener.Name,
            FilterChain = chain.Name,
            Tcp = action,
            Destination = target,
            Weights = destinations.Count > 1 ? destinations : [],
            Security = security.Steps,
        };
        if (denial is not null)
            return Closed(explanation, "A policy denies the connection.", null) with { Details = denial.Details };
        if (chosen.ClusterIndex < 0)
            return Closed(explanation, $"Nothing defines the cluster {chosen.Cluster}: its host, port or subset is unknown.", "NC");
        if (target.Endpoints.Count == 0)
            return Closed(explanation, $"The cluster {chosen.Cluster} has no endpoints.", "UH");
        UpstreamTlsContext? tls = UpstreamTlsExplainer.Prepare(snapshot, snapshot.Clusters[chosen.ClusterIndex].Config);
        return tls?.Problem is { } problem
            ? Closed(explanation, $"No TLS connection can be made to {chosen.Cluster}: {problem}.", "UF,URX")
            : explanation;
    }

    private static Explanation Closed(Explanation explanation, string reason, string? flag) =>
        explanation with { Outcome = "connection_closed", Reason = reason, Flag = flag };
}
