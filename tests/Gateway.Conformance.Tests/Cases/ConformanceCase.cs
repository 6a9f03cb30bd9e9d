using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Cases;

/// <summary>One case of a file, with what the file's <c>common</c> gives filled in.</summary>
/// <param name="File">Its file.</param>
/// <param name="Name">Unique in the file.</param>
/// <param name="Node">The case.</param>
internal sealed record ConformanceCase(CaseFile File, string Name, YamlNode Node)
{
    private IReadOnlyList<YamlNode>? _documents;

    /// <summary>What the case lists as its configuration: documents, and names of files.</summary>
    public IEnumerable<YamlNode> Config => Node.Get("config").Items();

    /// <summary>What must happen.</summary>
    public YamlNode? Expect => Node.Get("expect");

    /// <summary>What is sent.</summary>
    public YamlNode? Request => Node.Get("request");

    /// <summary>Whether the case stands in a folder of files.</summary>
    public bool Area(string name) => File.Area == name;

    /// <summary>The documents of the configuration, those of its files included.</summary>
    public IReadOnlyList<YamlNode> Documents => _documents ??= [.. Config.SelectMany(Expand)];

    /// <summary>The documents of a kind.</summary>
    public IEnumerable<YamlNode> OfKind(string kind) => Documents.Where(document => document.Get("kind").Text() == kind);

    private IEnumerable<YamlNode> Expand(YamlNode document) =>
        document.Get("file").Text() is { } file ? Yaml.ReadDocuments(File.Locate(file)) : [document];
}
