namespace Gateway.Config.Model;

/// <summary>Istio <c>WorkloadSelector</c> of the security kinds.</summary>
public sealed record PolicySelector : SpecRecord
{
    /// <summary><c>matchLabels</c>; empty = every workload of the namespace.</summary>
    public EquatableMap<string> MatchLabels { get; init; }
}

/// <summary>Istio <c>PolicyTargetReference</c>: what a policy is attached to by name.</summary>
public sealed record PolicyTargetReference : SpecRecord
{
    /// <summary><c>group</c>; empty = Kubernetes' core.</summary>
    public string Group { get; init; } = "";

    /// <summary><c>kind</c>: <c>Gateway</c>, <c>GatewayClass</c>, <c>Service</c> or <c>ServiceEntry</c>.</summary>
    public string Kind { get; init; } = "";

    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>namespace</c>; must be empty.</summary>
    public string Namespace { get; init; } = "";
}

/// <summary>A policy that says which workloads it is for. At most one of the three is written.</summary>
public interface ITargetedPolicy
{
    /// <summary><c>selector</c>; null = not written.</summary>
    PolicySelector? Selector { get; }

    /// <summary><c>targetRef</c>, the older form of one reference; null = not written.</summary>
    PolicyTargetReference? TargetRef { get; }

    /// <summary><c>targetRefs</c>; empty = not written.</summary>
    EquatableArray<PolicyTargetReference> TargetRefs { get; }
}
