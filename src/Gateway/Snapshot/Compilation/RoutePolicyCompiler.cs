using Gateway.Config;
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

    private void Note(string field)
    {
        string path = $"{rule.FieldPath}.{field}";
        _origins.Add(new RoutePolicyOrigin(field, new ConfigOrigin(rule.Origin.Id, rule.Origin.Document.Locate(path).Location, path)));
    }
}
