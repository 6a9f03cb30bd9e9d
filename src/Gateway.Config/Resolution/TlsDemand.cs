using Gateway.Config.Model;
using Gateway.Config.Parsing;

namespace Gateway.Config.Resolution;

/// <summary>
/// Whether DestinationRules ask for TLS to a destination, read so that a rule with errors is never understood as one
/// that asks for plain text: what cannot be read counts as a demand.
/// </summary>
public static class TlsDemand
{
    private enum Demand
    {
        /// <summary>Nothing was said.</summary>
        None,

        /// <summary>Plain text was said.</summary>
        Plain,

        /// <summary>TLS was said, or something that may mean it.</summary>
        Tls,
    }

    /// <summary>The policy or port-level entry that asks for TLS to a subset and port; null = none does.</summary>
    /// <param name="rule">What is said about the host.</param>
    /// <param name="subset">The subset; empty = none.</param>
    /// <param name="port">The service port.</param>
    public static SpecRecord? Find(EffectiveDestinationRule rule, string subset, int port)
    {
        TrafficPolicy? own = subset.Length > 0 ? rule.FindSubset(subset)?.TrafficPolicy : null;
        (Demand demand, SpecRecord? writer) = Of(own, port);
        if (demand == Demand.None)
            (demand, writer) = Of(rule.TrafficPolicy, port);
        return demand == Demand.Tls ? writer : null;
    }

    private static (Demand, SpecRecord?) Of(TrafficPolicy? policy, int port)
    {
        if (policy is null)
            return (Demand.None, null);
        foreach (PortTrafficPolicy entry in policy.PortLevelSettings)
        {
            Demand demand = Of(entry, entry.Tls);
            // An entry without a readable port may be for any.
            if (entry.Port?.Number is null or 0 ? demand == Demand.Tls : entry.Port.Number == port)
                return (demand == Demand.None ? Demand.Plain : demand, entry);
        }
        return (Of(policy, policy.Tls), policy);
    }

    private static Demand Of(SpecRecord holder, ClientTlsSettings? tls)
    {
        if (tls is null)
            return holder.Node["tls"] is null or { Kind: ConfigNodeKind.Null } ? Demand.None : Demand.Tls;
        return tls.Mode switch
        {
            ClientTlsMode.Disable => Demand.Plain,
            null => tls.Node.Entries.Count == 0 ? Demand.Plain : Demand.Tls,
            _ => Demand.Tls,
        };
    }
}
