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
    private readonly int _foundByReading = list.Count;

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
    public void AnnotationError(string name, string reason)
    {
        ConfigNode annotations = resource.Document.Locate("metadata.annotations");
        AddAt(DiagnosticCatalogue.Invalid, LocateKey(annotations, name), "metadata.annotations." + name, reason);
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

    private void Add(DiagnosticDescriptor code, ConfigNode node, string field, string reason) =>
        AddAt(code, node.Locate(field).Location, Join(PathOf(node), field), reason);

    private void AddAt(DiagnosticDescriptor code, SourceLocation location, string path, string reason)
    {
        for (int i = 0; i < _foundByReading; i++)
        {
            if (list[i].FieldPath == path && list[i].Severity == Severity.Error && list[i].Resource == resource.Id)
                return;
        }
        list.Add(new Diagnostic(code.Code, code.Severity, reason, location == SourceLocation.None ? resource.Location : location, resource.Id, path));
    }

    private string PathOf(ConfigNode node) => FindPath(resource.Document, node, "") ?? "spec";

    private static string? FindPath(ConfigNode from, ConfigNode target, string path)
    {
        if (ReferenceEquals(from, target))
            return path;
        foreach (ConfigEntry entry in from.Entries)
        {
            if (FindPath(entry.Value, target, Join(path, entry.Key)) is { } found)
                return found;
        }
        for (int i = 0; i < from.Items.Count; i++)
        {
            if (FindPath(from.Items[i], target, $"{path}[{i}]") is { } found)
                return found;
        }
        return null;
    }
}
