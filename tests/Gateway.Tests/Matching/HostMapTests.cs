using Gateway.Matching;

namespace Gateway.Tests.Matching;

public sealed class HostMapTests
{
    private static readonly HostMap<string> Map = Make("a.example.com", "*.example.com", "*.b.example.com", "*");

    [Theory]
    [InlineData("a.example.com", "a.example.com")]
    [InlineData("A.Example.COM", "a.example.com")]
    [InlineData("x.example.com", "*.example.com")]
    [InlineData("x.y.example.com", "*.example.com")]
    [InlineData("x.b.example.com", "*.b.example.com")]
    [InlineData("X.B.EXAMPLE.com", "*.b.example.com")]
    [InlineData("b.example.com", "*.example.com")]
    [InlineData("example.com", "*")]
    [InlineData(".example.com", "*")]
    [InlineData("", "*")]
    [InlineData("other", "*")]
    public void The_exact_name_wins_then_the_longest_suffix_then_the_star(string host, string expected) =>
        Assert.Equal(expected, Map.Find(host));

    [Fact]
    public void Without_a_star_an_uncovered_name_has_no_entry() => Assert.Null(Make("a.com", "*.b.com").Find("b.com"));

    [Fact]
    public void A_wildcard_does_not_cover_its_own_domain() => Assert.Null(Make("*.a.com").Find("a.com"));

    [Fact]
    public void Every_answer_is_that_of_a_search_through_all_patterns()
    {
        var random = new Random(7);
        string[] labels = ["a", "b", "com"];
        string[] patterns = [.. Enumerable.Range(0, 60).Select(_ => (random.Next(3) == 0 ? "*." : "") + Name(random, labels)).Append("*").Distinct()];
        HostMap<string> map = Make(patterns);

        for (int i = 0; i < 5000; i++)
        {
            string host = Name(random, labels);
            string? expected = patterns.Where(pattern => Covers(pattern, host)).OrderByDescending(pattern => pattern == host).ThenByDescending(pattern => pattern.Length).FirstOrDefault();
            Assert.Equal(expected, map.Find(host));
        }
    }

    [Fact]
    public void A_look_up_allocates_nothing()
    {
        Map.Find("x.y.example.com");
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            Map.Find("x.y.example.com");
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Name(Random random, string[] labels) =>
        string.Join('.', Enumerable.Range(0, random.Next(1, 6)).Select(_ => labels[random.Next(labels.Length)]));

    private static bool Covers(string pattern, string host) =>
        pattern == "*" || pattern == host || (pattern.StartsWith('*') && host.Length > pattern.Length - 1 && host.EndsWith(pattern[1..], StringComparison.Ordinal));

    private static HostMap<string> Make(params string[] patterns) => new(patterns.Select(pattern => KeyValuePair.Create(pattern, pattern)));
}
