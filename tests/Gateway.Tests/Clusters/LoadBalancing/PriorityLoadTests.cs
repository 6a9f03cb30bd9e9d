using Gateway.Clusters.LoadBalancing;

namespace Gateway.Tests.Clusters.LoadBalancing;

public sealed class PriorityLoadTests
{
    /// <summary>The table of Envoy's documentation on priorities, and what its code adds.</summary>
    [Theory]
    [InlineData("100/100 100/100", "100 0")]
    [InlineData("72/100 100/100", "100 0")]
    [InlineData("71/100 100/100", "99 1")]
    [InlineData("50/100 100/100", "70 30")]
    [InlineData("0/100 100/100", "0 100")]
    [InlineData("25/100 25/100", "50 50")]
    [InlineData("25/100 0/100", "100 0")]
    [InlineData("20/100 20/100 10/100", "40 40 20")]
    [InlineData("0/100 0/100", "100 0")]
    [InlineData("0/0 5/5", "0 100")]
    [InlineData("1/3 1/3 1/3", "46 46 8")]
    public void Requests_go_to_the_next_priority_as_far_as_those_before_are_missing(string priorities, string loads) =>
        Assert.Equal(loads, string.Join(' ', Compute(priorities, 0).Loads));

    [Theory]
    [InlineData("100/100 0/100", 50, "100 0", "False False")]
    [InlineData("72/100 0/100", 80, "100 0", "False False")]
    [InlineData("49/100 0/100", 50, "50 50", "True True")]
    [InlineData("60/100 0/100", 50, "100 0", "False True")]
    [InlineData("0/10 0/30", 50, "25 75", "True True")]
    [InlineData("0/10 0/30", 0, "100 0", "False False")]
    public void Too_few_available_ones_make_a_panic_unless_the_priorities_together_suffice(string priorities, int threshold, string loads, string panics)
    {
        (int[] actual, bool[] panic) = Compute(priorities, threshold);

        Assert.Equal((loads, panics), (string.Join(' ', actual), string.Join(' ', panic)));
    }

    private static (int[] Loads, bool[] Panics) Compute(string priorities, int threshold)
    {
        int[][] parts = [.. priorities.Split(' ').Select(one => one.Split('/').Select(int.Parse).ToArray())];
        int[] loads = PriorityLoad.Compute([.. parts.Select(part => part[0])], [.. parts.Select(part => part[1])], threshold, out bool[] panics);
        return (loads, panics);
    }
}
