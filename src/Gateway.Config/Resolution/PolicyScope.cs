using Gateway.Config.Model;

namespace Gateway.Config.Resolution;

/// <summary>Which security policies are for a workload: those of its namespace and of the root namespace that select it.</summary>
/// <param name="Namespace">Namespace of the workload.</param>
/// <param name="Labels">Labels of the workload; null = not known, so whatever a selector says it may mean this one.</param>
/// <param name="RootNamespace">Namespace whose policies are for all.</param>
public sealed record PolicyScope(string Namespace, EquatableMap<string>? Labels, string RootNamespace)
{
    private const string GatewayNameLabel = "gateway.networking.k8s.io/gateway-name";
    private const string GatewayGroup = "gateway.networking.k8s.io";

    /// <summary>Whether a policy of <paramref name="ns"/> is for the workload.</summary>
    public bool Covers(string ns, ITargetedPolicy policy)
    {
        if (ns != Namespace && ns != RootNamespace)
            return false;
        EquatableArray<PolicyTargetReference> references = policy.TargetRefs.IsEmpty && policy.TargetRef is { } one ? [one] : policy.TargetRefs;
        if (Labels is not { } labels)
            return references.IsEmpty || IsAttached(ns, references, name: null);
        if (references.IsEmpty)
            return policy.Selector is not { } selector || LabelSelector.Selects(selector.MatchLabels, labels);
        // Only a workload made from a Gateway of the Kubernetes API can be referred to.
        return labels.TryGetValue(GatewayNameLabel, out string? gateway) && IsAttached(ns, references, gateway);
    }

    private bool IsAttached(string ns, EquatableArray<PolicyTargetReference> references, string? name)
    {
        if (ns != Namespace)
            return false;
        foreach (PolicyTargetReference reference in references)
        {
            if (reference.Kind == "Gateway" && reference.Group == GatewayGroup && (name is null || reference.Name == name)
                && (reference.Namespace.Length == 0 || reference.Namespace == Namespace))
            {
                return true;
            }
        }
        return false;
    }
}
