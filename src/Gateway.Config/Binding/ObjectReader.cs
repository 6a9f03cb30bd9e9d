using Gateway.Config.Diagnostics;
using Gateway.Config.Parsing;

namespace Gateway.Config.Binding;

/// <summary>
/// Hands the fields of one mapping to a binder by name and reports what does not fit: a value of the wrong shape as it
/// is asked for, a key that nobody asked for at the end. A null value counts as not written, as in protobuf's JSON.
/// </summary>
internal sealed partial class ObjectReader
{
    private readonly BindContext _context;
    private readonly ObjectReader? _parent;
    private readonly string _key;
    private readonly int _index;
    private readonly string? _mapKey;
    private readonly FieldStatusNode? _status;
    private readonly bool[] _asked;

    private ObjectReader(BindContext context, ConfigNode node, ObjectReader? parent, string key, int index, string? mapKey, FieldStatusNode? status)
    {
        _context = context;
        Node = node;
        _parent = parent;
        _key = key;
        _index = index;
        _mapKey = mapKey;
        _status = status;
        _asked = node.Entries.Count == 0 ? [] : new bool[node.Entries.Count];
    }

    /// <summary>The mapping.</summary>
    public ConfigNode Node { get; }

    /// <summary>Reads a whole document.</summary>
    public static T Read<T>(BindContext context, ConfigNode document, FieldStatusNode? status, Func<ObjectReader, T> bind)
    {
        ObjectReader reader = new(context, document, null, "", -1, null, status);
        return reader.Run(bind);
    }

    /// <summary>A nested object; null if it is not written.</summary>
    public T? Object<T>(string key, Func<ObjectReader, T> bind)
        where T : class
    {
        if (_context.Recorder is { } recorder)
            return Record(recorder, key, "object", -1, null, bind);
        if (Take(key, out FieldStatusNode? status) is not { } value)
            return null;
        if (value.Kind != ConfigNodeKind.Mapping)
        {
            WrongType(value, PathOf(key), "an object");
            return null;
        }
        return new ObjectReader(_context, value, this, key, -1, null, status).Run(bind);
    }

    /// <summary>A list of objects.</summary>
    /// <param name="key">The field.</param>
    /// <param name="bind">Reads one element.</param>
    /// <param name="nullIsEmpty">Whether an element without a value is an empty object; else it is reported.</param>
    public EquatableArray<T> List<T>(string key, Func<ObjectReader, T> bind, bool nullIsEmpty = false)
        where T : class
    {
        if (_context.Recorder is { } recorder)
        {
            recorder.Add(PathOf(key), "array");
            _ = Record(recorder, key, "object", 0, null, bind);
            return default;
        }
        if (Sequence(key, out FieldStatusNode? status) is not { Count: > 0 } items)
            return default;
        T[] result = new T[items.Count];
        int count = 0;
        for (int i = 0; i < items.Count; i++)
        {
            if (items[i].Kind == ConfigNodeKind.Mapping || (nullIsEmpty && items[i].Kind == ConfigNodeKind.Null))
                result[count++] = new ObjectReader(_context, items[i], this, key, i, null, status).Run(bind);
            else
                WrongType(items[i], $"{PathOf(key)}[{i}]", "an object");
        }
        return EquatableArray.Create<T>(result.AsSpan(0, count));
    }

    /// <summary>Objects under keys of the user's choice.</summary>
    public EquatableMap<T> Map<T>(string key, Func<ObjectReader, T> bind)
        where T : class
    {
        if (_context.Recorder is { } recorder)
        {
            recorder.Add(PathOf(key), "object");
            _ = Record(recorder, key, "object", -1, "", bind);
            return default;
        }
        if (Entries(key, out FieldStatusNode? status) is not { Count: > 0 } entries)
            return default;
        List<KeyValuePair<string, T>> result = new(entries.Count);
        foreach (ConfigEntry entry in entries)
        {
            // An entry without a value is for the rules of the kind to judge, not a wrong type.
            if (entry.Value.Kind is ConfigNodeKind.Mapping or ConfigNodeKind.Null)
                result.Add(new(entry.Key, new ObjectReader(_context, entry.Value, this, key, -1, entry.Key, status).Run(bind)));
            else
                WrongType(entry.Value, $"{PathOf(key)}.{entry.Key}", "an object");
        }
        return new(result);
    }

