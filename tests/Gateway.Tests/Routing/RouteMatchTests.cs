using System.Text.RegularExpressions;
using Gateway.Matching;
using Gateway.Routing;

namespace Gateway.Tests.Routing;

public sealed class RouteMatchTests
{
    private static readonly StringMatcher AnyText = StringMatcher.FromRegex(".*", new Regex("\\A(?:.*)\\z", RegexOptions.NonBacktracking));

    [Fact]
    public void An_empty_header_counts_as_present() =>
        Assert.True(Make.Header("h", StringMatcher.Present).IsMatch(Make.Request(headers: ("h", [""]))));

    [Fact]
    public void An_absent_header_matches_no_value() =>
        Assert.False(Make.Header("h", AnyText).IsMatch(Make.Request()));

    [Theory]
    [InlineData("b", true)]
    [InlineData("a,b", false)]
    [InlineData("c", true)]
    public void Each_line_of_a_repeated_header_is_tested_alone(string wanted, bool matches) =>
        Assert.Equal(matches, Make.Header("h", StringMatcher.Exact(wanted)).IsMatch(Make.Request(headers: ("h", ["b", "c"]))));

    [Fact]
    public void One_line_with_a_comma_is_one_value() =>
        Assert.False(Make.Header("h", StringMatcher.Exact("a")).IsMatch(Make.Request(headers: ("h", ["a,b"]))));

    [Fact]
    public void Without_a_header_exact_holds_when_it_is_absent_or_different()
    {
        RouteMatch match = Make.Header("h", StringMatcher.Exact("jason"), invert: true);

        Assert.True(match.IsMatch(Make.Request()));
        Assert.True(match.IsMatch(Make.Request(headers: ("h", ["x"]))));
        Assert.False(match.IsMatch(Make.Request(headers: ("h", ["x", "jason"]))));
    }

    [Fact]
    public void Without_a_header_that_any_text_matches_never_holds_even_when_it_is_absent()
    {
        RouteMatch match = Make.Header("h", AnyText, invert: true);

        Assert.False(match.IsMatch(Make.Request()));
        Assert.False(match.IsMatch(Make.Request(headers: ("h", ["x"]))));
    }

    [Fact]
    public void Without_a_present_header_holds_only_when_it_is_absent()
    {
        RouteMatch match = Make.Header("h", StringMatcher.Present, invert: true);

        Assert.True(match.IsMatch(Make.Request()));
        Assert.False(match.IsMatch(Make.Request(headers: ("h", [""]))));
    }

    [Theory]
    [InlineData(":method", "PUT")]
    [InlineData(":scheme", "https")]
    [InlineData(":authority", "a.test:81")]
    [InlineData("host", "a.test:81")]
    [InlineData(":path", "/p?q=1")]
    public void Pseudo_headers_can_be_matched(string name, string value)
    {
        RouteRequest request = Make.Request("/p", "?q=1", "a.test:81", "PUT", "https");

        Assert.True(Make.Header(name, StringMatcher.Exact(value)).IsMatch(request));
        Assert.False(Make.Header(name, StringMatcher.Exact(value + "x")).IsMatch(request));
        Assert.False(Make.Header(name, StringMatcher.Exact(value), invert: true).IsMatch(request));
    }

    [Fact]
    public void The_authority_is_compared_with_its_port()
    {
        var match = new RouteMatch { Authority = StringMatcher.Exact("a.test") };

        Assert.True(match.IsMatch(Make.Request(authority: "a.test")));
        Assert.False(match.IsMatch(Make.Request(authority: "a.test:80")));
    }

    [Theory]
    [InlineData("?v=1", true)]
    [InlineData("?a=b&v=1", true)]
    [InlineData("?v=1&v=2", true)]
    [InlineData("?v=2&v=1", false)]
    [InlineData("?V=1", false)]
    [InlineData("?v=%31", false)]
    [InlineData("?v", false)]
    [InlineData("", false)]
    public void Of_a_query_parameter_the_first_value_counts(string query, bool matches) =>
        Assert.Equal(matches, Make.Query("v", StringMatcher.Exact("1")).IsMatch(Make.Request(query: query)));

    [Theory]
    [InlineData("?v", true)]
    [InlineData("?v=", true)]
    [InlineData("?vv=1", false)]
    [InlineData("?&&v", true)]
    public void A_query_parameter_without_value_is_present(string query, bool matches) =>
        Assert.Equal(matches, Make.Query("v", StringMatcher.Present).IsMatch(Make.Request(query: query)));

    [Fact]
    public void Claims_hold_only_inverted_while_there_is_no_validated_token()
    {
        RouteRequest request = Make.Request(headers: ("@request.auth.claims.group", ["admin"]));

        Assert.False(new RouteMatch { Claims = [new ClaimMatcher(["group"], StringMatcher.Exact("admin"), Invert: false)] }.IsMatch(request));
        Assert.True(new RouteMatch { Claims = [new ClaimMatcher(["group"], StringMatcher.Exact("admin"), Invert: true)] }.IsMatch(request));
    }

    [Theory]
    [InlineData("/foo", true)]
    [InlineData("/foo/bar", true)]
    [InlineData("/foobar", false)]
    [InlineData("/fo", false)]
    public void A_segment_prefix_ends_at_a_slash(string path, bool matches) =>
        Assert.Equal(matches, new RouteMatch { Path = StringMatcher.SegmentPrefix("/foo") }.IsMatch(Make.Request(path)));

    [Fact]
    public void Case_is_ignored_only_where_asked()
    {
        Assert.True(new RouteMatch { Path = StringMatcher.Prefix("/Foo", ignoreCase: true) }.IsMatch(Make.Request("/fOObar")));
        Assert.False(new RouteMatch { Path = StringMatcher.Prefix("/Foo") }.IsMatch(Make.Request("/foobar")));
    }

    [Fact]
    public void Only_a_route_without_any_condition_is_a_catch_all()
    {
        Assert.True(new RouteMatch().IsCatchAll);
        Assert.True(new RouteMatch { Path = AnyText }.IsCatchAll);
        Assert.False(new RouteMatch { Path = StringMatcher.Prefix("/a") }.IsCatchAll);
        Assert.False(Make.Header("h", StringMatcher.Present).IsCatchAll);
        Assert.False(Make.Query("q", StringMatcher.Present).IsCatchAll);
        Assert.False(new RouteMatch { Method = StringMatcher.Present }.IsCatchAll);
    }
}
