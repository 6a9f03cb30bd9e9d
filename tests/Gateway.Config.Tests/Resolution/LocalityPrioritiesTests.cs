using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Config.Tests.Resolution;

public sealed class LocalityPrioritiesTests
{
    private const string Network = "topology.istio.io/network";

    [Theory]
    [InlineData("net=a tier=1", 0)]
    [InlineData("net=a tier=2", 1)]
    [InlineData("net=b tier=1", 2)]
    [InlineData("net=b tier=2", 3)]
    public void A_network_that_comes_first_divides_near_from_far_and_the_other_labels_order_both(string labels, int expected)
    {
        LocalityGroup[] groups = [Group("", "net=a tier=1"), Group("", "net=a tier=2"), Group("", "net=b tier=1"), Group("", "net=b tier=2"), Group("", labels)];

        Assert.Equal(expected, Priorities(new() { FailoverPriority = [Network, "tier"] }, "", Labels("net=a tier=1"), groups)[^1]);
    }

    [Fact]
    public void Any_other_label_that_differs_ends_the_comparison()
    {
        LocalityGroup[] groups = [Group("", "rack=1 tier=1"), Group("", "rack=2 tier=1"), Group("", "rack=2 tier=2"), Group("", "rack=1 tier=2")];

        Assert.Equal([0, 2, 2, 1], Priorities(new() { FailoverPriority = ["rack", "tier"] }, "", Labels("rack=1 tier=1"), groups));
    }

    [Fact]
    public void Regions_order_what_labels_leave_alike()
    {
        var setting = new LocalityLoadBalancerSetting { FailoverPriority = ["tier"], Failover = [new LocalityFailover { From = "eu", To = "us" }] };
        LocalityGroup[] groups = [Group("asia", "tier=1"), Group("us", "tier=1"), Group("eu/b", "tier=1"), Group("eu/a", "tier=2"), Group("us", "tier=2")];

        Assert.Equal([2, 1, 0, 3, 4], Priorities(setting, "eu/a", Labels("tier=1"), groups));
    }

    [Fact]
    public void Who_has_no_labels_and_no_place_finds_all_groups_alike() =>
        Assert.Equal([0, 0], Priorities(new() { FailoverPriority = ["tier"] }, "", default, [Group("", "tier=1"), Group("", "")]));

    private static int[] Priorities(LocalityLoadBalancerSetting setting, string locality, EquatableMap<string> labels, LocalityGroup[] groups) =>
        [.. LocalityPriorities.Resolve(setting, locality, labels, hasFailover: true, groups).Select(place => place.Priority)];

    private static LocalityGroup Group(string locality, string labels) => new(locality, 1, Labels(labels));

    private static EquatableMap<string> Labels(string text) => new(text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => KeyValuePair.Create(pair.StartsWith("net=", StringComparison.Ordinal) ? Network : pair.Split('=')[0], pair.Split('=')[1])));
}
