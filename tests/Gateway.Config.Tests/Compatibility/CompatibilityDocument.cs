using System.Text;
using Gateway.Config.Binding;

namespace Gateway.Config.Tests.Compatibility;

/// <summary>The tables of <c>docs/compatibility.md</c>, made from the binders and the table of field statuses.</summary>
internal static class CompatibilityDocument
{
    private const string Supported = "supported";

    /// <summary>Parts of a schema that are said once: this path is as that path.</summary>
    public static IReadOnlyList<(string Kind, string Path, string As)> Folds { get; } =
    [
        ("VirtualService", "spec.http[].route[].headers", "spec.http[].headers"),
        ("VirtualService", "spec.http[].mirror", "spec.http[].route[].destination"),
        ("VirtualService", "spec.http[].mirrors[].destination", "spec.http[].route[].destination"),
        ("VirtualService", "spec.tcp[].route[].destination", "spec.http[].route[].destination"),
        ("VirtualService", "spec.tls[].route[].destination", "spec.http[].route[].destination"),
        ("DestinationRule", "spec.subsets[].trafficPolicy", "spec.trafficPolicy"),
        ("DestinationRule", "spec.trafficPolicy.portLevelSettings[].connectionPool", "spec.trafficPolicy.connectionPool"),
        ("DestinationRule", "spec.trafficPolicy.portLevelSettings[].loadBalancer", "spec.trafficPolicy.loadBalancer"),
        ("DestinationRule", "spec.trafficPolicy.portLevelSettings[].outlierDetection", "spec.trafficPolicy.outlierDetection"),
        ("DestinationRule", "spec.trafficPolicy.portLevelSettings[].tls", "spec.trafficPolicy.tls"),
    ];

    /// <summary>The section of one kind, from its heading's next line to the next heading.</summary>
    public static string Section(string kind, IReadOnlyList<SchemaField> fields)
    {
        const string Head = "| Field | Type | Status | Note |\n| --- | --- | --- | --- |\n";
        StringBuilder text = new(Head);
        List<string> unread = [];
        HashSet<string> paths = [.. fields.Select(f => f.Path)];
        foreach (SchemaField field in fields.Where(f => !f.Path.EndsWith(']') && !f.Path.EndsWith('}')).OrderBy(f => f.Path, StringComparer.Ordinal))
        {
            if (field.Type == FieldRecorder.NotRead && Status(kind, field.Path).Status == Supported)
            {
                if (field.Path is not ("apiVersion" or "kind") && !field.Path.StartsWith("metadata.", StringComparison.Ordinal))
                    unread.Add($"`{field.Path}`");
                continue;
            }
            if (field.Path.StartsWith("metadata", StringComparison.Ordinal) || FoldOf(kind, field.Path, inside: true) is not null)
                continue;
            string shown = field.Path + (field.Type == "array" ? "[]" : paths.Contains($"{field.Path}{{}}") ? "{}" : "");
            string type = paths.Contains(shown) && shown != field.Path ? fields.First(f => f.Path == shown).Type : field.Type == FieldRecorder.NotRead ? "any" : field.Type;
            (string status, string note) = Status(kind, field.Path);
            if (FoldOf(kind, field.Path, inside: false) is { } original)
                note = note.Length == 0 ? $"as `{original}`" : $"{note}; fields as `{original}`";
            text.Append($"| `{shown}` | {type} | {status} | {note} |\n");
        }
        if (text.Length == Head.Length)
            text.Clear().Append("| Field |\n| --- |\n| only its metadata |\n");
        if (unread.Count > 0)
            text.Append($"\nKnown and not read, as they do not concern a gateway: {string.Join(", ", unread)}.\n");
        return text.ToString();
    }

    /// <summary>The status of a field and why.</summary>
    public static (string Status, string Note) Status(string kind, string path)
    {
        FieldStatus[] rows = [.. FieldStatusTable.Rows.Where(r => r.Kind == kind)];
        FieldStatus? own = rows.Where(r => r.Value is null && Covers(r.Path, path)).MaxBy(r => r.Path.Length);
        if (own is not null)
            return (Word(own.Support), own.Note);
        FieldStatus[] values = [.. rows.Where(r => r.Value is not null && Plain(r.Path) == Plain(path))];
        return values.Length == 0
            ? (Supported, "")
            : (Supported, string.Join("; ", values.GroupBy(v => (v.Support, v.Note)).Select(g => $"{string.Join(", ", g.Select(v => $"`{v.Value}`"))}: {Word(g.Key.Support)}, {g.Key.Note}")));
    }

    private static string? FoldOf(string kind, string path, bool inside)
    {
        foreach ((string foldKind, string folded, string original) in Folds)
        {
            if (foldKind == kind && (inside ? path.StartsWith($"{folded}.", StringComparison.Ordinal) : path == folded))
                return original;
        }
        return null;
    }

    private static bool Covers(string row, string path) =>
        Plain(path) is var plain && (plain == Plain(row) || plain.StartsWith($"{Plain(row)}.", StringComparison.Ordinal));

    private static string Plain(string path) => path.Replace("[]", "", StringComparison.Ordinal).Replace("{}", "", StringComparison.Ordinal);

    private static string Word(FieldSupport support) => support switch
    {
        FieldSupport.Supported => Supported,
        FieldSupport.NoEffect => "no effect",
        FieldSupport.Ignored => "ignored with a warning",
        _ => "rejected",
    };
}
