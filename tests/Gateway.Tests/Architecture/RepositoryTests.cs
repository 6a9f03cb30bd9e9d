namespace Gateway.Tests.Architecture;

/// <summary>House rules that a machine can check.</summary>
public sealed class RepositoryTests
{
    private const int MaxLines = 500;

    // Spelled in two halves, or this file would break its own rule.
    private static readonly string[] Leftovers = ["TO" + "DO", "FIX" + "ME", "Console.WriteLine(\"DEBUG"];

    [Fact]
    public void No_source_file_is_longer_than_500_lines()
    {
        IEnumerable<string> tooLong = SourceTree.Files("", ".cs")
            .Select(f => (File: f, Lines: f.Text.AsSpan().Count('\n')))
            .Where(f => f.Lines > MaxLines)
            .Select(f => $"{f.File}: {f.Lines} lines");

        Assert.Empty(tooLong);
    }

    [Fact]
    public void Nothing_is_left_for_later_in_the_text()
    {
        var found = new List<string>();
        foreach (SourceFile file in SourceTree.Files("", ".cs", ".md", ".yaml", ".yml", ".csproj", ".props", ".html", ".css", ".js", "Dockerfile"))
        {
            foreach (string word in Leftovers)
            {
                if (file.Text.Contains(word, StringComparison.Ordinal))
                    found.Add($"{file}: {word}");
            }
        }

        Assert.Empty(found);
    }

    [Fact]
    public void Namespaces_are_the_folders()
    {
        var wrong = new List<string>();
        foreach (SourceFile file in SourceTree.Files("src", ".cs").Concat(SourceTree.Files("tests", ".cs")))
        {
            string folder = Path.GetDirectoryName(file.Path)!.Replace('\\', '/');
            string expected = folder[(folder.IndexOf('/', StringComparison.Ordinal) + 1)..].Replace('/', '.');
            if (NamespaceUses.Declared(file.Text) is { } declared && declared != expected)
                wrong.Add($"{file}: namespace {declared} instead of {expected}");
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = SourceTree.Read("Gateway.sln").Replace('\\', '/');

        IEnumerable<string> missing = SourceTree.Files("", ".csproj").Select(f => f.Path).Where(p => !solution.Contains($"\"{p}\"", StringComparison.Ordinal));

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_test_project_is_named_as_the_test_command_expects()
    {
        string[] projects = SourceTree.Files("tests", ".csproj").Select(f => f.Path).ToArray();

        Assert.Contains("tests/Gateway.Tests/Gateway.Tests.csproj", projects);
        Assert.All(projects, path =>
        {
            string name = Path.GetFileNameWithoutExtension(path);
            Assert.Equal($"tests/{name}/{name}.csproj", path);
        });
    }

    [Fact]
    public void Continuous_integration_runs_the_test_command()
    {
        Assert.Contains("exec ./test", SourceTree.Read(".ci/run"), StringComparison.Ordinal);
        foreach (string script in new[] { ".ci/run", "test" })
        {
            if (!OperatingSystem.IsWindows())
                Assert.True(File.GetUnixFileMode(Path.Combine(SourceTree.Root, script)).HasFlag(UnixFileMode.UserExecute), script + " has no execute bit");
        }
    }
}
