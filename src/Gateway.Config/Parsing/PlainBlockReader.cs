using System.Buffers;
using Gateway.Config.Diagnostics;

namespace Gateway.Config.Parsing;

/// <summary>
/// Reads the YAML that nearly all configuration is written in: block mappings and lists of one-line scalars, in ASCII.
/// What is outside of that (flow collections, block scalars, anchors, tags, escapes, comments behind values, any fault) is
/// not judged here but left to the full parser, so there is one answer for every text. A start with ten thousand
/// documents costs a third less processor time for it.
/// </summary>
internal ref struct PlainBlockReader
{
    private const int MaxDepth = ParserLimits.MaxDepth - 4;
    private const int MaxNodes = 100_000;
    private const int MaxKeyLength = 256;

    // Keys are compared one by one here; the full parser has a way for large mappings.
    private const int MaxEntries = 32;

    private static readonly SearchValues<char> Printable =
        SearchValues.Create(Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).ToArray());

    private static readonly SearchValues<char> KeyCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./");

    private readonly ReadOnlySpan<char> _text;
    private readonly Placement _placement;
    private readonly StringPool _pool;
    private int _next;
    private int _lineNumber;
    private int _nodes;

    // The current line: its number of leading blanks (or, behind a dash, the column of what follows) and its content.
    private bool _atEnd;
    private int _indent;
    private ReadOnlySpan<char> _line;

    private PlainBlockReader(ReadOnlySpan<char> text, in Placement placement, StringPool pool)
    {
        _text = text;
        _placement = placement;
        _pool = pool;
    }

    /// <summary>Reads a document.</summary>
    /// <param name="text">The document alone.</param>
    /// <param name="placement">Where its first line stands.</param>
    /// <param name="pool">Shares keys.</param>
    /// <returns>The root; null = the text is not of this simple kind, or not right.</returns>
    public static ConfigNode? Read(ReadOnlySpan<char> text, in Placement placement, StringPool pool)
    {
        PlainBlockReader reader = new(text, placement, pool);
        if (!reader.MoveNext() || reader._atEnd)
            return null;
        if (reader._indent == 0 && reader._line is "---" && (!reader.MoveNext() || reader._atEnd))
            return null;
        ConfigNode? root = IsItem(reader._line) ? null : reader.Mapping(reader._indent, 1);
        return reader._atEnd ? root : null;
    }

    // To the next line with content; false = a line that is not plain.
    private bool MoveNext()
    {
        while (_next < _text.Length)
        {
            ReadOnlySpan<char> rest = _text[_next..];
            int end = rest.IndexOf('\n');
            ReadOnlySpan<char> line = end < 0 ? rest : rest[..end];
            _next += line.Length + 1;
            _lineNumber++;
            int indent = line.IndexOfAnyExcept(' ');
            if (indent < 0)
                continue;
            if (line.ContainsAnyExcept(Printable))
                return false;
            if (line[indent] == '#')
                continue;
            _indent = indent;
            _line = line[indent..].TrimEnd(' ');
            return true;
        }
        _atEnd = true;
        return true;
    }

    private ConfigNode? Block(int indent, int depth) => IsItem(_line) ? Sequence(indent, depth) : Mapping(indent, depth);

    private ConfigNode? Mapping(int indent, int depth)
    {
        if (depth > MaxDepth)
            return null;
        SourceLocation start = Here(0);
        List<ConfigEntry> entries = [];
        while (!_atEnd && _indent == indent)
        {
            int length = KeyLength(_line);
            if (length == 0)
                return null;
            ReadOnlySpan<char> word = _line[..length];
            SourceLocation place = Here(0);
            if (ScalarResolver.IsNull(word) || entries.Count == MaxEntries || Contains(entries, word))
                return null;
            string key = _pool.Intern(word);
            ConfigNode? value = length + 1 == _line.Length ? Nested(indent, depth) : Scalar(length + 1, indent);
            if (value is null || ++_nodes > MaxNodes)
                return null;
            entries.Add(new(key, place, value));
        }
        // Deeper lines would go on with a scalar above, which makes it another one.
        return !_atEnd && _indent > indent ? null : ConfigNode.Mapping([.. entries], start);
    }

    private ConfigNode? Nested(int indent, int depth)
    {
        if (!MoveNext() || _atEnd)
            return null;
        if (_indent > indent)
            return Block(_indent, depth + 1);
        // A list may stand as far left as the key it belongs to.
        return _indent == indent && IsItem(_line) ? Sequence(indent, depth + 1) : null;
    }

    private ConfigNode? Sequence(int indent, int depth)
    {
        if (depth > MaxDepth)
            return null;
        SourceLocation start = Here(0);
        List<ConfigNode> items = [];
        while (!_atEnd && _indent == indent && IsItem(_line))
        {
            int dash = 1 + _line[1..].IndexOfAnyExcept(' ');
            ReadOnlySpan<char> content = _line[dash..];
            ConfigNode? item = null;
            if (KeyLength(content) > 0)
            {
                _indent += dash;
                _line = content;
                item = Mapping(_indent, depth + 1);
            }
            else if (!IsItem(content))
            {
                item = Scalar(dash, indent);
            }
            if (item is null || ++_nodes > MaxNodes)
                return null;
            items.Add(item);
        }
        return !_atEnd && _indent > indent ? null : ConfigNode.Sequence([.. items], start);
    }

    // The scalar that ends the current line, from a place in it on; moves to the next line.
    private ConfigNode? Scalar(int from, int indent)
    {
        from += _line[from..].IndexOfAnyExcept(' ');
        ReadOnlySpan<char> text = _line[from..];
        SourceLocation place = Here(from);
        ConfigNode? node = text[0] is '"' or '\'' ? Quoted(text, place) : Plain(text, place);
        return node is null || !MoveNext() || (!_atEnd && _indent > indent) ? null : node;
    }

    private static ConfigNode? Quoted(ReadOnlySpan<char> text, SourceLocation place)
    {
        ReadOnlySpan<char> content = text.Length < 2 || text[^1] != text[0] ? text : text[1..^1];
        return content.Length == text.Length || content.Contains(text[0]) || (text[0] == '"' && content.Contains('\\'))
            ? null
            : ConfigNode.Scalar(ConfigNodeKind.String, content.ToString(), place);
    }

    private static ConfigNode? Plain(ReadOnlySpan<char> text, SourceLocation place)
    {
        bool begins = char.IsAsciiLetterOrDigit(text[0]) || text[0] is '_' or '/' or '.' or '^' or '(' or '$'
            || (text[0] == '-' && text.Length > 1 && char.IsAsciiLetterOrDigit(text[1]));
        if (!begins || text[^1] == ':' || text.Contains(": ", StringComparison.Ordinal) || text.Contains(" #", StringComparison.Ordinal))
            return null;
        string value = text.ToString();
        ConfigNodeKind kind = ScalarResolver.Resolve(value);
        return kind == ConfigNodeKind.Null ? ConfigNode.Null(place) : ConfigNode.Scalar(kind, value, place);
    }

    // The length of a plain key with its colon behind it; 0 = the line begins otherwise.
    private static int KeyLength(ReadOnlySpan<char> line)
    {
        int length = line.IndexOfAnyExcept(KeyCharacters);
        bool isKey = length is > 0 and <= MaxKeyLength
            && (char.IsAsciiLetter(line[0]) || line[0] == '_')
            && line[length] == ':'
            && (length + 1 == line.Length || line[length + 1] == ' ');
        return isKey ? length : 0;
    }

    private static bool IsItem(ReadOnlySpan<char> line) => line.StartsWith("- ");

    private static bool Contains(List<ConfigEntry> entries, ReadOnlySpan<char> key)
    {
        foreach (ConfigEntry entry in entries)
        {
            if (key.SequenceEqual(entry.Key))
                return true;
        }
        return false;
    }

    private readonly SourceLocation Here(int offset) => _placement.Locate(_lineNumber, _indent + offset + 1);
}
