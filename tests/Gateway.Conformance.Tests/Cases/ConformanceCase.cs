using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Cases;

/// <summary>One case of a file, with what the file's <c>common</c> gives filled in.</summary>
/// <param name="File">Its file.</param>
/// <param name="Name">Unique in the file.</param>
/// <param name="Node">The case.</param>
internal sealed record ConformanceCase(CaseFile File, string Name, YamlNode Node)
{
    /// <summary>The documents of the configuration.</summary>
    public IEnumerable<YamlNode> Config => Node.Get("config").Items();

    /// <summary>What must happen.</summary>
    public YamlNode? Expect => Node.Get("expect");

    /// <summary>What is sent.</summary>
    public YamlNode? Request => Node.Get("request");

    /// <summary>Whether the case stands in a folder of files.</summary>
    public bool Area(string name) => File.Area == name;

    /// <summary>The documents of a kind.</summary>
    public IEnumerable<YamlNode> Documents(string kind) => Config.Where(document => document.Get("kind").Text() == kind);
}
