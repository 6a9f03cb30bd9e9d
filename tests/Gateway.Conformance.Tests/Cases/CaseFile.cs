using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Cases;

/// <summary>One file of cases.</summary>
internal sealed record CaseFile
{
    /// <summary>The folder of files it stands in: <c>validation</c>, <c>routing</c> …</summary>
    public required string Area { get; init; }

    /// <summary>File name without extension.</summary>
    public required string Name { get; init; }

    /// <summary>Full path.</summary>
    public required string Path { get; init; }

    /// <summary>The folders in which files that cases name are looked up.</summary>
    public required CaseFolders Folders { get; init; }

    /// <summary>The folder it stands in.</summary>
    public string Folder => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>How reports name it: <c>routing/samples.yaml</c>.</summary>
    public string Label => $"{Area}/{Name}.yaml";

    /// <summary>Reads the cases.</summary>
    public IReadOnlyList<ConformanceCase> ReadCases()
    {
        YamlMappingNode root = Yaml.ReadFile(Path);
        YamlNode? common = root.Get("common");
        var cases = new List<ConformanceCase>();
        foreach (YamlNode node in root.Get("cases").Items())
        {
            string name = node.Get("name").Text() ?? $"case {cases.Count + 1}";
            cases.Add(new ConformanceCase(this, name, common is null ? node : node.Over(common)));
        }
        return cases.Count > 0 ? cases : throw new InvalidDataException($"{Path} has no cases.");
    }

    /// <summary>Finds a file that a case names, relative to the case's folder, else to the same folder of the default cases.</summary>
    public string Locate(string relativePath) => Folders.Locate(Path, Area, relativePath);
}
