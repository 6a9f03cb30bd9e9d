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
        string? denied = rules.Custom?.Find(input)?.Name ?? rules.Denied(input);
        stats.Count(denied is not null);
        return denied is null ? null : RbacFilter.Details(denied);
    }
}
