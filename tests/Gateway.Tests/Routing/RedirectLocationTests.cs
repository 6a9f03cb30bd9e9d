using Gateway.Matching;
using Gateway.Routing;

namespace Gateway.Tests.Routing;

public sealed class RedirectLocationTests
{
    private static readonly RouteRequest Plain = Make.Request("/x/y", "?a=b", "a.test:8080");

    [Fact]
    public void The_request_stays_as_it_is_where_nothing_is_said() =>
        Assert.Equal("http://a.test:8080/x/y?a=b", Build(new RedirectAction { Status = 301 }, Plain));

    [Fact]
    public void A_new_path_keeps_the_query_unless_it_has_its_own()
    {
        Assert.Equal("http://a.test:8080/new?a=b", Build(new RedirectAction { Status = 301, Path = "/new" }, Plain));
        Assert.Equal("http://a.test:8080/new?c=d", Build(new RedirectAction { Status = 301, Path = "/new?c=d" }, Plain));
    }

    [Fact]
    public void A_new_authority_replaces_host_and_port()
    {
        Assert.Equal("http://b.test/x/y?a=b", Build(new RedirectAction { Status = 301, Authority = "b.test" }, Plain));
        Assert.Equal("http://b.test:99/x/y?a=b", Build(new RedirectAction { Status = 301, Authority = "b.test", Port = 99 }, Plain));
    }

    [Fact]
    public void A_new_port_replaces_that_of_the_host() =>
        Assert.Equal("https://a.test:99/x/y?a=b", Build(new RedirectAction { Status = 301, Scheme = "https", Port = 99 }, Plain));

    [Theory]
    [InlineData("http", "a.test:80", "https://a.test/")]
    [InlineData("http", "a.test:443", "https://a.test:443/")]
    [InlineData("http", "a.test", "https://a.test/")]
    [InlineData("http", "[::1]:80", "https://[::1]/")]
    public void On_a_change_of_scheme_the_old_default_port_is_cut(string scheme, string authority, string expected)
    {
        Assert.Equal(expected, Build(new RedirectAction { Status = 301, Scheme = "https" }, Make.Request(authority: authority, scheme: scheme)));
        Assert.Equal(expected, RedirectLocation.Https(Make.Request(authority: authority, scheme: scheme)));
    }

    [Fact]
    public void Without_a_change_of_scheme_a_default_port_stays() =>
        Assert.Equal("http://a.test:80/", Build(new RedirectAction { Status = 301, Scheme = "http" }, Make.Request(authority: "a.test:80")));

    [Fact]
    public void A_prefix_rewrite_replaces_what_the_route_matched() =>
        Assert.Equal("http://a.test:8080/new/y?a=b", Build(
            new RedirectAction { Status = 301, PrefixRewrite = "/new" }, Plain, new RouteMatch { Path = StringMatcher.Prefix("/x") }));

    private static string Build(RedirectAction action, RouteRequest request, RouteMatch? match = null) =>
        RedirectLocation.Build(action, match ?? new RouteMatch(), request);
}