    /// <summary>Marks fields as known without reading them.</summary>
    public void Ignore(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            _context.Recorder?.Add(PathOf(key), FieldRecorder.NotRead);
            _ = Take(key, out _);
        }
    }

    /// <summary>Marks everything as known: for parts whose schema is not ours to judge.</summary>
    public void IgnoreRest() => _asked.AsSpan().Fill(true);

    /// <summary>Reports a rule that only the binder knows.</summary>
    public void Report(DiagnosticDescriptor what, string message, ConfigNode at, string key) =>
        _context.Report(what, message, at.Location, PathOf(key));

    /// <summary>The path of a field of this object.</summary>
    public string PathOf(string key)
    {
        string path = _parent is null ? "" : _parent.PathOf(_key);
        if (_index >= 0)
            path = _context.Recorder is null ? $"{path}[{_index}]" : $"{path}[]";
        else if (_mapKey is not null)
            path = _context.Recorder is null ? $"{path}.{_mapKey}" : $"{path}{{}}";
        return path.Length == 0 ? key : key.Length == 0 ? path : $"{path}.{key}";
    }

    private T Run<T>(Func<ObjectReader, T> bind)
    {
        T result = bind(this);
        for (int i = 0; i < _asked.Length; i++)
        {
            if (!_asked[i])
                Unknown(Node.Entries[i], bind);
        }
        return result;
    }

    private void Unknown<T>(ConfigEntry entry, Func<ObjectReader, T> bind)
    {
        FieldRecorder recorder = new() { Nested = false };
        bind(new ObjectReader(new() { Findings = [], Recorder = recorder }, ConfigNode.Missing, null, "", -1, null, null));
        string hint = FieldHint.Nearest(entry.Key, recorder.Fields.Select(f => f.Path).Where(p => p.IndexOfAny(['[', '{']) < 0)) is { } near ? $" Did you mean '{near}'?" : "";
        _context.Report(DiagnosticCatalogue.UnknownField, $"The field '{entry.Key}' does not exist here.{hint}", entry.KeyLocation, PathOf(entry.Key), _context.UnknownField);
    }

    private T? Record<T>(FieldRecorder recorder, string key, string type, int index, string? mapKey, Func<ObjectReader, T> bind)
        where T : class
    {
        ObjectReader nested = new(_context, ConfigNode.Missing, this, key, index, mapKey, null);
        recorder.Add(nested.PathOf(""), type);
        if (recorder.Nested)
            _ = nested.Run(bind);
        return null;
    }

    /// <summary>The value of a field, now known; null if it is not written or null.</summary>
    private ConfigNode? Take(string key, out FieldStatusNode? status)
    {
        status = null;
        IReadOnlyList<ConfigEntry> entries = Node.Entries;
        for (int i = 0; i < _asked.Length; i++)
        {
            if (_asked[i] || !string.Equals(entries[i].Key, key, StringComparison.Ordinal))
                continue;
            _asked[i] = true;
            ConfigNode value = entries[i].Value;
            if (value.Kind == ConfigNodeKind.Null)
                return null;
            status = _status?.Enter(key);
            status?.Judge(_context, entries[i], this);
            return value;
        }
        return null;
    }

    private IReadOnlyList<ConfigNode>? Sequence(string key, out FieldStatusNode? status)
    {
        if (Take(key, out status) is not { } value)
            return null;
        if (value.Kind == ConfigNodeKind.Sequence)
            return value.Items;
        WrongType(value, PathOf(key), "a list");
        return null;
    }

    private IReadOnlyList<ConfigEntry>? Entries(string key, out FieldStatusNode? status)
    {
        if (Take(key, out status) is not { } value)
            return null;
        if (value.Kind == ConfigNodeKind.Mapping)
            return value.Entries;
        WrongType(value, PathOf(key), "an object");
        return null;
    }

    private void WrongType(ConfigNode value, string path, string wanted)
    {
        string found = value.Kind switch
        {
            ConfigNodeKind.Null => "nothing",
            ConfigNodeKind.Sequence => "a list",
            ConfigNodeKind.Mapping => "an object",
            ConfigNodeKind.String => $"the string {Show(value)}",
            ConfigNodeKind.Boolean => $"the boolean {Show(value)}",
            _ => $"the number {Show(value)}",
        };
        string advice = wanted == "a string" && value.IsScalar ? " Put it in quotes." : "";
        _context.Report(DiagnosticCatalogue.WrongType, $"This must be {wanted}, not {found}.{advice}", value.Location, path);
    }

    private string Show(ConfigNode value) =>
        _context.HideValues ? "(hidden)" : value.Text.Length <= 60 ? $"'{value.Text}'" : $"'{value.Text.AsSpan(0, 60)}…'";
}
