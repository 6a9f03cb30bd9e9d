using System.Diagnostics;
using System.Globalization;
using System.Text;
using Gateway.Config.Diagnostics;
using Gateway.Config.Parsing;

namespace Gateway.Config.Tests.Parsing;

public class HostileTextTests
{
    private const string Good = "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: neighbour}\n";

    [Fact]
    public void A_text_that_is_too_large_is_refused_as_a_whole()
    {
        byte[] text = new byte[50_000_000];
        Array.Fill(text, (byte)'#');
        Diagnostic finding = Assert.Single(new ConfigLoader().Load([new("big.yaml", text)]).Diagnostics);
        Assert.Equal("big.yaml: error GW0002: The text has 50000000 bytes; more than 33554432 are not read.", finding.ToString());
    }

    [Theory]
    [InlineData(new byte[] { 0x61, 0x3a, 0x20, 0x0a, 0x62, 0xff, 0x0a }, 2, 2)]
    [InlineData(new byte[] { 0xc3, 0xa4, 0x3a, 0x20, 0x00 }, 1, 4)]
    [InlineData(new byte[] { 0xff, 0xfe, 0x61, 0x00 }, 1, 4)]
    public void A_text_that_is_not_UTF8_is_refused_where_it_is_not(byte[] text, int line, int column)
    {
        Diagnostic finding = Assert.Single(new ConfigLoader().Load([new("binary", text)]).Diagnostics);
        Assert.Equal(("GW0001", new SourceLocation("binary", line, column)), (finding.Code, finding.Location));
    }

    [Fact]
    public void A_byte_order_mark_is_no_content()
    {
        LoadResult result = new ConfigLoader().Load([new("bom", Encoding.UTF8.GetBytes("\ufeff" + Good[5..]))]);
        Assert.Empty(result.Diagnostics);
        Assert.Equal(1, result.Config.Namespaces[0].Document.Location.Column);
    }

    public static TheoryData<string, string> Endless() => new()
    {
        { "brackets", new string('[', 2_000_000) },
        { "braces with keys", string.Concat(Enumerable.Repeat("{a: ", 300_000)) },
        { "dashes", string.Concat(Enumerable.Repeat("- ", 500_000)) },
        { "question marks", string.Concat(Enumerable.Repeat("? ", 500_000)) },
        { "items", "a: [" + string.Concat(Enumerable.Repeat("x,", 1_100_000)) + "]" },
        { "keys", string.Concat(Enumerable.Range(0, 600_000).Select(i => $"k{i}: 1\n")) },
        { "one word", new string('a', 5_000_000) },
        { "open quote", "a: \"" + new string('x', 5_000_000) },
        { "long key", new string('k', 200_000) + ": 1" },
        { "doubling aliases", "a: &a [x]\n" + string.Concat(Enumerable.Range(1, 60).Select(i => $"{(char)('a' + i % 26)}{i}: &n{i} [*{(i == 1 ? "a" : $"n{i - 1}")}, *{(i == 1 ? "a" : $"n{i - 1}")}]\n")) },
        { "merged maps", "a: &a {k: 1}\n" + string.Concat(Enumerable.Range(0, 1000).Select(i => $"m{i}: {{<<: [*a, *a, *a]}}\n")) },
    };

    [Theory]
    [MemberData(nameof(Endless))]
    public void An_endless_text_costs_neither_time_nor_its_neighbour(string name, string text)
    {
        TimeSpan before = Spent();
        LoadResult result = new ConfigLoader().Load([new(name, Encoding.UTF8.GetBytes(text + Good))]);
        TimeSpan spent = Spent() - before;
        Assert.True(spent < TimeSpan.FromSeconds(30), $"{name} took {spent}.");
        Assert.Single(result.Config.Namespaces);
        Assert.Contains(result.Diagnostics, d => d.Severity == Severity.Error);
        Assert.True(result.Diagnostics.Length <= 101);
    }

    /// <summary>This thread's processor time, where the system tells it: what others do on the machine is not the text's fault.</summary>
    private static TimeSpan Spent()
    {
        const string Schedule = "/proc/thread-self/schedstat";
        return File.Exists(Schedule)
            ? TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText(Schedule).Split(' ')[0], CultureInfo.InvariantCulture) / 1000.0)
            : Stopwatch.GetElapsedTime(0);
    }

    [Fact]
    public void Nesting_up_to_the_limit_is_read()
    {
        List<Diagnostic> findings = [];
        string text = new string('[', ParserLimits.MaxDepth) + new string(']', ParserLimits.MaxDepth);
        Assert.NotNull(new YamlReader(new()).Read(text, new(0, text.Length, 1), new("deep"), findings));
        Assert.Empty(findings);
    }

    [Fact]
    public void An_alias_adds_the_depth_of_what_it_stands_for()
    {
        List<Diagnostic> findings = [];
        string half = new string('[', 40);
        string text = $"- &deep {half}{half.Replace('[', ']')}\n- {half}*deep{half.Replace('[', ']')}";
        Assert.Null(new YamlReader(new()).Read(text, new(0, text.Length, 1), new("deep"), findings));
        Assert.Equal("GW0002", Assert.Single(findings).Code);
    }
}
