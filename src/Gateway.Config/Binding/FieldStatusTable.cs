using System.Collections.Frozen;

namespace Gateway.Config.Binding;

/// <summary>
/// The one list of fields that are not simply supported; <c>docs/compatibility.md</c> is compared with it. A later
/// feature takes its row away.
/// </summary>
internal static class FieldStatusTable
{
    /// <summary>The rows.</summary>
    public static IReadOnlyList<FieldStatus> Rows { get; } = [];

    private static readonly FrozenDictionary<string, FieldStatusNode> Roots = Build();

    /// <summary>The root of a kind's tree; null if everything is supported.</summary>
    public static FieldStatusNode? Of(string kind) => Roots.GetValueOrDefault(kind);

    private static FrozenDictionary<string, FieldStatusNode> Build()
    {
        Dictionary<string, FieldStatusNode> roots = [];
        foreach (FieldStatus row in Rows)
        {
            if (!roots.TryGetValue(row.Kind, out FieldStatusNode? root))
                roots[row.Kind] = root = new();
            root.Add(row);
        }
        return roots.ToFrozenDictionary();
    }
}
