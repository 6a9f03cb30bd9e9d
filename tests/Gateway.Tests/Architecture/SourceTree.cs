namespace Gateway.Tests.Architecture;

/// <summary>One file of the repository with its text.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    /// <summary>Path from the repository's root, with forward slashes.</summary>
    public override string ToString() => Path;
}

/// <summary>The repository this test assembly was built from.</summary>
internal static class SourceTree
{
    private static readonly string[] Ignored = [".git", "bin", "obj", "artifacts", "TestResults", "node_modules", "BenchmarkDotNet.Artifacts", ".vs", ".idea"];

    /// <summary>The folder that holds <c>Gateway.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>All files below a folder whose name ends in one of the given ways, build output left out.</summary>
    /// <param name="folder">From the root, e.g. <c>src/Gateway</c>; empty = everything.</param>
    /// <param name="endings">Ends of file names, e.g. <c>.cs</c>.</param>
    public static IReadOnlyList<SourceFile> Files(string folder, params string[] endings)
    {
        var files = new List<SourceFile>();
        Walk(new DirectoryInfo(System.IO.Path.Combine(Root, folder)), endings, files);
        return files;
    }

    /// <summary>The text of one file, by its path from the root.</summary>
    public static string Read(string path) => File.ReadAllText(System.IO.Path.Combine(Root, path));

    private static void Walk(DirectoryInfo folder, string[] endings, List<SourceFile> files)
    {
        foreach (FileInfo file in folder.EnumerateFiles().OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            if (endings.Any(e => file.Name.EndsWith(e, StringComparison.Ordinal)))
                files.Add(new SourceFile(System.IO.Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'), File.ReadAllText(file.FullName)));
        }

        foreach (DirectoryInfo child in folder.EnumerateDirectories().OrderBy(d => d.Name, StringComparer.Ordinal))
        {
            if (!Ignored.Contains(child.Name))
                Walk(child, endings, files);
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Gateway.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("Gateway.sln is in no folder above " + AppContext.BaseDirectory);
    }
}
