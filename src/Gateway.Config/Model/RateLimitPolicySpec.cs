namespace Gateway.Config.Model;

/// <summary>The time in which so many requests may come. <c>RateLimitPolicy.spec.limits[].unit</c>.</summary>
public enum RateLimitUnit
{
    /// <summary><c>SECOND</c>.</summary>
    Second,

    /// <summary><c>MINUTE</c>.</summary>
    Minute,

    /// <summary><c>HOUR</c>.</summary>
    Hour,

    /// <summary><c>DAY</c>.</summary>
    Day,
}

/// <summary>What requests are told apart by. <c>RateLimitPolicy.spec.limits[].key[].source</c>.</summary>
public enum RateLimitKeySource
{
    /// <summary><c>CLIENT_ADDRESS</c>: the address of the client, behind trusted proxies.</summary>
    ClientAddress,

    /// <summary><c>HEADER</c>: a request header.</summary>
    Header,

    /// <summary><c>CLAIM</c>: a claim of the valid token.</summary>
    Claim,

    /// <summary><c>HOST</c>: the virtual host.</summary>
    Host,

    /// <summary><c>ROUTE</c>: the route.</summary>
    Route,
}

/// <summary>Who counts. <c>RateLimitPolicy.spec.limits[].scope</c>.</summary>
public enum RateLimitScope
{
    /// <summary><c>LOCAL</c>: every replica for itself.</summary>
    Local,

    /// <summary><c>SHARED</c>: all replicas together, through <c>spec.redis</c>.</summary>
    Shared,
}

/// <summary>This gateway's own <c>RateLimitPolicy</c>: how many requests may come, and from whom.</summary>
public sealed record RateLimitPolicySpec : SpecRecord
{
    /// <summary><c>selector</c>: labels of the gateway's workload; null = any.</summary>
    public PolicySelector? Selector { get; init; }

    /// <summary><c>targetRefs</c>: the Gateways and VirtualServices whose requests are meant; empty = see <c>docs/rate-limits.md</c>.</summary>
    public EquatableArray<RateLimitTarget> TargetRefs { get; init; }

    /// <summary><c>hosts</c>: exact, or <c>*.suffix</c>; empty = any.</summary>
    public EquatableArray<string> Hosts { get; init; }

    /// <summary><c>limits</c>; each counts for itself and all must let a request pass.</summary>
    public EquatableArray<RateLimit> Limits { get; init; }

    /// <summary><c>redis</c>: where limits of scope SHARED are counted; null = nowhere.</summary>
    public RateLimitRedis? Redis { get; init; }
}

/// <summary><c>targetRefs[]</c>: a resource of the policy's own namespace.</summary>
public sealed record RateLimitTarget : SpecRecord
{
    /// <summary><c>kind</c>: <c>Gateway</c> or <c>VirtualService</c>.</summary>
    public string Kind { get; init; } = "";

    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>route</c>: name of an http rule of the VirtualService; null = all.</summary>
    public string? Route { get; init; }
}

/// <summary><c>limits[]</c>.</summary>
public sealed record RateLimit : SpecRecord
{
    /// <summary>Most clients that one limit remembers, if nothing is written.</summary>
    public const int DefaultMaxKeys = 65_536;

    /// <summary><c>name</c>: unique in the policy; clients see it.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>match</c>: any one of them; empty = every request.</summary>
    public EquatableArray<RateLimitMatch> Match { get; init; }

    /// <summary><c>key</c>: requests that are equal in all of these share a budget; empty = all requests share one.</summary>
    public EquatableArray<RateLimitKey> Key { get; init; }

    /// <summary><c>requests</c> per <see cref="Unit"/>; null = not written.</summary>
    public uint? Requests { get; init; }

    /// <summary><c>unit</c>; default a second.</summary>
    public RateLimitUnit Unit { get; init; }

    /// <summary><c>burst</c>: how many may come at once; null = as many as <see cref="Requests"/>.</summary>
    public uint? Burst { get; init; }

    /// <summary><c>dryRun</c>: counts and says what it would refuse, and refuses nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary><c>scope</c>.</summary>
    public RateLimitScope Scope { get; init; }

    /// <summary><c>maxKeys</c>: how many keys are remembered at once.</summary>
    public uint MaxKeys { get; init; } = DefaultMaxKeys;
}

/// <summary><c>limits[].match[]</c>: all of its conditions must hold.</summary>
public sealed record RateLimitMatch : SpecRecord
{
    /// <summary><c>path</c>; null = any.</summary>
    public StringMatch? Path { get; init; }

    /// <summary><c>methods</c>; empty = any.</summary>
    public EquatableArray<string> Methods { get; init; }

    /// <summary><c>headers</c>; empty = any.</summary>
    public EquatableMap<StringMatch> Headers { get; init; }
}

/// <summary><c>limits[].key[]</c>.</summary>
public sealed record RateLimitKey : SpecRecord
{
    /// <summary><c>source</c>; null = not written.</summary>
    public RateLimitKeySource? Source { get; init; }

    /// <summary><c>name</c> of the header, or of the claim (<c>sub</c>, <c>a.b</c>); null = not written.</summary>
    public string? Name { get; init; }

    /// <summary><c>ipv4PrefixLength</c>: how many bits of a client's IPv4 address count.</summary>
    public uint Ipv4PrefixLength { get; init; } = 32;

    /// <summary><c>ipv6PrefixLength</c>: how many bits of a client's IPv6 address count; one client commonly has 64 bits to itself.</summary>
    public uint Ipv6PrefixLength { get; init; } = 64;
}

/// <summary><c>redis</c>.</summary>
public sealed record RateLimitRedis : SpecRecord
{
    /// <summary><c>address</c>: <c>host:port</c>.</summary>
    public string Address { get; init; } = "";

    /// <summary><c>timeout</c> of one question; what takes longer is decided locally.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary><c>tls</c>: the connection is encrypted, and the server's certificate checked against the system's authorities.</summary>
    public bool Tls { get; init; }

    /// <summary><c>credentialName</c>: a Secret of the policy's namespace with <c>password</c> and perhaps <c>username</c>; null = none.</summary>
    public string? CredentialName { get; init; }
}
