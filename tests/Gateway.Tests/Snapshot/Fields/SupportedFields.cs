using Gateway.Tests.Architecture;

namespace Gateway.Tests.Snapshot.Fields;

/// <summary>The fields that <c>docs/compatibility.md</c> promises to honour.</summary>
internal static class SupportedFields
{
    /// <summary>Fields of a kind that hold a value, without the prefix.</summary>
    public static IEnumerable<string> Of(string kind, string prefix)
    {
        string text = SourceTree.Read("docs/compatibility.md");
        int start = text.IndexOf($"\n### {kind}\n", StringComparison.Ordinal);
        string section = text[start..text.IndexOf("\n### ", start + 1, StringComparison.Ordinal)];
        return section.Split('\n')
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length > 4 && cells[1].StartsWith($"`{prefix}", StringComparison.Ordinal) && cells[2] != "object" && cells[3] == "supported")
            .Select(cells => cells[1].Trim('`')[prefix.Length..]);
    }
}
