using System.Text;
using System.Text.RegularExpressions;
using Gateway.Config;
using Gateway.Tests.Architecture;

namespace Gateway.Tests.Documents;

/// <summary>The examples of the pages about policies are accepted as they stand.</summary>
public sealed partial class PolicyExampleTests
{
    public static TheoryData<string> Examples() =>
        [.. ((string[])["tokens", "authorization", "rate-limits"]).SelectMany(page => Block().Matches(SourceTree.Read($"docs/{page}.md"))).Select(match => match.Groups["yaml"].Value)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_gives_no_finding(string yaml) =>
        Assert.Empty(new ConfigLoader().Load([new ConfigDocument("example.yaml", Encoding.UTF8.GetBytes(yaml))]).Diagnostics);

    [GeneratedRegex("```yaml\n(?<yaml>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();
}
