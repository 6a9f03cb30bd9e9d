using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns the traffic policies of a rule (timeout, retries, fault …) into those of a forwarding action.</summary>
/// <param name="rule">The rule.</param>
internal sealed class RoutePolicyCompiler(VirtualServiceRule rule)
{
    private readonly List<RoutePolicyOrigin> _origins = [];

    /// <summary>Where the policies compiled so far were written.</summary>
    public EquatableArray<RoutePolicyOrigin> Origins => _origins.ToEquatableArray();

    /// <summary>The limit in time; zero = none.</summary>
    public TimeSpan Timeout()
    {
        if (rule.Rule.Timeout is not { } timeout)
            return TimeSpan.Zero;
        Note("timeout");
        return timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero;
    }

    /// <summary>What is tried again; null = nothing.</summary>
    /// <param name="meshDefault">The mesh's policy, for rules without one.</param>
    /// <param name="consistentHash">Whether a destination chooses endpoints by hash.</param>
    public RetryPolicy? Retries(HttpRetry? meshDefault, bool consistentHash)
    {
        if (rule.Rule.Retries is not null)
            Note("retries");
        return RetryPolicyCompiler.Compile(rule.Rule.Retries ?? meshDefault, consistentHash);
    }

    private void Note(string field)
    {
        string path = $"{rule.FieldPath}.{field}";
        _origins.Add(new RoutePolicyOrigin(field, new ConfigOrigin(rule.Origin.Id, rule.Origin.Document.Locate(path).Location, path)));
    }
}
