using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>Who may see a resource: <c>.</c>, <c>*</c>, namespaces; for a ServiceEntry also <c>~</c>.</summary>
internal static class ExportToRules
{
    private const string Private = ".";
    private const string Public = "*";
    private const string None = "~";

    /// <summary>Checks the list.</summary>
    /// <param name="findings">Where reasons go.</param>
    /// <param name="spec">The record that has <c>exportTo</c>.</param>
    /// <param name="exportTo">Its value.</param>
    /// <param name="mayBeNone"><c>~</c> is allowed (ServiceEntry).</param>
    /// <param name="ownNamespaceOnly">The rule selects workloads and so may not leave its namespace (DestinationRule).</param>
    public static void Check(
        Findings findings,
        SpecRecord spec,
        EquatableArray<string> exportTo,
        bool mayBeNone = false,
        bool ownNamespaceOnly = false)
    {
        if (exportTo.IsEmpty)
            return;
        string ns = findings.Resource.Metadata.Namespace;
        HashSet<string> seen = [];
        for (int i = 0; i < exportTo.Count; i++)
        {
            string entry = exportTo[i];
            // "." is the same as the resource's own namespace.
            string key = entry == Private ? ns : entry;
            if (seen.Contains(key))
            {
                findings.Error(spec, "exportTo", i, key == entry
                    ? $"Duplicate entry \"{entry}\" in exportTo."
                    : $"Duplicate entries in exportTo: \".\" and the current namespace {ns}.");
            }
            else if (Fault(key, mayBeNone) is { } fault)
            {
                findings.Error(spec, "exportTo", i, fault);
            }
            else
            {
                seen.Add(key);
            }
        }

        if (ownNamespaceOnly && seen.Count > 0)
        {
            if (!seen.Contains(ns))
                findings.Error(spec, "exportTo", "A destination rule with a workload selector cannot have exportTo beyond the current namespace.");
            else if (seen.Count > 1)
                findings.Error(spec, "exportTo", "A destination rule with a workload selector cannot have multiple entries in exportTo.");
        }
        if (exportTo.Count > 1 && seen.Contains(Public))
            findings.Error(spec, "exportTo", "A resource cannot have both public (*) and non-public exportTo values.");
        if (exportTo.Count > 1 && seen.Contains(None))
            findings.Error(spec, "exportTo", "A service entry cannot be exported to no one (~) and someone.");
    }

    private static string? Fault(string entry, bool mayBeNone)
    {
        if (entry == None)
            return mayBeNone ? null : "exportTo ~ (none) is allowed for a ServiceEntry only.";
        return entry is Private or Public || LabelRules.IsDnsLabel(entry)
            ? null
            : $"\"{entry}\" is not allowed in exportTo: write \".\", \"*\" or a namespace, which is a valid DNS 1123 label.";
    }
}
