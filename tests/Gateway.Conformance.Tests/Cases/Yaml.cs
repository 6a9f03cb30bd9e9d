using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Cases;

/// <summary>Reading case files: YamlDotNet's nodes, independent of the parser under test.</summary>
internal static class Yaml
{
    /// <summary>Reads the one document of a file.</summary>
    public static YamlMappingNode ReadFile(string path) =>
        ReadDocuments(path) is [YamlMappingNode root] ? root : throw new InvalidDataException($"{path} is not one mapping.");

    /// <summary>Reads all documents of a file.</summary>
    public static IReadOnlyList<YamlNode> ReadDocuments(string path)
    {
        var stream = new YamlStream();
        using var reader = new StreamReader(path);
        stream.Load(reader);
        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    /// <summary>Writes a node as a document; scalars keep their quotes.</summary>
    public static string Write(this YamlNode node)
    {
        using var writer = new StringWriter();
        new YamlStream(new YamlDocument(node)).Save(writer, assignAnchors: false);
        return writer.ToString();
    }

    /// <summary>The value under a key of a mapping; null if there is none or this is no mapping.</summary>
    public static YamlNode? Get(this YamlNode? node, string key) =>
        node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) ? value : null;

    /// <summary>The value at a path of keys.</summary>
    public static YamlNode? Get(this YamlNode? node, params ReadOnlySpan<string> path)
    {
        foreach (string key in path)
            node = node.Get(key);
        return node;
    }

    /// <summary>The text of a scalar; null for everything else and for null.</summary>
    public static string? Text(this YamlNode? node) =>
        node is YamlScalarNode scalar && (scalar.Style != YamlDotNet.Core.ScalarStyle.Plain || scalar.Value is not ("" or "~" or "null"))
            ? scalar.Value
            : null;

    /// <summary>The elements of a sequence.</summary>
    public static IEnumerable<YamlNode> Items(this YamlNode? node) => node is YamlSequenceNode sequence ? sequence.Children : [];

    /// <summary>The entries of a mapping.</summary>
    public static IEnumerable<KeyValuePair<string, YamlNode>> Entries(this YamlNode? node) =>
        node is YamlMappingNode mapping
            ? mapping.Children.Select(entry => KeyValuePair.Create(((YamlScalarNode)entry.Key).Value ?? "", entry.Value))
            : [];

    /// <summary>All nodes under a key of this name, anywhere below.</summary>
    public static IEnumerable<YamlNode> Below(this YamlNode? node, string key)
    {
        foreach (YamlNode item in node.Items())
        {
            foreach (YamlNode found in item.Below(key))
                yield return found;
        }
        foreach ((string name, YamlNode value) in node.Entries())
        {
            if (name == key)
                yield return value;
            foreach (YamlNode found in value.Below(key))
                yield return found;
        }
    }

    /// <summary>
    /// Lays one mapping over another; nested mappings are merged, everything else is replaced. The text <c>(common)</c>
    /// stands for what lies beneath.
    /// </summary>
    public static YamlNode Over(this YamlNode? upper, YamlNode lower)
    {
        if (upper.Text() == "(common)")
            return lower;
        if (upper is not YamlMappingNode || lower is not YamlMappingNode)
            return upper ?? lower;
        var result = new YamlMappingNode();
        foreach ((string key, YamlNode value) in lower.Entries())
            result.Add(key, upper.Get(key).Over(value));
        foreach ((string key, YamlNode value) in upper.Entries())
        {
            if (lower.Get(key) is null)
                result.Add(key, value);
        }
        return result;
    }
}
