using System.Text.Json;

namespace Gateway.Matching;

/// <summary>What a <see cref="ClaimValue"/> holds.</summary>
internal enum ClaimKind
{
    /// <summary>Nothing.</summary>
    Null,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A list.</summary>
    List,

    /// <summary>Names and values.</summary>
    Object,
}

/// <summary>A claim of a token's payload, or the payload itself. Immutable; looking into it allocates nothing.</summary>
internal sealed class ClaimValue
{
    private static readonly ClaimValue Null = new(ClaimKind.Null);
    private static readonly ClaimValue True = new(ClaimKind.Boolean) { Number = 1 };
    private static readonly ClaimValue False = new(ClaimKind.Boolean);

    private readonly Dictionary<string, ClaimValue>? _members;

    private ClaimValue(ClaimKind kind, Dictionary<string, ClaimValue>? members = null)
    {
        Kind = kind;
        _members = members;
    }

    /// <summary>What it holds.</summary>
    public ClaimKind Kind { get; }

    /// <summary>The text; empty for all other kinds.</summary>
    public string Text { get; private init; } = "";

    /// <summary>The number; 1 for true.</summary>
    public double Number { get; private init; }

    /// <summary>The elements of a list.</summary>
    public ClaimValue[] Items { get; private init; } = [];

    /// <summary>A text.</summary>
    public static ClaimValue OfText(string text) => new(ClaimKind.Text) { Text = text };

    /// <summary>A list of texts.</summary>
    public static ClaimValue OfTexts(IEnumerable<string> texts) => new(ClaimKind.List) { Items = [.. texts.Select(OfText)] };

    /// <summary>A member of an object; null = there is none.</summary>
    public ClaimValue? Find(string name) => _members?.GetValueOrDefault(name);

    /// <summary>A value by the names that lead to it; null = there is none.</summary>
    public ClaimValue? Find(ReadOnlySpan<string> path)
    {
        ClaimValue? value = this;
        foreach (string name in path)
        {
            value = value.Find(name);
            if (value is null)
                return null;
        }
        return value;
    }

    /// <summary>The same object with some of its members replaced.</summary>
    public ClaimValue With(IEnumerable<KeyValuePair<string, ClaimValue>> members)
    {
        var copy = new Dictionary<string, ClaimValue>(_members ?? [], StringComparer.Ordinal);
        foreach ((string name, ClaimValue value) in members)
            copy[name] = value;
        return new ClaimValue(ClaimKind.Object, copy);
    }

    /// <summary>Reads an object. Duplicate names, depth beyond <paramref name="maxDepth"/> and anything but an object give null.</summary>
    public static ClaimValue? ReadObject(ReadOnlySpan<byte> json, int maxDepth = 64)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || Read(ref reader) is not { } value)
                return null;
            return reader.Read() ? null : value;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter: bytes in a text that are no UTF-8.
            return null;
        }
    }

    private static ClaimValue? Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.True:
                return True;
            case JsonTokenType.False:
                return False;
            case JsonTokenType.Null:
                return Null;
            case JsonTokenType.Number:
                return reader.TryGetDouble(out double number) && double.IsFinite(number) ? new ClaimValue(ClaimKind.Number) { Number = number } : null;
            case JsonTokenType.String:
                return OfText(reader.GetString()!);
            case JsonTokenType.StartArray:
                var items = new List<ClaimValue>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (Read(ref reader) is not { } item)
                        return null;
                    items.Add(item);
                }
                return new ClaimValue(ClaimKind.List) { Items = [.. items] };
            default:
                var members = new Dictionary<string, ClaimValue>(StringComparer.Ordinal);
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    string name = reader.GetString()!;
                    reader.Read();
                    if (Read(ref reader) is not { } member || !members.TryAdd(name, member))
                        return null;
                }
                return new ClaimValue(ClaimKind.Object, members);
        }
    }
}
