using System.Text.RegularExpressions;
using Gateway.Cli;
using Gateway.Tests.Architecture;

namespace Gateway.Tests.Documents;

/// <summary>What can be looked at is written down, and what is written down to be asked has an answer.</summary>
public sealed partial class ObservabilityTests
{
    private static readonly string Pages = string.Concat(SourceTree.Files("docs", ".md").Select(page => page.Text));

    [Fact]
    public void Every_metric_has_its_row()
    {
        string[] metrics = [.. SourceTree.Files("src/Gateway", ".cs").SelectMany(file => Metric().Matches(file.Text)).Select(match => match.Groups["name"].Value).Distinct()];

        Assert.True(metrics.Length > 30, "the metrics are found in the sources");
        Assert.All(metrics, metric => Assert.Matches($"`{metric}[`{{]", Pages));
    }

    [Fact]
    public void Metrics_that_are_named_exist()
    {
        string sources = string.Concat(SourceTree.Files("src/Gateway/Observability", ".cs").Select(file => file.Text));

        Assert.All(MetricInDocument().Matches(Pages), match => Assert.Contains($"\"{match.Groups["name"].Value}\"", sources, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_path_of_the_admin_port_has_its_row()
    {
        string page = SourceTree.Read("docs/observability.md");
        MatchCollection paths = AdminPath().Matches(SourceTree.Read("src/Gateway/Admin/AdminEndpoints.cs"));

        Assert.True(paths.Count >= 10, "the paths are found in the source");
        Assert.All(paths, path => Assert.Contains($"`{path.Groups["verb"].Value} {path.Groups["path"].Value}`", page, StringComparison.Ordinal));
    }

    /// <summary>Commands that a page tells a reader to type.</summary>
    [Fact]
    public async Task Whatever_a_page_lets_one_explain_has_a_route()
    {
        string[] commands = [.. SourceTree.Files("", ".md").SelectMany(page => ExplainCommand().Matches(page.Text)).Select(match => match.Groups["arguments"].Value)];
        Assert.True(commands.Length >= 3, "there are such commands");

        foreach (string command in commands)
        {
            string[] arguments = [.. Argument().Matches(command).Select(match => match.Groups["quoted"].Success ? match.Groups["quoted"].Value : match.Value)
                .Select(argument => argument.StartsWith("samples/", StringComparison.Ordinal) ? Path.Combine(SourceTree.Root, argument) : argument)];
            using var output = new StringWriter();

            int code = await new GatewayCli(new CliConsole(output, output, isTerminal: false)).RunAsync(["explain", .. arguments], CancellationToken.None);

            Assert.True(code == 0 && !output.ToString().Contains("not_found", StringComparison.Ordinal), $"{command}\n{output}");
        }
    }

    [GeneratedRegex("\"(?<name>(?:gateway|istio)_[a-z_]+)\"")]
    private static partial Regex Metric();

    [GeneratedRegex("`(?<name>(?:gateway|istio)_[a-z_]+)[`{]")]
    private static partial Regex MetricInDocument();

    [GeneratedRegex("^ +(?<verb>GET|POST) +(?<path>/[a-z_/]+)", RegexOptions.Multiline)]
    private static partial Regex AdminPath();

    [GeneratedRegex("^    (?:gateway|dotnet run [^\n]* --) explain (?<arguments>[^\n]+)$", RegexOptions.Multiline)]
    private static partial Regex ExplainCommand();

    [GeneratedRegex("'(?<quoted>[^']*)'|\\S+")]
    private static partial Regex Argument();
}
