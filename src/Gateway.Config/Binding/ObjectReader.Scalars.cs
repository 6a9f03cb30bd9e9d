using System.Runtime.InteropServices;
using Gateway.Config.Diagnostics;
using Gateway.Config.Parsing;

namespace Gateway.Config.Binding;

// The typed reading of single values, lists and maps of them.
internal sealed partial class ObjectReader
{
    /// <summary>A string.</summary>
    public string? String(string key) => Class<string>(key, "string", ScalarValues.String);

    /// <summary>Base64 text (OpenAPI's format <c>byte</c>), still encoded.</summary>
    public string? Base64(string key) => Class<string>(key, "string", ScalarValues.Base64Text);

    /// <summary>True or false.</summary>
    public bool? Boolean(string key) => Struct<bool>(key, "boolean", ScalarValues.Boolean);

    /// <summary>A signed number of 32 bits.</summary>
    public int? Int32(string key) => Struct<int>(key, "integer", ScalarValues.Int32);

    /// <summary>An unsigned number of 32 bits.</summary>
    public uint? UInt32(string key) => Struct<uint>(key, "integer", ScalarValues.UInt32);

    /// <summary>An unsigned number, cut to 31 bits: <see cref="ScalarValues.Count"/>.</summary>
    public int? Count(string key) => Struct<int>(key, "integer", ScalarValues.Count);

    /// <summary>A finite number.</summary>
    public double? Double(string key) => Struct<double>(key, "number", ScalarValues.Double);

    /// <summary>A duration in Go's form.</summary>
    public TimeSpan? Duration(string key) => Struct<TimeSpan>(key, "string", ScalarValues.Duration);

    /// <summary>One of an enumeration's names.</summary>
    public T? Enum<T>(string key, EnumNames<T> names)
        where T : struct, Enum
    {
        if (Scalar(key, "string") is not { } value || !TryRead(value, key, ScalarValues.String, out string text))
            return null;
        if (names.TryParse(text, out T result))
            return result;
        _context.Report(DiagnosticCatalogue.BadEnum, $"{Show(value)} is not one of {string.Join(", ", names.All)}.", value.Location, PathOf(key));
        return null;
    }

    /// <summary>A list of strings.</summary>
    public EquatableArray<string> Strings(string key) => Array<string>(key, "string", ScalarValues.String);

    /// <summary>A list of signed 32-bit numbers.</summary>
    public EquatableArray<int> Int32s(string key) => Array<int>(key, "integer", ScalarValues.Int32);

    /// <summary>Strings under keys of the user's choice.</summary>
    public EquatableMap<string> StringMap(string key) => Map<string>(key, "string", ScalarValues.String);

    /// <summary>Unsigned 32-bit numbers under keys of the user's choice.</summary>
    public EquatableMap<uint> UInt32Map(string key) => Map<uint>(key, "integer", ScalarValues.UInt32);

    /// <summary>The value itself, for fields that take several types.</summary>
    public ConfigNode? Any(string key) => Scalar(key, "any");

    private ConfigNode? Scalar(string key, string type)
    {
        _context.Recorder?.Add(PathOf(key), type);
        return Take(key, out _);
    }

    private T? Class<T>(string key, string type, ScalarRead<T> read)
        where T : class =>
        Scalar(key, type) is { } value && TryRead(value, key, read, out T result) ? result : null;

    private T? Struct<T>(string key, string type, ScalarRead<T> read)
        where T : struct =>
        Scalar(key, type) is { } value && TryRead(value, key, read, out T result) ? result : null;

    private EquatableArray<T> Array<T>(string key, string type, ScalarRead<T> read)
    {
        if (_context.Recorder is { } recorder)
        {
            recorder.Add(PathOf(key), "array");
            recorder.Add($"{PathOf(key)}[]", type);
            return default;
        }
        if (Sequence(key, out _) is not { Count: > 0 } items)
            return default;
        List<T> result = new(items.Count);
        for (int i = 0; i < items.Count; i++)
        {
            if (TryRead(items[i], key, read, out T item, i))
                result.Add(item);
        }
        return EquatableArray.Create<T>(CollectionsMarshal.AsSpan(result));
    }

    private EquatableMap<T> Map<T>(string key, string type, ScalarRead<T> read)
    {
        if (_context.Recorder is { } recorder)
        {
            recorder.Add(PathOf(key), "object");
            recorder.Add($"{PathOf(key)}{{}}", type);
            return default;
        }
        if (Entries(key, out _) is not { Count: > 0 } entries)
            return default;
        List<KeyValuePair<string, T>> result = new(entries.Count);
        foreach (ConfigEntry entry in entries)
        {
            if (TryRead(entry.Value, key, read, out T item, mapKey: entry.Key))
                result.Add(new(entry.Key, item));
        }
        return new(result);
    }

    private bool TryRead<T>(ConfigNode value, string key, ScalarRead<T> read, out T result, int index = -1, string? mapKey = null)
    {
        Complaint complaint = read(value, out result);
        if (complaint.IsNone)
            return true;
        string path = PathOf(key);
        path = index >= 0 ? $"{path}[{index}]" : mapKey is not null ? $"{path}.{mapKey}" : path;
        if (complaint.Wanted is { } wanted)
            WrongType(value, path, wanted);
        else
            _context.Report(DiagnosticCatalogue.BadValue, $"{Show(value)} {complaint.Rule}", value.Location, path);
        return false;
    }
}
