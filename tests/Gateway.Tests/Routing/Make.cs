using Gateway.Config.Diagnostics;
using Gateway.Matching;
using Gateway.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Tests.Routing;

/// <summary>Short ways to make routes and requests.</summary>
internal static class Make
{
    public static Route Route(string name, RouteMatch? match = null) => new()
    {
        Name = name,
        Match = match ?? new RouteMatch(),
        Action = new DirectResponseAction { Status = 200, Body = default },
        Origin = new ConfigOrigin(new ResourceId("VirtualService", "default", "vs"), SourceLocation.None, "spec.http[0]"),
    };

    public static RouteMatch Header(string name, StringMatcher matcher, bool invert = false) =>
        new() { Headers = [new NamedMatcher(name, matcher, invert)] };

    public static RouteMatch Query(string name, StringMatcher matcher) =>
        new() { QueryParameters = [new NamedMatcher(name, matcher)] };

    public static RouteTable Table(string domain, params Route[] routes) =>
        new("http.80", [new VirtualHost { Name = $"{domain}:80", Domain = domain, Routes = [.. routes] }]);

    public static RouteRequest Request(
        string path = "/",
        string query = "",
        string authority = "a.test",
        string method = "GET",
        string scheme = "http",
        params (string Name, string[] Values)[] headers)
    {
        var dictionary = new HeaderDictionary();
        foreach ((string name, string[] values) in headers)
            dictionary[name] = new StringValues(values);
        return new RouteRequest
        {
            Method = method,
            Scheme = scheme,
            Authority = authority,
            Path = path,
            Query = query,
            Headers = dictionary,
            ListenerPort = 80,
            ListenerIsTls = scheme == "https",
        };
    }
}
