using System.Globalization;
using System.Text;
using Gateway.Config.Diagnostics;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Gateway.Config.Parsing;

/// <summary>The reading of one document: parser events in, nodes out.</summary>
internal sealed class Composition(IParser parser, Placement placement, StringPool pool, List<Diagnostic> findings)
{
    private readonly Dictionary<string, Anchored> _anchors = [];
    private readonly List<(string Key, int Index)> _path = [];
    private int _nodes;
    private int _depth;

    /// <summary>A finished node under its anchor, with what following an alias to it costs.</summary>
    private readonly record struct Anchored(ConfigNode Node, int Nodes, int Depth);

    /// <summary>Where the parser stands.</summary>
    public SourceLocation Here => Locate(parser.Current?.Start ?? Mark.Empty);

    /// <summary>A parser's mark as a place in the source.</summary>
    public SourceLocation Locate(in Mark mark) => placement.Locate(mark);

    /// <summary>The one document of the stream, or null if there is none.</summary>
    public ConfigNode? Document()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
            return null;
        parser.Consume<DocumentStart>();
        ConfigNode root = Node(out _);
        parser.Consume<DocumentEnd>();
        parser.Consume<StreamEnd>();
        return root;
    }

    /// <summary>Reads the node at the parser's place.</summary>
    /// <param name="depth">The number of collections nested in it, itself included.</param>
    private ConfigNode Node(out int depth)
    {
        depth = 0;
        int before = _nodes;
        Count(1);
        switch (parser.Current)
        {
            case AnchorAlias alias:
                ConfigNode target = Follow(alias, out depth);
                parser.MoveNext();
                return target;
            case Scalar scalar:
                parser.MoveNext();
                ConfigNode leaf = Leaf(scalar);
                Remember(scalar, leaf, before, 0);
                return leaf;
            case SequenceStart start:
                parser.MoveNext();
                Enter(start);
                ConfigNode list = Sequence(start, ref depth);
                Leave(start, list, before, ++depth);
                return list;
            case MappingStart start:
                parser.MoveNext();
                Enter(start);
                ConfigNode map = Mapping(start, ref depth);
                Leave(start, map, before, ++depth);
                return map;
            default:
                throw new SemanticErrorException(parser.Current?.Start ?? Mark.Empty, parser.Current?.End ?? Mark.Empty, "A value was expected here");
        }
    }

    private ConfigNode Sequence(SequenceStart start, ref int depth)
    {
        List<ConfigNode> items = [];
        while (parser.Current is not SequenceEnd)
        {
            _path.Add(("", items.Count));
            items.Add(Node(out int below));
            _path.RemoveAt(_path.Count - 1);
            depth = Math.Max(depth, below);
        }
        parser.MoveNext();
        return ConfigNode.Sequence([.. items], Locate(start.Start));
    }

    private ConfigNode Mapping(MappingStart start, ref int depth)
    {
        List<ConfigEntry> entries = [];
        HashSet<string>? manyKeys = null;
        List<ConfigNode>? merges = null;
        while (parser.Current is not MappingEnd)
        {
            ParsingEvent? keyEvent = parser.Current;
            string? key = Key(ref depth);
            _path.Add((key ?? "", -1));
            ConfigNode value = Node(out int below);
            depth = Math.Max(depth, below);
            if (keyEvent is Scalar { IsKey: true, Style: ScalarStyle.Plain, Value: "<<" })
                (merges ??= []).Add(value);
            else if (key is null)
                Report(DiagnosticCatalogue.WrongType, "A key must be a string.", Locate(keyEvent!.Start));
            else if (Contains(key))
                Report(DiagnosticCatalogue.DuplicateKey, $"The key '{key}' is written twice in this mapping.", Locate(keyEvent!.Start));
            else
                entries.Add(new(key, Locate(keyEvent!.Start), value));
            _path.RemoveAt(_path.Count - 1);
        }
        parser.MoveNext();
        foreach (ConfigNode merge in merges ?? [])
            Merge(merge);
        return ConfigNode.Mapping([.. entries], Locate(start.Start));

        // Big mappings (ConfigMaps, List items by name) must not cost the square of their keys.
        bool Contains(string key)
        {
            if (entries.Count < 16)
            {
                foreach (ConfigEntry entry in entries)
                {
                    if (string.Equals(entry.Key, key, StringComparison.Ordinal))
                        return true;
                }
                return false;
            }
            manyKeys ??= [.. entries.Select(e => e.Key)];
            return !manyKeys.Add(key);
        }

        // A key written out wins over a merged one, an earlier merged mapping over a later one.
        void Merge(ConfigNode from)
        {
            if (from.Kind == ConfigNodeKind.Sequence)
            {
                foreach (ConfigNode item in from.Items)
                    Merge(item);
            }
            else if (from.Kind == ConfigNodeKind.Mapping)
            {
                Count(from.Entries.Count);
                foreach (ConfigEntry entry in from.Entries)
                {
                    if (!Contains(entry.Key))
                        entries.Add(entry);
                }
            }
            else
            {
                Report(DiagnosticCatalogue.WrongType, "A merge key (<<) takes a mapping or a list of mappings.", from.Location);
            }
        }
    }

    // Nearly all keys are plain words: they cost no node. Null = no string.
    private string? Key(ref int depth)
    {
        if (parser.Current is Scalar { Anchor.IsEmpty: true, Tag.IsEmpty: true } word)
        {
            Count(1);
            parser.MoveNext();
            bool isNull = word.Style == ScalarStyle.Plain && ScalarResolver.Resolve(word.Value) == ConfigNodeKind.Null;
            return isNull ? "" : pool.Intern(word.Value);
        }
        ConfigNode key = Node(out int below);
        depth = Math.Max(depth, below);
        return key.IsScalar || key.Kind == ConfigNodeKind.Null ? pool.Intern(key.Text) : null;
    }

    private ConfigNode Leaf(Scalar scalar)
    {
        SourceLocation location = Locate(scalar.Start);
        ConfigNodeKind kind = scalar.Style == ScalarStyle.Plain ? ScalarResolver.Resolve(scalar.Value) : ConfigNodeKind.String;
        if (!scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific)
        {
            kind = scalar.Tag.Value == "tag:yaml.org,2002:str" ? ConfigNodeKind.String : ScalarResolver.Resolve(scalar.Value);
        }
        return kind == ConfigNodeKind.Null ? ConfigNode.Null(location) : ConfigNode.Scalar(kind, scalar.Value, location);
    }

    private ConfigNode Follow(AnchorAlias alias, out int depth)
    {
        // A node can be named only when it is complete: a document that contains itself ends here as well.
        if (!_anchors.TryGetValue(alias.Value.Value, out Anchored target))
            throw new SemanticErrorException(alias.Start, alias.End, $"The anchor '{alias.Value.Value}' is not defined before its use");
        Count(target.Nodes);
        depth = target.Depth;
        if (_depth + depth > ParserLimits.MaxDepth)
            TooDeep(alias);
        return target.Node;
    }

    private void Enter(NodeEvent start)
    {
        if (++_depth > ParserLimits.MaxDepth)
            TooDeep(start);
    }

    private void Leave(NodeEvent start, ConfigNode node, int nodesBefore, int depth)
    {
        _depth--;
        Remember(start, node, nodesBefore, depth);
    }

    private void Remember(NodeEvent start, ConfigNode node, int nodesBefore, int depth)
    {
        if (!start.Anchor.IsEmpty)
            _anchors[start.Anchor.Value] = new(node, _nodes - nodesBefore, depth);
    }

    private void Count(int nodes)
    {
        if ((_nodes += nodes) > ParserLimits.MaxNodes)
            throw new ParserLimitException($"The document has more than {ParserLimits.MaxNodes} nodes (aliases count as what they stand for).", Here);
    }

    private void TooDeep(ParsingEvent at) =>
        throw new ParserLimitException($"The document is nested deeper than {ParserLimits.MaxDepth} levels.", Locate(at.Start));

    private void Report(DiagnosticDescriptor what, string message, SourceLocation location) =>
        findings.Add(new(what.Code, what.Severity, message, location, null, Path()));

    private string Path()
    {
        StringBuilder path = new();
        foreach ((string key, int index) in _path)
            _ = index >= 0 ? path.Append(CultureInfo.InvariantCulture, $"[{index}]") : path.Append(path.Length == 0 ? "" : ".").Append(key);
        return path.ToString().TrimEnd('.');
    }
}
