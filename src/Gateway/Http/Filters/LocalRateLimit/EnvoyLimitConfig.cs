using Gateway.Config;
using Gateway.Matching;
using Gateway.Routing;

namespace Gateway.Http.Filters.LocalRateLimit;

/// <summary>Envoy's <c>TokenBucket</c>.</summary>
/// <param name="MaxTokens"><c>max_tokens</c>.</param>
/// <param name="TokensPerFill"><c>tokens_per_fill</c>.</param>
/// <param name="FillInterval"><c>fill_interval</c>.</param>
internal sealed record EnvoyBucketConfig(long MaxTokens, long TokensPerFill, TimeSpan FillInterval)
{
    /// <summary>How it fills.</summary>
    public TokenRate Rate => new(TokensPerFill, FillInterval, MaxTokens);
}

/// <summary>A key with a value; null = any value, each with a bucket of its own.</summary>
internal sealed record EnvoyDescriptorEntry(string Key, string? Value);

/// <summary>A budget for the requests that have these entries.</summary>
internal sealed record EnvoyDescriptorConfig(EquatableArray<EnvoyDescriptorEntry> Entries, EnvoyBucketConfig Bucket)
{
    /// <summary>Whether each value has a bucket of its own.</summary>
    public bool HasWildcard => Entries.Any(entry => entry.Value is null);
}

/// <summary>A header that is added or set.</summary>
internal sealed record EnvoyHeader(string Name, string Value, bool Appends);

/// <summary>Which entry of a descriptor a request gives.</summary>
internal enum EnvoyActionKind
{
    /// <summary><c>generic_key</c>: always the same.</summary>
    GenericKey,

    /// <summary><c>remote_address</c>.</summary>
    RemoteAddress,

    /// <summary><c>masked_remote_address</c>.</summary>
    MaskedRemoteAddress,

    /// <summary><c>request_headers</c>: a header's value.</summary>
    RequestHeader,

    /// <summary><c>header_value_match</c>: a fixed value where headers match.</summary>
    HeaderValueMatch,

    /// <summary><c>destination_cluster</c>.</summary>
    DestinationCluster,
}

/// <summary>A condition on a header, or on a pseudo header.</summary>
internal sealed record EnvoyHeaderCondition(string Name, StringMatcher Matcher, bool Invert);

/// <summary>One action of a <c>rate_limits</c> entry.</summary>
internal sealed record EnvoyAction(EnvoyActionKind Kind, string Key, string Value)
{
    /// <summary>For <c>request_headers</c>: without the header the entry is left out, instead of the whole descriptor.</summary>
    public bool SkipIfAbsent { get; init; }

    /// <summary>For <c>header_value_match</c>: whether the headers must match, or must not.</summary>
    public bool ExpectMatch { get; init; } = true;

    /// <summary>For <c>header_value_match</c>.</summary>
    public EquatableArray<EnvoyHeaderCondition> Headers { get; init; }

    /// <summary>For <c>masked_remote_address</c>.</summary>
    public int Ipv4Bits { get; init; } = 32;

    /// <summary>For <c>masked_remote_address</c>.</summary>
    public int Ipv6Bits { get; init; } = 128;
}

/// <summary>Envoy's <c>LocalRateLimit</c> as far as it is configured, without the actions of routes.</summary>
internal sealed record EnvoyLimitSettings
{
    /// <summary><c>stat_prefix</c>.</summary>
    public string StatPrefix { get; init; } = "";

    /// <summary><c>token_bucket</c>; null = none.</summary>
    public EnvoyBucketConfig? Bucket { get; init; }

    /// <summary><c>filter_enabled</c>.</summary>
    public Fraction Enabled { get; init; }

    /// <summary><c>filter_enforced</c>, of those enabled.</summary>
    public Fraction Enforced { get; init; }

    /// <summary><c>status</c>.</summary>
    public int Status { get; init; } = 429;

    /// <summary><c>response_headers_to_add</c>, to refusals.</summary>
    public EquatableArray<EnvoyHeader> ResponseHeaders { get; init; }

    /// <summary><c>request_headers_to_add_when_not_enforced</c>.</summary>
    public EquatableArray<EnvoyHeader> RequestHeaders { get; init; }

    /// <summary><c>descriptors</c>.</summary>
    public EquatableArray<EnvoyDescriptorConfig> Descriptors { get; init; }

    /// <summary><c>enable_x_ratelimit_headers: DRAFT_VERSION_03</c>.</summary>
    public bool TellsHeaders { get; init; }

    /// <summary><c>always_consume_default_token_bucket</c>.</summary>
    public bool AlwaysConsumesDefault { get; init; } = true;

    /// <summary><c>rate_limited_as_resource_exhausted</c>: gRPC clients get RESOURCE_EXHAUSTED instead of UNAVAILABLE.</summary>
    public bool IsResourceExhausted { get; init; }

    /// <summary>Whether it ever limits anything.</summary>
    public bool IsActive => Enabled.PerMillion > 0 && (Bucket is not null || !Descriptors.IsEmpty);
}

/// <summary>
/// A limit of EnvoyFilters at one place: a filter chain, a virtual host or a route has its own buckets, which go on while
/// this compares equal.
/// </summary>
/// <param name="Scope">The place.</param>
/// <param name="Settings">The settings.</param>
/// <param name="Origin">The EnvoyFilter that wrote them, <c>EnvoyFilter namespace/name</c>.</param>
internal sealed record EnvoyLimitConfig(string Scope, EnvoyLimitSettings Settings, string Origin);
