using Gateway.Clusters;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>Tells where each part of the policy in force was written.</summary>
internal static class PolicyOrigins
{
    /// <summary>The parts that are set, in the order of their names.</summary>
    public static EquatableArray<PolicyOrigin> Of(EffectiveDestinationRule? rule, TrafficPolicy? policy)
    {
        if (rule is null || policy is null)
            return default;
        List<PolicyOrigin> origins = [];
        foreach ((string part, SpecRecord? record) in ((string, SpecRecord?)[])[
            ("connectionPool", policy.ConnectionPool), ("loadBalancer", policy.LoadBalancer), ("outlierDetection", policy.OutlierDetection),
            ("proxyProtocol", policy.ProxyProtocol), ("retryBudget", policy.RetryBudget), ("tls", policy.Tls)])
        {
            if (record is null)
                continue;
            Resource<DestinationRuleSpec> owner = OwnerOf(rule, record);
            origins.Add(new PolicyOrigin(part, owner.Id.ToString(), record.Node.Location.ToString()));
        }
        return origins.ToEquatableArray();
    }

    /// <summary>The resource that a part of the policy is written in.</summary>
    public static Resource<DestinationRuleSpec> OwnerOf(EffectiveDestinationRule rule, SpecRecord part) =>
        rule.Rules.FirstOrDefault(candidate => IsIn(candidate.Spec, part)) ?? rule.Rules[0];

    private static bool IsIn(DestinationRuleSpec spec, SpecRecord record) =>
        IsIn(spec.TrafficPolicy, record) || spec.Subsets.Any(subset => IsIn(subset.TrafficPolicy, record));

    private static bool IsIn(TrafficPolicy? policy, SpecRecord record) =>
        policy is not null
        && (((SpecRecord?[])[policy.ConnectionPool, policy.LoadBalancer, policy.OutlierDetection, policy.ProxyProtocol, policy.RetryBudget, policy.Tls])
                .Any(part => ReferenceEquals(part, record))
            || policy.PortLevelSettings.Any(entry => ((SpecRecord?[])[entry.ConnectionPool, entry.LoadBalancer, entry.OutlierDetection, entry.Tls])
                .Any(part => ReferenceEquals(part, record))));
}
