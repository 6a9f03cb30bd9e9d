using System.Buffers;
using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>Which workloads a security policy says it is for.</summary>
internal static class PolicyTargetRules
{
    private static readonly SearchValues<char> GroupCharacters = SearchValues.Create("-abcdefghijklmnopqrstuvwxyz0123456789");

    private static readonly (string Group, string Kind)[] Allowed =
        [("", "Service"), ("networking.istio.io", "ServiceEntry"), ("gateway.networking.k8s.io", "Gateway"), ("gateway.networking.k8s.io", "GatewayClass")];

    /// <summary>Checks selector and references.</summary>
    public static void Check(Findings findings, SpecRecord spec, ITargetedPolicy policy)
    {
        int written = 0;
        foreach (string field in (ReadOnlySpan<string>)["selector", "targetRef", "targetRefs"])
        {
            if (spec.Node[field] is { Kind: not Parsing.ConfigNodeKind.Null } && ++written == 2)
                findings.Error(spec, field, "Only one of targetRefs or selector can be set (or the older targetRef).");
        }
        if (policy.Selector is { } selector)
            CheckSelector(findings, selector);
        if (policy.TargetRef is { } reference)
            CheckReference(findings, reference);
        foreach (PolicyTargetReference one in policy.TargetRefs)
            CheckReference(findings, one);
    }

    /// <summary>Checks a selector.</summary>
    public static void CheckSelector(Findings findings, PolicySelector selector)
    {
        LabelRules.CheckSelector(findings, selector, "matchLabels", selector.MatchLabels);
        if (selector.MatchLabels.IsEmpty)
            findings.Warning(selector, "", "The workload selector is specified without labels: the policy applies to all workloads of the namespace.");
    }

    private static void CheckReference(Findings findings, PolicyTargetReference reference)
    {
        if (reference.Name.Length == 0)
            findings.Error(reference, "name", "The name of the target reference must be set: Required value.");
        if (reference.Namespace.Length > 0)
            findings.Error(reference, "namespace", "The namespace of a target reference must not be set: cross namespace referencing is not currently supported.");
        if (!IsGroup(reference.Group))
        {
            findings.Error(reference, "group", $"The group of the target reference, \"{reference.Group}\", does not match what a group may be: the labels of a DNS name in small letters.");
            return;
        }
        string group = reference.Group == "core" ? "" : reference.Group;
        if (!Allowed.Contains((group, reference.Kind)))
            findings.Error(reference, "kind", $"A target reference must be to one of Service, ServiceEntry (networking.istio.io), Gateway or GatewayClass (gateway.networking.k8s.io), but was {reference.Group}/{reference.Kind}.");
    }

    private static bool IsGroup(string group)
    {
        if (group.Length == 0)
            return true;
        foreach (Range part in group.AsSpan().Split('.'))
        {
            ReadOnlySpan<char> label = group.AsSpan()[part];
            if (label.IsEmpty || label[0] == '-' || label[^1] == '-' || label.ContainsAnyExcept(GroupCharacters))
                return false;
        }
        return true;
    }
}
