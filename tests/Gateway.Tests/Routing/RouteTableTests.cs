using Gateway.Matching;
using Gateway.Routing;

namespace Gateway.Tests.Routing;

public sealed class RouteTableTests
{
    [Theory]
    [InlineData("a.test", "a.test")]
    [InlineData("a.test:8080", "a.test")]
    [InlineData("A.TEST:1", "A.TEST")]
    [InlineData("[::1]", "[::1]")]
    [InlineData("[::1]:80", "[::1]")]
    [InlineData("a.test:", "a.test")]
    [InlineData("", "")]
    public void A_port_is_cut_off_the_authority(string authority, string host) =>
        Assert.Equal(host, RouteTable.HostWithoutPort(authority).ToString());

    [Fact]
    public void The_first_route_that_matches_wins()
    {
        RouteTable table = Make.Table("a.test",
            Make.Route("foo", new RouteMatch { Path = StringMatcher.Prefix("/foo") }),
            Make.Route("all"),
            Make.Route("never"));

        Assert.Equal("foo", table.Decide(Make.Request("/foobar")).Route!.Name);
        Assert.Equal("all", table.Decide(Make.Request("/fo")).Route!.Name);
    }

    [Fact]
    public void A_chosen_virtual_host_without_a_matching_route_falls_back_to_none()
    {
        var table = new RouteTable("http.80",
        [
            new VirtualHost { Name = "a", Domain = "a.test", Routes = [Make.Route("foo", new RouteMatch { Path = StringMatcher.Exact("/foo") })] },
            new VirtualHost { Name = "*", Domain = "*", Routes = [Make.Route("all")] },
        ]);

        RouteDecision decision = table.Decide(Make.Request("/bar"));

        Assert.Equal("a.test", decision.VirtualHost!.Domain);
        Assert.Null(decision.Route);
    }

    [Fact]
    public void A_host_that_takes_only_TLS_redirects_plain_requests_before_any_route()
    {
        var table = new RouteTable("http.80", [new VirtualHost { Name = "a", Domain = "a.test", Routes = [Make.Route("all")], RequireTls = true }]);

        Assert.True(table.Decide(Make.Request()).HttpsRedirect);
        Assert.Equal("all", table.Decide(Make.Request(scheme: "https")).Route!.Name);
    }

    [Fact]
    public void A_request_without_a_path_matches_no_route()
    {
        RouteTable table = Make.Table("a.test", Make.Route("all"));

        Assert.Null(table.Decide(Make.Request(path: "", method: "CONNECT")).Route);
        Assert.Null(table.Decide(Make.Request(path: "*", method: "OPTIONS")).Route);
    }

    [Fact]
    public void A_recorder_hears_the_first_failed_condition_of_every_route_passed_over()
    {
        RouteTable table = Make.Table("a.test",
            Make.Route("one", Make.Header("end-user", StringMatcher.Exact("jason"))),
            Make.Route("two", new RouteMatch { Method = StringMatcher.Exact("POST"), Path = StringMatcher.Exact("/x") }),
            Make.Route("three", Make.Query("v", StringMatcher.Exact("2"))));
        var trace = new MatchTrace();

        RouteDecision decision = table.Decide(Make.Request("/y", "?v=1", headers: ("end-user", ["x"])), trace);

        Assert.Null(decision.Route);
        Assert.Equal(
        [
            "header end-user: exact \"jason\", request has \"x\"",
            "method: exact \"POST\", request has \"GET\"",
            "query parameter v: exact \"2\", request has \"1\"",
        ], trace.Misses.Select(miss => miss.FailedCondition));
    }

    [Fact]
    public void With_and_without_a_recorder_the_decision_is_the_same()
    {
        Route[] routes = [.. Enumerable.Range(0, 200).Select(i => Make.Route($"r{i}", new RouteMatch { Path = StringMatcher.Prefix($"/{i % 50}") }))];
        RouteTable table = Make.Table("a.test", routes);

        for (int i = 0; i < 60; i++)
            Assert.Same(table.Decide(Make.Request($"/{i}"), new MatchTrace()).Route, table.Decide(Make.Request($"/{i}")).Route);
    }

    [Fact]
    public void A_decision_allocates_nothing()
    {
        Route[] routes = [.. Enumerable.Range(0, 100).Select(i => Make.Route($"r{i}", new RouteMatch
        {
            Path = StringMatcher.Prefix("/a"),
            Headers = [new NamedMatcher("x-user", StringMatcher.Exact($"{i}")), new NamedMatcher(":path", StringMatcher.Prefix("/a"))],
            QueryParameters = [new NamedMatcher("q", StringMatcher.Present)],
        }))];
        RouteTable table = Make.Table("*.test", routes);
        RouteRequest request = Make.Request("/a/b", "?p=1&q=2", "a.test:80", headers: ("x-user", ["99"]));
        Assert.Equal("r99", table.Decide(request).Route!.Name);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            table.Decide(request);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
