using System.Globalization;
using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>A RateLimitPolicy.</summary>
internal static class RateLimitPolicyValidator
{
    /// <summary>Bounds of <c>maxKeys</c>: a key takes 16 bytes.</summary>
    private const int FewestKeys = 8;
    private const int MostKeys = 4_194_304;
    private const int MostLimits = 64;
    private const uint MostRequests = 1_000_000_000;
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Checks the whole resource.</summary>
    public static void Check(Findings findings, RateLimitPolicySpec spec)
    {
        if (spec.Selector is { } selector)
            PolicyTargetRules.CheckSelector(findings, selector);
        for (int i = 0; i < spec.TargetRefs.Count; i++)
            CheckTarget(findings, spec.TargetRefs[i]);
        for (int i = 0; i < spec.Hosts.Count; i++)
        {
            if (!IsHost(spec.Hosts[i]))
                findings.Error(spec, "hosts", i, "A host is a name, *.suffix or *, without a port.");
        }
        if (spec.Limits.IsEmpty)
            findings.Error(spec, "limits", "There must be at least one limit.");
        if (spec.Limits.Count > MostLimits)
            findings.Error(spec, "limits", $"There must be at most {MostLimits} limits.");
        if (spec.Redis is { } redis)
            CheckRedis(findings, redis);
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (RateLimit limit in spec.Limits)
        {
            if (!names.Add(limit.Name))
                findings.Error(limit, "name", "Two limits of the policy have this name.");
            CheckLimit(findings, spec, limit);
        }
    }

    private static void CheckTarget(Findings findings, RateLimitTarget target)
    {
        if (target.Kind is not ("Gateway" or "VirtualService"))
            findings.Error(target, "kind", "The kind must be Gateway or VirtualService.");
        if (target.Name.Length == 0)
            findings.Error(target, "name", "The name is missing.");
        if (target.Route is not null && target.Kind != "VirtualService")
            findings.Error(target, "route", "Only a VirtualService has routes.");
    }

    private static void CheckLimit(Findings findings, RateLimitPolicySpec spec, RateLimit limit)
    {
        // It stands between quotes in response headers.
        if (limit.Name.Length is 0 or > 63 || limit.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
            findings.Error(limit, "name", "The name must have 1 to 63 letters, digits, '-', '_' or '.'.");
        if (limit.Requests is not (>= 1 and <= MostRequests))
            findings.Error(limit, "requests", $"requests must be 1 to {MostRequests}.");
        if (limit.Burst is not (null or (>= 1 and <= MostRequests)))
            findings.Error(limit, "burst", $"burst must be 1 to {MostRequests}.");
        if (limit.MaxKeys is < FewestKeys or > MostKeys)
            findings.Error(limit, "maxKeys", $"maxKeys must be {FewestKeys} to {MostKeys}.");
        if (limit.Scope == RateLimitScope.Shared && spec.Redis is null)
            findings.Error(limit, "scope", "A limit of scope SHARED needs spec.redis.");
        foreach (RateLimitKey key in limit.Key)
            CheckKey(findings, key);
        foreach (RateLimitMatch match in limit.Match)
        {
            CheckText(findings, match, "path", match.Path);
            foreach (KeyValuePair<string, StringMatch> header in match.Headers)
                CheckText(findings, match, $"headers.{header.Key}", header.Value, mayBeEmpty: true);
        }
    }

    private static void CheckKey(Findings findings, RateLimitKey key)
    {
        if (key.Source is not { } source)
        {
            findings.Error(key, "source", "The source is missing.");
            return;
        }
        bool needsName = source is RateLimitKeySource.Header or RateLimitKeySource.Claim;
        if (needsName && string.IsNullOrEmpty(key.Name))
            findings.Error(key, "name", "A key from a header or a claim needs its name.");
        if (!needsName && key.Name is not null)
            findings.Error(key, "name", "Only headers and claims have names.");
        if (key.Ipv4PrefixLength is 0 or > 32)
            findings.Error(key, "ipv4PrefixLength", "The length must be 1 to 32.");
        if (key.Ipv6PrefixLength is 0 or > 128)
            findings.Error(key, "ipv6PrefixLength", "The length must be 1 to 128.");
    }

    private static void CheckText(Findings findings, RateLimitMatch match, string field, StringMatch? text, bool mayBeEmpty = false)
    {
        if (text is null)
            return;
        int set = (text.Exact is null ? 0 : 1) + (text.Prefix is null ? 0 : 1) + (text.Regex is null ? 0 : 1);
        if (set > 1 || (set == 0 && !mayBeEmpty))
            findings.Error(match, field, "One of exact, prefix and regex must be set.");
        StringMatchRules.CheckRegex(findings, text, field);
    }

    private static void CheckRedis(Findings findings, RateLimitRedis redis)
    {
        int colon = redis.Address.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(redis.Address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            || AddressRules.PortFault(port) is not null || redis.Address.AsSpan().IndexOfAny(", =") >= 0)
        {
            findings.Error(redis, "address", "The address must be host:port.");
        }
        if (redis.Timeout < TimeSpan.FromMilliseconds(1) || redis.Timeout > LongestTimeout)
            findings.Error(redis, "timeout", "The timeout must be 1ms to 5s.");
    }

    private static bool IsHost(string host)
    {
        string name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
        return host == "*" || (name.Length > 0 && name.AsSpan().IndexOfAny("*:/ ") < 0);
    }
}
