using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Parsing;

namespace Gateway.Config.Validation;

/// <summary>
/// Collects what the rules find in one resource. A rule names the record it looked at and the field inside it; place and
/// full field path are worked out only when there is a finding, so a good resource costs nothing for them.
/// A field that could not be read at all is not judged a second time.
/// </summary>
internal sealed class Findings(Resource resource, List<Diagnostic> list)
{
    // One broken resource must not bury the findings of the others, nor cost a search for each of a million places.
    private const int MaxErrors = 100;
    private const int MaxWarnings = 100;

    private readonly int _foundByReading = list.Count;
    private int _errors;
    private int _warnings;

    /// <summary>The resource under test.</summary>
    public Resource Resource => resource;

    /// <summary>A broken rule.</summary>
    /// <param name="at">The record that holds the field.</param>
    /// <param name="field">Path inside the record, such as <c>hosts[2]</c>; empty = the record itself.</param>
    /// <param name="reason">One sentence.</param>
    public void Error(SpecRecord at, string field, string reason) => Add(DiagnosticCatalogue.Invalid, at.Node, field, reason);

    /// <summary>A broken rule of an element of a list.</summary>
    public void Error(SpecRecord at, string list, int index, string reason) => Error(at, $"{list}[{index}]", reason);

    /// <summary>A regular expression that cannot be used.</summary>
    public void BadRegex(SpecRecord at, string field, string reason) => Add(DiagnosticCatalogue.BadRegex, at.Node, field, reason);

    /// <summary>Accepted, but probably not what was meant.</summary>
    public void Warning(SpecRecord at, string field, string reason) => Add(DiagnosticCatalogue.Questionable, at.Node, field, reason);

    /// <summary>A rule that can never take a request.</summary>
    public void Unreachable(SpecRecord at, string reason) => Add(DiagnosticCatalogue.Unreachable, at.Node, "", reason);

    /// <summary>A broken rule about one entry of a map, whose key may hold any character.</summary>
    public void ErrorAtKey(SpecRecord at, string map, string key, string reason)
    {
        if (IsFull(DiagnosticCatalogue.Invalid))
            return;
        ConfigNode node = at.Node.Locate(map);
        AddAt(DiagnosticCatalogue.Invalid, LocateKey(node, key), Join(Join(PathOf(at.Node), map), key), reason);
    }

    /// <summary>A broken rule of the schema, found on the document itself.</summary>
    public void ErrorAt(ConfigNode node, string fullPath, string reason) =>
        AddAt(DiagnosticCatalogue.Invalid, node.Location, fullPath, reason);

    /// <summary>A broken rule about <c>metadata</c>.</summary>
    public void MetadataError(string field, string reason)
    {
        string path = "metadata." + field;
        AddAt(DiagnosticCatalogue.Invalid, resource.Document.Locate(path).Location, path, reason);
    }

    /// <summary>A broken rule about one annotation.</summary>
    public void AnnotationError(string name, string reason) => Annotation(DiagnosticCatalogue.Invalid, name, reason);

    /// <summary>An annotation of the gateway's own that cannot be used.</summary>
    public void BadAnnotation(string name, string reason) => Annotation(DiagnosticCatalogue.BadAnnotation, name, reason);

    private void Annotation(DiagnosticDescriptor code, string name, string reason)
    {
        ConfigNode annotations = resource.Document.Locate("metadata.annotations");
        AddAt(code, LocateKey(annotations, name), "metadata.annotations." + name, reason);
    }

    private static SourceLocation LocateKey(ConfigNode map, string key)
    {
        foreach (ConfigEntry entry in map.Entries)
        {
            if (entry.Key == key)
                return entry.KeyLocation;
        }
        return map.Location;
    }

    private static string Join(string path, string field) =>
        field.Length == 0 ? path : path.Length == 0 ? field : field[0] == '[' ? path + field : $"{path}.{field}";

    private bool IsFull(DiagnosticDescriptor code) =>
        code.Severity == Severity.Error ? _errors >= MaxErrors : _warnings >= MaxWarnings;

    private void Add(DiagnosticDescriptor code, ConfigNode node, string field, string reason)
    {
        if (!IsFull(code))
            AddAt(code, node.Locate(field).Location, Join(PathOf(node), field), reason);
    }

    private void AddAt(DiagnosticDescriptor code, SourceLocation location, string path, string reason)
    {
        if (IsFull(code))
            return;
        for (int i = 0; i < _foundByReading; i++)
        {
            if (list[i].FieldPath == path && list[i].Severity == Severity.Error && list[i].Resource == resource.Id)
                return;
        }
        _ = code.Severity == Severity.Error ? _errors++ : _warnings++;
        list.Add(new Diagnostic(code.Code, code.Severity, reason, location == SourceLocation.None ? resource.Location : location, resource.Id, path));
        if (_errors == MaxErrors && code.Severity == Severity.Error)
            list.Add(new Diagnostic(code.Code, code.Severity, "The resource breaks more rules; they are not shown.", resource.Location, resource.Id, "spec"));
    }

    private string PathOf(ConfigNode node)
    {
        List<string> steps = [];
        if (!TryFind(resource.Document, node, steps))
            return "spec";
        string path = "";
        for (int i = steps.Count - 1; i >= 0; i--)
            path = Join(path, steps[i]);
        return path;
    }

    // Notes the steps on the way back, so that wrong ways cost no texts.
    private static bool TryFind(ConfigNode from, ConfigNode target, List<string> steps)
    {
        if (ReferenceEquals(from, target))
            return true;
        foreach (ConfigEntry entry in from.Entries)
        {
            if (TryFind(entry.Value, target, steps))
            {
                steps.Add(entry.Key);
                return true;
            }
        }
        for (int i = 0; i < from.Items.Count; i++)
        {
            if (TryFind(from.Items[i], target, steps))
            {
                steps.Add($"[{i}]");
                return true;
            }
        }
        return false;
    }
}
