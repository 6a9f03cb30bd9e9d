namespace Gateway.Config.Binding;

/// <summary>
/// Hears which fields binders ask for when they are run over nothing: the schema as the code has it, for hints in
/// findings and for the comparison with Istio's schemas and with <c>docs/compatibility.md</c>.
/// </summary>
internal sealed class FieldRecorder
{
    private readonly List<(string Path, string Type)> _fields = [];

    /// <summary>Whether the fields of nested objects are wanted as well.</summary>
    public bool Nested { get; init; } = true;

    /// <summary>Paths in the order of asking (<c>spec.http[].match[].headers{}.exact</c>) with the type in OpenAPI's words.</summary>
    public IReadOnlyList<(string Path, string Type)> Fields => _fields;

    /// <summary>The type of fields that are known but not read.</summary>
    public const string NotRead = "not read";

    /// <summary>Notes a field.</summary>
    public void Add(string path, string type) => _fields.Add((path, type));
}
