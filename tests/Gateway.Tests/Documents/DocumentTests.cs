using System.Text;
using System.Text.RegularExpressions;
using Gateway.Cli;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Tests.Architecture;

namespace Gateway.Tests.Documents;

/// <summary>The documents, held against the program: commands exist, printed output is real output, links lead somewhere.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents() => [.. SourceTree.Files("", ".md").Select(f => f.Path)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_between_files_lead_somewhere(string path)
    {
        string folder = Path.GetDirectoryName(Path.Combine(SourceTree.Root, path))!;

        IEnumerable<string> dead = LocalLink().Matches(SourceTree.Read(path)).Select(m => m.Groups["target"].Value)
            .Where(target => !Path.Exists(Path.Combine(folder, target)));

        Assert.Empty(dead);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Files_named_in_the_text_exist(string path)
    {
        IEnumerable<string> missing = NamedFile().Matches(SourceTree.Read(path)).Select(m => m.Groups["path"].Value)
            // What a build makes need not be there.
            .Where(named => !named.Contains("/bin/", StringComparison.Ordinal) && !Path.Exists(Path.Combine(SourceTree.Root, named)));

        Assert.Empty(missing);
    }

    [Fact]
    public async Task Commands_and_their_output_in_the_readme_are_real()
    {
        MatchCollection examples = Example().Matches(SourceTree.Read("README.md"));
        Assert.True(examples.Count >= 2, "the README shows what the program prints");

        foreach (Match example in examples)
        {
            // Files are named from the repository's root, where a user stands; the test stands elsewhere.
            string[] arguments = [.. Argument().Matches(example.Groups["arguments"].Value).Select(m => m.Groups["quoted"].Success ? m.Groups["quoted"].Value : m.Value)
                .Select(a => a.StartsWith("samples/", StringComparison.Ordinal) ? Path.Combine(SourceTree.Root, a) : a)];
            using var output = new StringWriter { NewLine = "\n" };

            int code = await new GatewayCli(new CliConsole(output, output, isTerminal: false)).RunAsync(arguments, CancellationToken.None);

            Assert.Equal(0, code);
            Assert.Equal(
                example.Groups["output"].Value.Trim(),
                string.Join('\n', output.ToString().Replace(SourceTree.Root + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Split('\n').Select(l => l.TrimEnd())).Trim());
        }
    }

    [Fact]
    public void The_finding_in_the_readme_is_what_its_mistake_gives()
    {
        string path = "samples/bookinfo/reviews.yaml";
        string mistake = SourceTree.Read(path).Replace("weight: 100", "weight: nonsense", StringComparison.Ordinal);

        LoadResult loaded = new ConfigLoader().Load([new ConfigDocument(path, Encoding.UTF8.GetBytes(mistake))]);

        Assert.Contains($"\n{loaded.Diagnostics.First(d => d.Severity == Severity.Error)}\n", SourceTree.Read("README.md"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_in_the_readme_exist()
    {
        using var help = new StringWriter();
        await new GatewayCli(new CliConsole(help, help, isTerminal: false)).RunAsync(["run", "--help"], CancellationToken.None);

        string[] options = [.. OptionRow().Matches(SourceTree.Read("README.md")).Select(m => m.Groups["option"].Value)];

        Assert.NotEmpty(options);
        Assert.All(options, option => Assert.Contains($"  {option} ", help.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Fields_without_effect_in_the_readme_are_those_of_the_table()
    {
        string line = NoEffect().Match(SourceTree.Read("README.md")).Value;
        string[] rows = [.. SourceTree.Read("docs/compatibility.md").Split('\n').Where(row => row.StartsWith("| `spec.", StringComparison.Ordinal))];

        string[] fields = [.. Quoted().Matches(line).Select(match => match.Groups["text"].Value)];

        Assert.NotEmpty(fields);
        Assert.All(fields, field =>
        {
            string[] about = [.. rows.Where(row => row.Contains($"{field}`", StringComparison.Ordinal))];
            Assert.NotEmpty(about);
            Assert.All(about, row => Assert.Contains("| ignored with a warning |", row, StringComparison.Ordinal));
        });
    }

    [Fact]
    public void The_numbers_in_the_life_of_a_request_are_those_of_the_pipeline()
    {
        string[] code = [.. StepInCode().Matches(SourceTree.Read("src/Gateway/Http/RequestPipeline.cs")).Select(m => m.Groups["step"].Value).Order(StringComparer.Ordinal)];
        string[] document = [.. StepInDocument().Matches(SourceTree.Read("docs/life-of-a-request.md")).Select(m => m.Groups["step"].Value)];

        Assert.Equal(["1", "2", "3", "4", "5", "6", "7", "8", "9"], code);
        Assert.Equal(code, document);
    }

    [GeneratedRegex(@"^\s*// \((?<step>\d)\)", RegexOptions.Multiline)]
    private static partial Regex StepInCode();

    [GeneratedRegex(@"^\*\*\((?<step>\d)\) ", RegexOptions.Multiline)]
    private static partial Regex StepInDocument();

    [GeneratedRegex(@"\]\((?<target>(?!https?:|#|mailto:)[^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex LocalLink();

    [GeneratedRegex(@"`(?<path>(?:docs|src|tests|samples|deploy)/[\w./-]*\w)/?`")]
    private static partial Regex NamedFile();

    [GeneratedRegex(@"^```\n\$ gateway (?<arguments>[^\n]+)\n(?<output>[\s\S]*?)^```$", RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex(@"'(?<quoted>[^']*)'|\S+")]
    private static partial Regex Argument();

    [GeneratedRegex(@"^\* .* have no effect\.$", RegexOptions.Multiline)]
    private static partial Regex NoEffect();

    [GeneratedRegex("`(?<text>[^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^\| `(?<option>--[\w-]+)", RegexOptions.Multiline)]
    private static partial Regex OptionRow();
}
