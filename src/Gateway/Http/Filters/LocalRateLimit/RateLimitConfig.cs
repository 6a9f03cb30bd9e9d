using System.Globalization;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Matching;
using Gateway.Routing;
using Microsoft.AspNetCore.Http;

namespace Gateway.Http.Filters.LocalRateLimit;

/// <summary>One of the things by which requests are told apart.</summary>
/// <param name="Source">What it is.</param>
/// <param name="Name">Name of the header or claim; empty for others.</param>
/// <param name="Claim">The names that lead to the claim.</param>
/// <param name="Ipv4Bits">Bits of an IPv4 address that count.</param>
/// <param name="Ipv6Bits">Bits of an IPv6 address that count.</param>
internal sealed record RateLimitKeyPart(RateLimitKeySource Source, string Name, EquatableArray<string> Claim, int Ipv4Bits, int Ipv6Bits);

/// <summary>Where shared limits are counted.</summary>
/// <param name="Address"><c>host:port</c>.</param>
/// <param name="Timeout">For one question.</param>
/// <param name="Tls">Whether the connection is encrypted.</param>
/// <param name="Login">Who we are; null = nobody.</param>
internal sealed record RedisConfig(string Address, TimeSpan Timeout, bool Tls, RedisLogin? Login);

/// <summary>User and password of Redis; never printed.</summary>
internal sealed record RedisLogin(string? User, string Password)
{
    /// <inheritdoc/>
    public override string ToString() => "(hidden)";
}

/// <summary>A limit of a RateLimitPolicy as far as its buckets depend on it: they go on while it compares equal.</summary>
internal sealed record RateLimitConfig
{
    /// <summary><c>namespace/policy/limit</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Its name, which clients see.</summary>
    public required string Name { get; init; }

    /// <summary>Requests per <see cref="Window"/>.</summary>
    public required long Requests { get; init; }

    /// <summary>The time.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>Requests that may come at once.</summary>
    public required long Burst { get; init; }

    /// <summary>What requests are told apart by; empty = all share one budget.</summary>
    public EquatableArray<RateLimitKeyPart> Key { get; init; }

    /// <summary>How many keys are remembered.</summary>
    public int MaxKeys { get; init; }

    /// <summary>Whether it refuses nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Where replicas count together; null = each for itself.</summary>
    public RedisConfig? Redis { get; init; }

    /// <summary>How its buckets fill.</summary>
    public TokenRate Rate => new(Requests, Window, Burst);

    /// <summary>Its item of the header <c>RateLimit-Policy</c>.</summary>
    public string PolicyItem => string.Create(CultureInfo.InvariantCulture, $"\"{Name}\";q={Requests};w={(long)Window.TotalSeconds}");

    /// <summary>For people.</summary>
    public string Describe() => string.Create(CultureInfo.InvariantCulture,
        $"{Requests} per {Window.TotalSeconds:0} s, at most {Burst} at once, {(Key.IsEmpty ? "for all together" : $"for each {string.Join(" and ", Key.Select(Show))}")}{(Redis is null ? "" : ", shared by replicas")}{(DryRun ? " (dry run)" : "")}");

    private static string Show(RateLimitKeyPart part) => part.Source switch
    {
        RateLimitKeySource.ClientAddress => "client address",
        RateLimitKeySource.Header => $"value of {part.Name}",
        RateLimitKeySource.Claim => $"claim {part.Name}",
        RateLimitKeySource.Host => "host",
        _ => "route",
    };
}

/// <summary>Conditions on a request that all must hold.</summary>
/// <param name="Path">On the path; null = any.</param>
/// <param name="Methods">Any of them; empty = any.</param>
/// <param name="Headers">On headers.</param>
internal sealed record RateLimitMatcher(StringMatcher? Path, EquatableArray<string> Methods, EquatableArray<KeyValuePair<string, StringMatcher>> Headers)
{
    /// <summary>Whether all hold.</summary>
    public bool IsMatch(string method, string path, IHeaderDictionary headers)
    {
        if (Path is not null && !Path.IsMatch(path))
            return false;
        if (!Methods.IsEmpty && !Methods.AsSpan().Contains(method))
            return false;
        foreach (KeyValuePair<string, StringMatcher> header in Headers)
        {
            if (!headers.TryGetValue(header.Key, out Microsoft.Extensions.Primitives.StringValues values) || !header.Value.IsMatch(values.ToString()))
                return false;
        }
        return true;
    }
}

/// <summary>A limit with the requests it is for, on routes that are known.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Hosts">Hosts, exact or <c>*.suffix</c>, lower case; empty = any.</param>
/// <param name="Matches">Any of them; empty = every request.</param>
/// <param name="Origin">Where it was written.</param>
internal sealed record AppliedLimit(RateLimitConfig Limit, EquatableArray<string> Hosts, EquatableArray<RateLimitMatcher> Matches, ConfigOrigin Origin)
{
    /// <summary>Whether a request is meant.</summary>
    public bool Covers(string authority, string method, string path, IHeaderDictionary headers)
    {
        if (!Hosts.IsEmpty && !IsOf(RouteTable.HostWithoutPort(authority)))
            return false;
        if (Matches.IsEmpty)
            return true;
        foreach (RateLimitMatcher match in Matches)
        {
            if (match.IsMatch(method, path, headers))
                return true;
        }
        return false;
    }

    private bool IsOf(ReadOnlySpan<char> host)
    {
        foreach (string pattern in Hosts)
        {
            if (pattern == "*" || (pattern[0] == '*' ? host.Length >= pattern.Length && host.EndsWith(pattern.AsSpan(1), StringComparison.OrdinalIgnoreCase) : host.Equals(pattern, StringComparison.OrdinalIgnoreCase)))
                return true;
        }
        return false;
    }
}

/// <summary>The limits of the requests of one route of one virtual host.</summary>
/// <param name="Owner">The <see cref="VirtualHost"/>, or the <see cref="RouteTable"/> for requests that have none.</param>
/// <param name="Route">The route; null = for requests without one.</param>
/// <param name="Envoy">The limit of EnvoyFilters; null = none.</param>
/// <param name="Actions"><c>rate_limits</c> of EnvoyFilters: lists of actions, each of which makes a descriptor.</param>
/// <param name="Limits">The limits of RateLimitPolicies.</param>
internal sealed record RouteRateLimits(
    object Owner, Route? Route, EnvoyLimitConfig? Envoy, EquatableArray<EquatableArray<EnvoyAction>> Actions, EquatableArray<AppliedLimit> Limits);

/// <summary>All rate limits of a snapshot.</summary>
internal sealed class RateLimitPlan(IReadOnlyList<RouteRateLimits> routes)
{
    /// <summary>None.</summary>
    public static RateLimitPlan None { get; } = new([]);

    /// <summary>By route. What a forward proxy routes is not among them and has the limits of requests without a route.</summary>
    public IReadOnlyList<RouteRateLimits> Routes => routes;

    /// <summary>The limits for a decision; null = none.</summary>
    public RouteRateLimits? Find(RouteTable table, RouteDecision decision)
    {
        object owner = (object?)decision.VirtualHost ?? table;
        RouteRateLimits? common = null;
        foreach (RouteRateLimits entry in routes)
        {
            if (ReferenceEquals(entry.Owner, owner) && ReferenceEquals(entry.Route, decision.Route))
                return entry;
            if (ReferenceEquals(entry.Owner, table))
                common = entry;
        }
        return common;
    }
}
