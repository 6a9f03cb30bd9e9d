using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads Istio <c>DestinationRule</c> bodies.</summary>
internal static class DestinationRuleBinder
{
    public static DestinationRuleSpec DestinationRuleSpec(ObjectReader r) => new()
    {
        Node = r.Node,
        ExportTo = r.Strings("exportTo"),
        Host = r.String("host"),
        Subsets = r.List("subsets", Subset),
        TrafficPolicy = r.Object("trafficPolicy", TrafficPolicyBinder.TrafficPolicy),
        WorkloadSelector = r.Object("workloadSelector", PolicyWorkloadSelector),
    };

    public static PolicyWorkloadSelector PolicyWorkloadSelector(ObjectReader r) => new()
    {
        Node = r.Node,
        MatchLabels = r.StringMap("matchLabels"),
    };

    public static Subset Subset(ObjectReader r) => new()
    {
        Node = r.Node,
        Labels = r.StringMap("labels"),
        Name = r.String("name"),
        TrafficPolicy = r.Object("trafficPolicy", TrafficPolicyBinder.TrafficPolicy),
    };
}
