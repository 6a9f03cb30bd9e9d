using System.Net;
using Gateway.Http.Filters.Rbac;
using Gateway.Matching;
using Gateway.Routing;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Http.Filters.Rbac;

public sealed class RuleIndexTests
{
    private static readonly string[] Paths = ["/", "/a", "/a/", "/a/b", "/ab", "/b", "/b/c/d", "/A"];
    private static readonly string[] Hosts = ["a.test", "b.test", "A.test", "a.test:80"];
    private static readonly string[] Methods = ["GET", "POST", "PUT"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_index_finds_the_rule_that_testing_all_in_order_finds(int seed)
    {
        var random = new Random(seed);
        int found = 0;
        for (int turn = 0; turn < 100; turn++)
        {
            // Above and below the number from which rules are indexed.
            var engine = new RbacEngine([.. Enumerable.Range(0, random.Next(1, 40)).Select(i => Rule(random, i))]);
            foreach (string path in Paths)
            {
                foreach (string host in Hosts)
                {
                    foreach (string method in Methods)
                    {
                        RbacInput input = Input(method, host, path);
                        string? expected = engine.Find(input, [])?.Name;
                        Assert.Equal(expected, engine.Find(input)?.Name);
                        found += expected is null ? 0 : 1;
                    }
                }
            }
        }
        // Both answers came often enough to be compared.
        Assert.InRange(found, 500, (100 * Paths.Length * Hosts.Length * Methods.Length) - 500);
    }

    private static RbacRule Rule(Random random, int number) => new($"rule-{random.Next(100)}-{number}", Alternatives(random), random.Next(20) == 0 ? [] : [[]]);

    private static RbacCondition[][] Alternatives(Random random) =>
        [.. Enumerable.Range(0, random.Next(0, 3)).Select(_ => (RbacCondition[])[.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Condition(random))])];

    private static TextCondition Condition(Random random) => random.Next(3) switch
    {
        0 => new TextCondition(RbacText.Path, Patterns(random, Paths, TextPattern.Path)) { Attribute = "path", Negated = random.Next(6) == 0 },
        1 => new TextCondition(RbacText.Host, Patterns(random, Hosts, value => TextPattern.Wildcard(value, ignoreCase: true, TextPatternKind.Present))) { Attribute = "host", Negated = random.Next(6) == 0 },
        _ => new TextCondition(RbacText.Method, Patterns(random, Methods, value => TextPattern.Wildcard(value, any: TextPatternKind.Present))) { Attribute = "method", Negated = random.Next(6) == 0 },
    };

    private static TextPattern[] Patterns(Random random, string[] values, Func<string, TextPattern> make) => [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ =>
    {
        string value = values[random.Next(values.Length)];
        return make(random.Next(8) switch
        {
            0 => value + "*",
            1 => "*" + value,
            2 => "*",
            3 when value.StartsWith('/') => "/{*}",
            4 when value.StartsWith('/') => "/a/{**}",
            _ => value,
        });
    })];

    private static RbacInput Input(string method, string host, string path)
    {
        var input = new RbacInput();
        input.Begin(
            new DownstreamConnection
            {
                ListenerPort = 80, ListenerName = "l", FilterChainName = "c", FilterChainKey = "l/c", IsTls = false,
                RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 4711), LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 80),
                RemoteAddress = "127.0.0.1:4711", LocalAddress = "127.0.0.1:80", RemoteIp = "127.0.0.1", LocalIp = "127.0.0.1",
            },
            new RouteRequest
            {
                Method = method, Scheme = "http", Authority = host, Path = path, Query = "", Headers = new HeaderDictionary(), ListenerPort = 80, ListenerIsTls = false,
            },
            "127.0.0.1");
        return input;
    }
}
