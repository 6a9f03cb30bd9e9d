using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Config.Tests.Resolution;

public sealed class DelegateMergeTests
{
    [Theory]
    [InlineData("/p", "/p/x", false)]
    [InlineData("/p", "/p", false)]
    [InlineData("/p/x", "/p", true)]
    public void A_delegate_s_prefix_must_lie_inside_the_root_s(string root, string leaf, bool conflict) =>
        Assert.Equal(conflict, DelegateMerge.IsConflict(Prefix(root), Prefix(leaf)));

    [Fact]
    public void An_expression_goes_with_no_other_uri()
    {
        var regex = new HttpMatchRequest { Uri = new StringMatch { Regex = "/p.*" } };

        Assert.True(DelegateMerge.IsConflict(regex, Prefix("/p")));
        Assert.True(DelegateMerge.IsConflict(Prefix("/p"), regex));
        Assert.False(DelegateMerge.IsConflict(regex, new HttpMatchRequest()));
    }

    [Fact]
    public void A_rule_is_dropped_when_one_of_its_matches_is_outside_all_of_the_root_s()
    {
        EquatableArray<HttpMatchRequest> root = [Prefix("/a"), Prefix("/b")];

        Assert.Null(DelegateMerge.MergeMatches(root, [Prefix("/a/x"), Prefix("/c")]));
        Assert.Equal(["/a/x", "/b/y"], DelegateMerge.MergeMatches(root, [Prefix("/a/x"), Prefix("/b/y")])!.Value.Select(match => match.Uri!.Prefix!));
    }

    [Fact]
    public void Root_and_delegate_matches_are_multiplied_and_names_joined()
    {
        EquatableArray<HttpMatchRequest> merged = DelegateMerge.MergeMatches(
            [new HttpMatchRequest { Name = "r1", Port = 80 }, new HttpMatchRequest { Name = "r2", Port = 81 }],
            [Prefix("/a") with { Name = "d" }])!.Value;

        Assert.Equal([("r1-d", 80, "/a"), ("r2-d", 81, "/a")], merged.Select(match => (match.Name!, match.Port!.Value, match.Uri!.Prefix!)));
    }

    [Fact]
    public void A_field_of_the_delegate_replaces_the_root_s_as_a_whole()
    {
        HttpRoute merged = DelegateMerge.MergeRoute(
            new HttpRoute { Name = "r", Timeout = TimeSpan.FromSeconds(1), Headers = Set("a"), Rewrite = new HttpRewrite { Uri = "/r" } },
            new HttpRoute { Name = "d", Headers = Set("b") })!;

        Assert.Equal(("r-d", TimeSpan.FromSeconds(1), "/r"), (merged.Name, merged.Timeout, merged.Rewrite!.Uri));
        Assert.Equal(Set("b"), merged.Headers);
    }

    private static HttpMatchRequest Prefix(string prefix) => new() { Uri = new StringMatch { Prefix = prefix } };

    private static HeaderRules Set(string name) =>
        new() { Request = new HeaderOperationsSpec { Set = new EquatableMap<string>([KeyValuePair.Create(name, "x")]) } };
}
