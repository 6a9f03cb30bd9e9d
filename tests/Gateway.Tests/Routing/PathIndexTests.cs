using System.Text.RegularExpressions;
using Gateway.Matching;
using Gateway.Routing;

namespace Gateway.Tests.Routing;

public sealed class PathIndexTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_first_match_among_the_candidates_is_the_first_match_of_all(int seed)
    {
        var random = new Random(seed);
        Route[] routes = [.. Enumerable.Range(0, 300).Select(i => Make.Route($"r{i}", new RouteMatch { Path = Matcher(random) }))];
        var index = new PathIndex(routes);

        for (int i = 0; i < 3000; i++)
        {
            RouteRequest request = Make.Request("/" + Text(random, 12));
            Assert.Equal(FirstOf(routes, request), FirstOf(index, routes, request));
        }
    }

    [Fact]
    public void Candidates_come_in_ascending_order_and_each_once()
    {
        var random = new Random(4);
        Route[] routes = [.. Enumerable.Range(0, 500).Select(i => Make.Route($"r{i}", new RouteMatch { Path = Matcher(random) }))];
        var index = new PathIndex(routes);

        for (int i = 0; i < 500; i++)
        {
            List<int> candidates = Candidates(index, "/" + Text(random, 12));
            Assert.Equal(candidates.Distinct().Order(), candidates);
        }
    }

    [Fact]
    public void A_path_under_more_prefixes_than_can_be_merged_still_finds_its_first_route()
    {
        string deep = "/" + new string('a', 40);
        Route[] routes = [.. Enumerable.Range(1, 40).Select(i => Make.Route($"r{i}", new RouteMatch { Path = StringMatcher.Prefix(deep[..i]) })).Reverse()];
        var index = new PathIndex(routes);

        Assert.Equal(0, FirstOf(index, routes, Make.Request(deep[..40])));
        Assert.Equal(20, FirstOf(index, routes, Make.Request(deep[..20])));
    }

    [Fact]
    public void A_thousand_different_prefixes_leave_few_candidates()
    {
        Route[] routes = [.. Enumerable.Range(0, 1000).Select(i => Make.Route($"r{i}", new RouteMatch { Path = StringMatcher.Prefix($"/service-{i}/") }))];

        Assert.Equal([999], Candidates(new PathIndex(routes), "/service-999/x"));
    }

    private static List<int> Candidates(PathIndex index, string path)
    {
        PathIndex.Cursor cursor = index.Find(path, new PathIndex.Run[PathIndex.MaxRuns]);
        var candidates = new List<int>();
        for (int i = cursor.Next(); i >= 0; i = cursor.Next())
            candidates.Add(i);
        return candidates;
    }

    private static int FirstOf(PathIndex index, Route[] routes, RouteRequest request) =>
        Candidates(index, request.Path).Where(i => routes[i].Match.IsMatch(request)).DefaultIfEmpty(-1).First();

    private static int FirstOf(Route[] routes, RouteRequest request) =>
        Array.FindIndex(routes, route => route.Match.IsMatch(request));

    private static StringMatcher? Matcher(Random random)
    {
        string path = "/" + Text(random, 8);
        return random.Next(20) switch
        {
            0 => null,
            1 => StringMatcher.FromRegex("/a.*", new Regex("\\A/a.*\\z", RegexOptions.NonBacktracking)),
            2 => StringMatcher.Prefix(path, ignoreCase: true),
            3 => StringMatcher.Exact(path.ToUpperInvariant(), ignoreCase: true),
            4 => StringMatcher.SegmentPrefix(path.TrimEnd('/')),
            < 11 => StringMatcher.Exact(path),
            _ => StringMatcher.Prefix(path),
        };
    }

    private static string Text(Random random, int maxLength) =>
        new([.. Enumerable.Range(0, random.Next(maxLength)).Select(_ => "ab/"[random.Next(3)])]);
}
