using Gateway.Http.Filters.ExtAuthz;
using Gateway.Streams;

namespace Gateway.Http.Filters.Rbac;

/// <summary>Asks policies about connections that carry no HTTP that can be seen.</summary>
internal sealed class NetworkRbac(RbacRules rules, RbacStats stats) : INetworkAuthorization
{
    /// <inheritdoc/>
    public string? Denied(DownstreamConnection connection)
    {
        var input = new RbacInput();
        input.Begin(connection);
        if (rules.Audit?.Find(input) is not null)
            stats.CountAudited();
        string? denied = Custom(input) ?? rules.Denied(input);
        stats.Count(denied is not null);
        return denied is null ? null : RbacFilter.Details(denied);
    }

    /// <summary>Services that speak HTTP are not asked about connections, in Istio as well; those that speak gRPC cannot be asked yet.</summary>
    private string? Custom(RbacInput input)
    {
        foreach (CustomRules custom in rules.Custom)
        {
            if (custom.Service is null or { IsGrpc: true } && custom.Rules.Find(input) is { } rule)
                return rule.Name;
        }
        return null;
    }
}
