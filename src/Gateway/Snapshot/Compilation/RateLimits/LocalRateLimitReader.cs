using System.Text.RegularExpressions;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Config.Parsing;
using Gateway.Http.Filters.LocalRateLimit;
using Gateway.Matching;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation.RateLimits;

/// <summary>Reads Envoy's <c>LocalRateLimit</c> and the actions of <c>rate_limits</c>.</summary>
/// <param name="complain">Told what is not applied: where, and why.</param>
/// <param name="matchers">Compiles matches.</param>
internal sealed class LocalRateLimitReader(Action<ConfigNode, string> complain, MatcherCache matchers)
{
    /// <summary>The filter's name, and how Envoy's extensions call it.</summary>
    public const string FilterName = "envoy.filters.http.local_ratelimit";

    private const string Type = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";
    private const int BadRequest = 400;
    private const int TooManyRequests = 429;

    /// <summary>Reads the <c>Any</c> that holds the filter's configuration, directly or in a <c>TypedStruct</c>; null = it is something else.</summary>
    public EnvoyLimitSettings? ReadAny(ConfigNode any)
    {
        string? type = any.Text("@type");
        if (type is "type.googleapis.com/udpa.type.v1.TypedStruct" or "type.googleapis.com/xds.type.v3.TypedStruct")
            return any.Text("type_url") == Type ? Read(any.Field("value") ?? ConfigNode.Missing) : null;
        return type == Type ? Read(any) : null;
    }

    /// <summary>Reads the <c>rate_limits</c> of a route or virtual host.</summary>
    public EquatableArray<EquatableArray<EnvoyAction>> ReadActions(ConfigNode rateLimits)
    {
        var lists = new List<EquatableArray<EnvoyAction>>();
        foreach (ConfigNode entry in rateLimits.Items)
        {
            foreach (string other in entry.Others("actions", "stage"))
                complain(entry[other]!, $"'{other}' of a rate limit");
            var actions = new List<EnvoyAction>();
            bool isComplete = true;
            foreach (ConfigNode node in entry.Field("actions")?.Items ?? [])
            {
                if (ReadAction(node) is { } action)
                    actions.Add(action);
                else
                    isComplete = false;
            }
            if (isComplete && actions.Count > 0)
                lists.Add(actions.ToEquatableArray());
        }
        return lists.ToEquatableArray();
    }

    private EnvoyLimitSettings Read(ConfigNode node)
    {
        foreach (string other in node.Others("@type", "stat_prefix", "status", "token_bucket", "filter_enabled", "filter_enforced", "request_headers_to_add_when_not_enforced",
            "response_headers_to_add", "descriptors", "stage", "enable_x_ratelimit_headers", "always_consume_default_token_bucket", "rate_limited_as_resource_exhausted"))
        {
            complain(node[other]!, $"'{other}' of the local rate limit");
        }
        long status = node.Field("status")?.Number("code") ?? TooManyRequests;
        return new EnvoyLimitSettings
        {
            StatPrefix = node.Text("stat_prefix") ?? "",
            Bucket = node.Field("token_bucket") is { } bucket ? ReadBucket(bucket) : null,
            Enabled = ReadShare(node.Field("filter_enabled")),
            Enforced = ReadShare(node.Field("filter_enforced")),
            // As Envoy: a refusal is an error.
            Status = status is >= BadRequest and < 600 ? (int)status : TooManyRequests,
            ResponseHeaders = ReadHeaders(node.Field("response_headers_to_add")),
            RequestHeaders = ReadHeaders(node.Field("request_headers_to_add_when_not_enforced")),
            Descriptors = ReadDescriptors(node.Field("descriptors")),
            TellsHeaders = node.Text("enable_x_ratelimit_headers") == "DRAFT_VERSION_03",
            AlwaysConsumesDefault = node.Flag("always_consume_default_token_bucket") ?? true,
            IsResourceExhausted = node.Flag("rate_limited_as_resource_exhausted") ?? false,
        };
    }

    private EnvoyBucketConfig? ReadBucket(ConfigNode node)
    {
        long max = node.Number("max_tokens") ?? 0;
        long perFill = node.Number("tokens_per_fill") ?? 1;
        TimeSpan interval = node.Duration("fill_interval") ?? TimeSpan.Zero;
        if (max > 0 && perFill > 0 && interval >= TimeSpan.FromMilliseconds(50))
            return new EnvoyBucketConfig(max, perFill, interval);
        complain(node, "a token_bucket that Envoy refuses (max_tokens and tokens_per_fill are at least 1, fill_interval at least 50 ms)");
        return null;
    }

    private Fraction ReadShare(ConfigNode? node)
    {
        if (node?.Field("default_value") is not { } share)
            return default;
        double whole = share.Text("denominator") switch
        {
            null or "HUNDRED" => 100,
            "TEN_THOUSAND" => 10_000,
            "MILLION" => 1_000_000,
            _ => double.NaN,
        };
        if (!double.IsNaN(whole))
            return Fraction.FromPercent((share.Number("numerator") ?? 0) * 100 / whole);
        complain(share, "a share whose denominator is unknown");
        return default;
    }

