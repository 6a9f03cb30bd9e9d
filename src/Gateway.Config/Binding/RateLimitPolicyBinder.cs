using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads RateLimitPolicies.</summary>
internal static class RateLimitPolicyBinder
{
    private static readonly EnumNames<RateLimitUnit> Units = new(
        ("SECOND", RateLimitUnit.Second),
        ("MINUTE", RateLimitUnit.Minute),
        ("HOUR", RateLimitUnit.Hour),
        ("DAY", RateLimitUnit.Day));

    private static readonly EnumNames<RateLimitKeySource> Sources = new(
        ("CLIENT_ADDRESS", RateLimitKeySource.ClientAddress),
        ("HEADER", RateLimitKeySource.Header),
        ("CLAIM", RateLimitKeySource.Claim),
        ("HOST", RateLimitKeySource.Host),
        ("ROUTE", RateLimitKeySource.Route));

    private static readonly EnumNames<RateLimitScope> Scopes = new(("LOCAL", RateLimitScope.Local), ("SHARED", RateLimitScope.Shared));

    public static RateLimitPolicySpec RateLimitPolicySpec(ObjectReader r) => new()
    {
        Node = r.Node,
        Selector = r.Object("selector", SecurityBinder.PolicySelector),
        TargetRefs = r.List("targetRefs", t => new RateLimitTarget
        {
            Node = t.Node,
            Kind = t.String("kind") ?? "",
            Name = t.String("name") ?? "",
            Route = t.String("route"),
        }),
        Hosts = r.Strings("hosts"),
        Limits = r.List("limits", Limit),
        Redis = r.Object("redis", Redis),
    };

    private static RateLimit Limit(ObjectReader r) => new()
    {
        Node = r.Node,
        Name = r.String("name") ?? "",
        Match = r.List("match", m => new RateLimitMatch
        {
            Node = m.Node,
            Path = m.Object("path", HttpRouteBinder.StringMatch),
            Methods = m.Strings("methods"),
            Headers = m.Map("headers", HttpRouteBinder.StringMatch),
        }),
        Key = r.List("key", k => new RateLimitKey
        {
            Node = k.Node,
            Source = k.Enum("source", Sources),
            Name = k.String("name"),
            Ipv4PrefixLength = k.UInt32("ipv4PrefixLength") ?? 32,
            Ipv6PrefixLength = k.UInt32("ipv6PrefixLength") ?? 64,
        }),
        Requests = r.UInt32("requests"),
        Unit = r.Enum("unit", Units) ?? RateLimitUnit.Second,
        Burst = r.UInt32("burst"),
        DryRun = r.Boolean("dryRun") ?? false,
        Scope = r.Enum("scope", Scopes) ?? RateLimitScope.Local,
        MaxKeys = r.UInt32("maxKeys") ?? RateLimit.DefaultMaxKeys,
    };

    private static RateLimitRedis Redis(ObjectReader r) => new()
    {
        Node = r.Node,
        Address = r.String("address") ?? "",
        Timeout = r.Duration("timeout") ?? new RateLimitRedis().Timeout,
        Tls = r.Boolean("tls") ?? false,
        CredentialName = r.String("credentialName"),
    };
}
