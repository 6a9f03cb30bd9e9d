using System.Text.RegularExpressions;
using Gateway.Matching;
using Gateway.Routing;

namespace Gateway.Tests.Routing;

public sealed class PathRewriterTests
{
    [Theory]
    [InlineData("/foo", "/", "/foo/bar", "//bar")]
    [InlineData("/foo", "/", "/foobar", "/bar")]
    [InlineData("/foo/", "/", "/foo/bar", "/bar")]
    [InlineData("/foo", "/new", "/foo", "/new")]
    public void A_matched_prefix_is_replaced_as_text(string prefix, string replacement, string path, string expected) =>
        Assert.Equal(expected, PathRewriter.Apply(new PathRewrite { Prefix = replacement }, new RouteMatch { Path = StringMatcher.Prefix(prefix) }, path));

    [Theory]
    [InlineData("/foo/bar", "/bar")]
    [InlineData("/foo", "/")]
    [InlineData("/foo/", "/")]
    public void A_prefix_of_whole_segments_can_be_cut_without_doubling_the_slash(string path, string expected) =>
        Assert.Equal(expected, PathRewriter.Apply(
            new PathRewrite { Prefix = "/", KeepsSegments = true }, new RouteMatch { Path = StringMatcher.SegmentPrefix("/foo") }, path));

    [Fact]
    public void Without_a_path_condition_the_first_slash_is_replaced() =>
        Assert.Equal("/newx", PathRewriter.Apply(new PathRewrite { Prefix = "/new" }, new RouteMatch(), "/x"));

    [Fact]
    public void After_an_exact_match_or_an_expression_the_whole_path_is_replaced()
    {
        var rewrite = new PathRewrite { Prefix = "/new" };

        Assert.Equal("/new", PathRewriter.Apply(rewrite, new RouteMatch { Path = StringMatcher.Exact("/a/b") }, "/a/b"));
        Assert.Equal("/new", PathRewriter.Apply(rewrite, new RouteMatch { Path = StringMatcher.FromRegex("/a.*", new Regex("\\A/a.*\\z")) }, "/a/b"));
    }

    [Theory]
    [InlineData("a+", "x", "/a/aa", "/x/x")]
    [InlineData(".*", "/new", "/a/b", "/new")]
    [InlineData("b*", "-", "/abc", "-/-a-c-")]
    [InlineData("/(a)/(b)", "/${2}/${1}", "/a/b/c", "/b/a/c")]
    [InlineData("z", "x", "/a", "/a")]
    public void An_expression_is_replaced_wherever_it_is_found(string pattern, string replacement, string path, string expected) =>
        Assert.Equal(expected, PathRewriter.Apply(
            new PathRewrite { Regex = new Regex(pattern, RegexOptions.NonBacktracking), Replacement = replacement }, new RouteMatch(), path));

    [Fact]
    public void An_empty_result_leaves_the_path_alone() =>
        Assert.Equal("/a", PathRewriter.Apply(new PathRewrite { Regex = new Regex(".*"), Replacement = "" }, new RouteMatch(), "/a"));

    [Theory]
    [InlineData("\\2/instance/\\1", "${2}/instance/${1}")]
    [InlineData("a\\\\b", "a\\b")]
    [InlineData("$1", "$$1")]
    [InlineData("\\0x", "${0}x")]
    public void Replacements_are_translated(string written, string expected) =>
        Assert.Equal(expected, RegexCompiler.TranslateReplacement(written));
}
