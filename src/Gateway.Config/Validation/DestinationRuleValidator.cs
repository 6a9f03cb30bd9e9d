using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Config.Validation;

/// <summary>A DestinationRule: host, subsets, policies.</summary>
internal static class DestinationRuleValidator
{
    /// <summary>Checks the whole resource.</summary>
    public static void Check(Findings findings, DestinationRuleSpec spec)
    {
        if (HostNameRules.WildcardDomain(spec.Host) is { } fault)
            findings.Error(spec, "host", fault);
        TrafficPolicyRules.Check(findings, spec.TrafficPolicy, warn: true);

        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (Subset subset in spec.Subsets)
        {
            if (!names.Add(subset.Name ?? ""))
                findings.Error(subset, "name", $"Duplicate subset names: {subset.Name}.");
            DestinationRules.CheckSubsetName(findings, subset, "name", subset.Name);
            LabelRules.Check(findings, subset, "labels", subset.Labels);
            TrafficPolicyRules.Check(findings, subset.TrafficPolicy, warn: false);
        }

        HealthCheckAnnotations.Read(findings.Resource.Metadata.Annotations, findings.BadAnnotation);
        StickySplitAnnotation.Read(findings.Resource.Metadata.Annotations, findings.BadAnnotation);
        ExportToRules.Check(findings, spec, spec.ExportTo, ownNamespaceOnly: spec.WorkloadSelector is not null);
        if (spec.WorkloadSelector is { } selector)
        {
            LabelRules.CheckSelector(findings, selector, "matchLabels", selector.MatchLabels);
            if (selector.MatchLabels.IsEmpty)
                findings.Warning(selector, "matchLabels", "The workload selector is specified without labels.");
        }
    }
}
