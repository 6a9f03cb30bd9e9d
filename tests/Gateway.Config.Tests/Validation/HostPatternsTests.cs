using Gateway.Config.Validation;

namespace Gateway.Config.Tests.Validation;

public sealed class HostPatternsTests
{
    [Fact]
    public void Overlaps_and_cover_agree_with_comparing_all_with_all()
    {
        string[] names = ["a", "b.a", "c.b.a", "*", "*a", "*.a", "*.b.a", "*b.a", "*-a", "x.com", "*.com", "a", "*.a"];
        Random random = new(7);
        for (int round = 0; round < 500; round++)
        {
            string[] hosts = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => names[random.Next(names.Length)])];
            HostPatterns patterns = new([.. hosts]);

            var expected = from i in Enumerable.Range(0, hosts.Length)
                           from j in Enumerable.Range(0, hosts.Length)
                           where i < j && Overlap(hosts[i], hosts[j])
                           select j;
            Assert.Equal(expected.Distinct().Order(), patterns.Overlaps().Select(pair => pair.Second).Distinct().Order());
            foreach (string name in names)
                Assert.Equal(hosts.Any(host => IsSubset(name, host)), patterns.Cover(name));
        }
    }

    [Fact]
    public void Very_many_hosts_cost_no_comparison_of_all_with_all()
    {
        HostPatterns patterns = new([.. Enumerable.Range(0, 200_000).Select(i => $"host-{i}.example.com")]);

        Assert.Empty(patterns.Overlaps());
    }

    // The plain definitions.
    private static bool Overlap(string a, string b)
    {
        (string shorter, string longer) = a.Length <= b.Length ? (a, b) : (b, a);
        return (shorter[0] == '*', longer[0] == '*') switch
        {
            (true, true) => longer[1..].EndsWith(shorter[1..], StringComparison.Ordinal),
            (true, false) => longer.EndsWith(shorter[1..], StringComparison.Ordinal),
            (false, true) => shorter.EndsWith(longer[1..], StringComparison.Ordinal),
            _ => a == b,
        };
    }

    private static bool IsSubset(string inner, string outer) =>
        outer[0] != '*' ? inner == outer : (inner[0] == '*' ? inner[1..] : inner).EndsWith(outer[1..], StringComparison.Ordinal);
}
