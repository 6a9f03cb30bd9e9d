using Gateway.Config.Diagnostics;
using Gateway.Config.Parsing;

namespace Gateway.Config.Binding;

/// <summary>
/// A place in a kind's schema on the way to a field that is not simply supported. Fields without a node are, with all
/// that is below them.
/// </summary>
internal sealed class FieldStatusNode
{
    private readonly Dictionary<string, FieldStatusNode> _fields = [];

    /// <summary>The status of the field itself; null if only fields below or single values have one.</summary>
    public FieldStatus? Status { get; private set; }

    /// <summary>The status of single values of the field.</summary>
    public Dictionary<string, FieldStatus> Values { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The node of a field.</summary>
    public FieldStatusNode? Enter(string key) => _fields.GetValueOrDefault(key);

    /// <summary>Enters a status into the tree.</summary>
    public void Add(FieldStatus status)
    {
        FieldStatusNode node = this;
        foreach (string part in status.Path.Split('.'))
        {
            string key = part.Replace("[]", "", StringComparison.Ordinal).Replace("{}", "", StringComparison.Ordinal);
            if (!node._fields.TryGetValue(key, out FieldStatusNode? next))
                node._fields[key] = next = new();
            node = next;
        }
        if (status.Value is { } value)
            node.Values[value] = status;
        else
            node.Status = status;
    }

    /// <summary>Reports a written field that has no effect, or must not be ignored.</summary>
    public void Judge(BindContext context, ConfigEntry entry, ObjectReader reader)
    {
        FieldStatus? status = Status ?? (entry.Value.IsScalar ? Values.GetValueOrDefault(entry.Value.Text) : null);
        if (status is null || IsEmpty(entry.Value))
            return;
        DiagnosticDescriptor what = status.Support == FieldSupport.Rejected ? DiagnosticCatalogue.Refused : DiagnosticCatalogue.NotHonoured;
        string subject = status.Value is null ? $"'{entry.Key}'" : $"'{entry.Key}: {status.Value}'";
        string effect = status.Support == FieldSupport.Rejected ? "cannot be honoured, and going on without it would weaken security" : "has no effect here";
        context.Report(what, $"{subject} {effect}: {status.Note}.", entry.KeyLocation, reader.PathOf(entry.Key));
    }

    /// <summary>Whether a value says no more than leaving the field out would.</summary>
    private static bool IsEmpty(ConfigNode value) =>
        value.Text is "false" ||
        (value.Kind == ConfigNodeKind.Sequence && value.Items.Count == 0) || (value.Kind == ConfigNodeKind.Mapping && value.Entries.Count == 0);
}