    private EquatableArray<EnvoyHeader> ReadHeaders(ConfigNode? list)
    {
        var headers = new List<EnvoyHeader>();
        foreach (ConfigNode entry in list?.Items ?? [])
        {
            string? name = entry.Field("header")?.Text("key");
            string value = entry.Field("header")?.Text("value") ?? "";
            bool? appends = entry.Text("append_action") switch
            {
                null => entry.Flag("append") ?? true,
                "APPEND_IF_EXISTS_OR_ADD" => true,
                "OVERWRITE_IF_EXISTS_OR_ADD" => false,
                _ => null,
            };
            if (name is { Length: > 0 } && appends is { } does && !value.Contains('%', StringComparison.Ordinal) && name[0] != ':')
                headers.Add(new EnvoyHeader(name.ToLowerInvariant(), value, does));
            else
                complain(entry, "a header with a substitution, a pseudo header or an unknown append_action");
        }
        return headers.ToEquatableArray();
    }

    private EquatableArray<EnvoyDescriptorConfig> ReadDescriptors(ConfigNode? list)
    {
        var descriptors = new List<EnvoyDescriptorConfig>();
        foreach (ConfigNode node in list?.Items ?? [])
        {
            EnvoyDescriptorEntry[] entries = [.. (node.Field("entries")?.Items ?? [])
                .Select(entry => new EnvoyDescriptorEntry(entry.Text("key") ?? "", entry.Text("value") is { Length: > 0 } value ? value : null))];
            if (entries.Length == 0 || node.Field("token_bucket") is not { } bucket)
                complain(node, "a descriptor without entries or token_bucket");
            else if (ReadBucket(bucket) is { } read)
                descriptors.Add(new EnvoyDescriptorConfig(entries.ToEquatableArray(), read));
        }
        return descriptors.ToEquatableArray();
    }

    private EnvoyAction? ReadAction(ConfigNode node)
    {
        if (node.Entries.Count == 1)
        {
            ConfigNode body = node.Entries[0].Value;
            switch (node.Entries[0].Key)
            {
                case "remote_address" or "remoteAddress":
                    return new EnvoyAction(EnvoyActionKind.RemoteAddress, "remote_address", "");
                case "masked_remote_address" or "maskedRemoteAddress":
                    return new EnvoyAction(EnvoyActionKind.MaskedRemoteAddress, "masked_remote_address", "")
                    {
                        Ipv4Bits = (int)Math.Clamp(body.Number("v4_prefix_mask_len") ?? 32, 0, 32),
                        Ipv6Bits = (int)Math.Clamp(body.Number("v6_prefix_mask_len") ?? 128, 0, 128),
                    };
                case "destination_cluster" or "destinationCluster":
                    return new EnvoyAction(EnvoyActionKind.DestinationCluster, "destination_cluster", "");
                case "generic_key" or "genericKey" when body.Text("descriptor_value") is { } value:
                    return new EnvoyAction(EnvoyActionKind.GenericKey, body.Text("descriptor_key") ?? "generic_key", value);
                case "request_headers" or "requestHeaders" when body.Text("header_name") is { } header && body.Text("descriptor_key") is { } key:
                    return new EnvoyAction(EnvoyActionKind.RequestHeader, key, header.ToLowerInvariant()) { SkipIfAbsent = body.Flag("skip_if_absent") ?? false };
                case "header_value_match" or "headerValueMatch" when body.Text("descriptor_value") is { } value && ReadConditions(body.Field("headers")) is { } conditions:
                    return new EnvoyAction(EnvoyActionKind.HeaderValueMatch, body.Text("descriptor_key") ?? "header_match", value)
                    {
                        ExpectMatch = body.Flag("expect_match") ?? true,
                        Headers = conditions,
                    };
            }
        }
        complain(node, $"the rate limit action {(node.Entries.Count > 0 ? node.Entries[0].Key : "(none)")} in this form; its descriptor is never made");
        return null;
    }

    private EquatableArray<EnvoyHeaderCondition>? ReadConditions(ConfigNode? list)
    {
        var conditions = new List<EnvoyHeaderCondition>();
        foreach (ConfigNode node in list?.Items ?? [])
        {
            if (node.Text("name") is not { Length: > 0 } name || ReadMatcher(node) is not { } matcher)
                return null;
            conditions.Add(new EnvoyHeaderCondition(name.ToLowerInvariant(), matcher, node.Flag("invert_match") ?? false));
        }
        return conditions.Count == 0 ? null : conditions.ToEquatableArray();
    }

    private StringMatcher? ReadMatcher(ConfigNode node)
    {
        ConfigNode? text = node.Field("string_match");
        string anyCase = text?.Flag("ignore_case") == true ? "(?i)" : "";
        StringMatch match = new()
        {
            Exact = text?.Text("exact") ?? node.Text("exact_match"),
            Prefix = text?.Text("prefix") ?? node.Text("prefix_match"),
            Regex = (text?.Field("safe_regex") ?? node.Field("safe_regex_match"))?.Text("regex")
                ?? ((text?.Text("suffix") ?? node.Text("suffix_match")) is { Length: > 0 } suffix ? $"{anyCase}.*{Regex.Escape(suffix)}" : null)
                ?? ((text?.Text("contains") ?? node.Text("contains_match")) is { Length: > 0 } part ? $"{anyCase}.*{Regex.Escape(part)}.*" : null),
        };
        if (match.IsEmpty)
            return text is null && node.Others("name", "invert_match", "present_match").FirstOrDefault() is null && node.Flag("present_match") != false ? StringMatcher.Present : null;
        return matchers.TryGet(match, text?.Flag("ignore_case") ?? false, out StringMatcher matcher, out _) ? matcher : null;
    }
}
