using Gateway.Config.Diagnostics;

namespace Gateway.Config.Parsing;

/// <summary>The shape of a <see cref="ConfigNode"/>.</summary>
public enum ConfigNodeKind
{
    /// <summary><c>null</c>, <c>~</c> or nothing at all.</summary>
    Null,

    /// <summary>A string; in YAML every quoted scalar and every plain one that is nothing else.</summary>
    String,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number with a fraction or an exponent.</summary>
    Float,

    /// <summary>A list.</summary>
    Sequence,

    /// <summary>Keys with values, in the order of the text.</summary>
    Mapping,
}

/// <summary>One key of a mapping.</summary>
/// <param name="Key">The key's text.</param>
/// <param name="KeyLocation">Where the key stands.</param>
/// <param name="Value">Its value.</param>
public readonly record struct ConfigEntry(string Key, SourceLocation KeyLocation, ConfigNode Value);

/// <summary>
/// One node of a YAML or JSON document with its place in the text: the one input form of files and of the Kubernetes API.
/// Immutable. Plain scalars have the types that Kubernetes gives them (YAML 1.1's words for booleans included).
/// </summary>
public sealed class ConfigNode
{
    private static readonly ConfigNode[] NoItems = [];
    private static readonly ConfigEntry[] NoEntries = [];
    private readonly object? _content;

    private ConfigNode(ConfigNodeKind kind, SourceLocation location, object? content)
    {
        Kind = kind;
        Location = location;
        _content = content;
    }

    /// <summary>A null node without a place: what records made by the program itself carry.</summary>
    public static ConfigNode Missing { get; } = new(ConfigNodeKind.Null, SourceLocation.None, null);

    /// <summary>The shape.</summary>
    public ConfigNodeKind Kind { get; }

    /// <summary>Where the node begins.</summary>
    public SourceLocation Location { get; }

    /// <summary>The text of a scalar as written (unquoted, unescaped); empty for everything else.</summary>
    public string Text => _content as string ?? "";

    /// <summary>The elements of a sequence; empty for everything else.</summary>
    public IReadOnlyList<ConfigNode> Items => _content as ConfigNode[] ?? NoItems;

    /// <summary>The entries of a mapping; empty for everything else.</summary>
    public IReadOnlyList<ConfigEntry> Entries => _content as ConfigEntry[] ?? NoEntries;

    /// <summary>Whether this is a string, boolean or number.</summary>
    public bool IsScalar => Kind is ConfigNodeKind.String or ConfigNodeKind.Boolean or ConfigNodeKind.Integer or ConfigNodeKind.Float;

    /// <summary>The value under a key of a mapping, or null.</summary>
    public ConfigNode? this[string key]
    {
        get
        {
            foreach (ConfigEntry entry in _content as ConfigEntry[] ?? NoEntries)
            {
                if (string.Equals(entry.Key, key, StringComparison.Ordinal))
                    return entry.Value;
            }
            return null;
        }
    }

    /// <summary>
    /// The node at a path such as <c>http[2].route[0].destination</c>, or the deepest one on the way that exists:
    /// a finding about a missing field points at the place where it should have been.
    /// </summary>
    public ConfigNode Locate(string path)
    {
        ConfigNode node = this;
        foreach (string part in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            int bracket = part.IndexOf('[', StringComparison.Ordinal);
            string key = bracket < 0 ? part : part[..bracket];
            if (key.Length > 0)
            {
                if (node[key] is not { } next)
                    return node;
                node = next;
            }
            while (bracket >= 0)
            {
                int end = part.IndexOf(']', bracket);
                if (end < 0 || !int.TryParse(part.AsSpan(bracket + 1, end - bracket - 1), out int index) || index >= node.Items.Count)
                    return node;
                node = node.Items[index];
                bracket = part.IndexOf('[', end);
            }
        }
        return node;
    }

    /// <summary>Makes a null node.</summary>
    public static ConfigNode Null(SourceLocation location) => new(ConfigNodeKind.Null, location, null);

    /// <summary>Makes a scalar node; <paramref name="kind"/> is one of String, Boolean, Integer, Float.</summary>
    public static ConfigNode Scalar(ConfigNodeKind kind, string text, SourceLocation location) => new(kind, location, text);

    /// <summary>Makes a sequence node; the array is taken over.</summary>
    public static ConfigNode Sequence(ConfigNode[] items, SourceLocation location) => new(ConfigNodeKind.Sequence, location, items);

    /// <summary>Makes a mapping node; the array is taken over.</summary>
    public static ConfigNode Mapping(ConfigEntry[] entries, SourceLocation location) => new(ConfigNodeKind.Mapping, location, entries);
}
