using System.Text;
using System.Text.RegularExpressions;
using Gateway.Config;
using Gateway.Tests.Architecture;

namespace Gateway.Tests.Documents;

/// <summary>The examples of the page about rate limits are accepted as they stand.</summary>
public sealed partial class RateLimitExampleTests
{
    public static TheoryData<string> Examples() => [.. Block().Matches(SourceTree.Read("docs/rate-limits.md")).Select(match => match.Groups["yaml"].Value)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_gives_no_finding(string yaml) =>
        Assert.Empty(new ConfigLoader().Load([new ConfigDocument("example.yaml", Encoding.UTF8.GetBytes(yaml))]).Diagnostics);

    [GeneratedRegex("```yaml\n(?<yaml>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();
}
