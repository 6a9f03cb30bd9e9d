using System.Globalization;
using Gateway.Tests.Architecture;
using YamlDotNet.RepresentationModel;

namespace Gateway.Tests.Deploy;

/// <summary>One YAML document of a file under <c>deploy/</c>, read by paths such as <c>spec.ports[0].port</c>.</summary>
internal sealed class Manifest(string file, YamlNode root)
{
    /// <summary>Path of the file from the repository's root.</summary>
    public string File { get; } = file;

    public string Kind => Text("kind");

    public string Name => Text("metadata.name");

    /// <summary>All documents of the YAML files below a folder.</summary>
    public static IReadOnlyList<Manifest> Below(string folder) =>
        [.. SourceTree.Files(folder, ".yaml").SelectMany(f => Documents(f.Path, f.Text))];

    /// <summary>The node at a path, or null.</summary>
    public YamlNode? Find(string path)
    {
        YamlNode? node = root;
        foreach (string step in path.Replace("[", ".[", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            node = node switch
            {
                YamlSequenceNode sequence when step[0] == '[' => sequence.Children.ElementAtOrDefault(int.Parse(step[1..^1], CultureInfo.InvariantCulture)),
                YamlMappingNode mapping => mapping.Children.TryGetValue(new YamlScalarNode(step), out YamlNode? value) ? value : null,
                _ => null,
            };
        }

        return node;
    }

    /// <summary>The scalar at a path; fails the test if there is none.</summary>
    public string Text(string path) =>
        (Find(path) as YamlScalarNode)?.Value ?? throw new InvalidOperationException($"{File} {path}: no such value");

    public int Number(string path) => int.Parse(Text(path), CultureInfo.InvariantCulture);

    /// <summary>The scalars of the sequence at a path.</summary>
    public IReadOnlyList<string> Texts(string path) =>
        Find(path) is YamlSequenceNode sequence ? [.. sequence.Children.Select(c => ((YamlScalarNode)c).Value!)] : [];

    /// <summary>The items of the sequence at a path, each a document of its own.</summary>
    public IReadOnlyList<Manifest> Items(string path) =>
        Find(path) is YamlSequenceNode sequence ? [.. sequence.Children.Select(c => new Manifest(File, c))] : [];

    /// <summary>A mapping of scalars at a path, such as labels, as sorted <c>key=value</c>.</summary>
    public string Labels(string path) => Find(path) is YamlMappingNode mapping
        ? string.Join(',', mapping.Children.Select(c => $"{c.Key}={c.Value}").Order(StringComparer.Ordinal))
        : throw new InvalidOperationException($"{File} {path}: no such mapping");

    private static IEnumerable<Manifest> Documents(string path, string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents.Select(d => new Manifest(path, d.RootNode));
    }
}
