using Gateway.Config.Resolution;

namespace Gateway.Config.Tests.Resolution;

public sealed class HostNameTests
{
    [Theory]
    [InlineData("*", "a.com", true)]
    [InlineData("*.com", "*.a.com", true)]
    [InlineData("*.a.com", "a.com", false)]
    [InlineData("a.com", "A.com", false)]
    public void Two_names_match_when_some_host_is_covered_by_both(string a, string b, bool expected)
    {
        Assert.Equal(expected, HostName.Matches(a, b));
        Assert.Equal(expected, HostName.Matches(b, a));
    }

    [Theory]
    [InlineData("a.com", "*", true)]
    [InlineData("*.a.com", "*.com", true)]
    [InlineData("*.com", "*.a.com", false)]
    [InlineData("*.a.com", "x.a.com", false)]
    public void A_name_is_a_subset_when_all_its_hosts_are_covered(string a, string b, bool expected) =>
        Assert.Equal(expected, HostName.IsSubsetOf(a, b));

    [Fact]
    public void An_intersection_holds_each_more_specific_name_once() =>
        Assert.Equal(["a.foo.com", "*.foo.com", "*.bar.com"], HostName.Intersection(["*.foo.com", "*.bar.com"], ["a.foo.com", "*", "a.foo.com"]));

    [Theory]
    [InlineData("reviews", "reviews.ns.svc.cluster.local")]
    [InlineData("reviews.other", "reviews.other")]
    [InlineData("*", "*")]
    [InlineData("", "")]
    [InlineData("::1", "::1")]
    public void Only_a_name_without_a_dot_is_short(string host, string expected) =>
        Assert.Equal(expected, HostName.ResolveShortName(host, "ns", "cluster.local"));

    [Theory]
    [InlineData("gw", "ns/gw")]
    [InlineData("./gw", "ns/gw")]
    [InlineData("other/gw", "other/gw")]
    [InlineData("mesh", "mesh")]
    [InlineData("gw.other", "other/gw")]
    [InlineData("gw.other.svc.cluster.local", "other/gw")]
    public void A_gateway_is_named_with_its_namespace(string reference, string expected) =>
        Assert.Equal(expected, GatewayName.Resolve(reference, "ns"));
}
