using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Resolution;
using Gateway.Http.Filters.LocalRateLimit;
using Gateway.Matching;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation.RateLimits;

/// <summary>Turns RateLimitPolicies into the limits of routes.</summary>
internal sealed class RateLimitPolicyCompiler
{
    private readonly CompilationContext _context;
    private readonly List<CompiledPolicy> _policies = [];

    public RateLimitPolicyCompiler(CompilationContext context)
    {
        _context = context;
        foreach (Resource<RateLimitPolicySpec> policy in context.Config.RateLimitPolicies)
        {
            bool isMeant = policy.Spec.Selector is not { } selector || context.Identity.Labels is not { } labels || LabelSelector.Selects(selector.MatchLabels, labels);
            if (isMeant && Guard.Run(context, policy, () => Compile(policy)) is { } compiled)
                _policies.Add(compiled);
        }
    }

    private sealed record CompiledPolicy(Resource<RateLimitPolicySpec> Policy, EquatableArray<AppliedLimit> Limits);

    /// <summary>The limits at a place.</summary>
    public EquatableArray<AppliedLimit> At(RateLimitPlace place)
    {
        List<AppliedLimit>? limits = null;
        foreach (CompiledPolicy policy in _policies)
        {
            if (IsFor(policy.Policy, place.Route))
                (limits ??= []).AddRange(policy.Limits);
        }
        return limits is null ? default : limits.ToEquatableArray();
    }

    /// <summary>
    /// Without targets, a policy of the gateway's namespace or the root namespace is for every request, and one of another
    /// namespace for the VirtualServices there.
    /// </summary>
    private bool IsFor(Resource<RateLimitPolicySpec> policy, Route? route)
    {
        string ns = policy.Metadata.Namespace;
        if (policy.Spec.TargetRefs.IsEmpty)
            return ns == _context.Identity.Namespace || ns == _context.Config.Mesh.RootNamespace || Services(route).Any(service => service.Namespace == ns);
        foreach (RateLimitTarget target in policy.Spec.TargetRefs)
        {
            if (target.Kind == "Gateway" ? route?.Gateway == $"{ns}/{target.Name}" : IsOf(route, ns, target))
                return true;
        }
        return false;
    }

    private static bool IsOf(Route? route, string ns, RateLimitTarget target)
    {
        foreach (ResourceId service in Services(route))
        {
            if (service.Namespace == ns && service.Name == target.Name)
                return target.Route is not { } name || route!.Name == name || route.Name.StartsWith(name + ".", StringComparison.Ordinal);
        }
        return false;
    }

    /// <summary>The VirtualService that wrote a route, and the one that delegates to it.</summary>
    private static IEnumerable<ResourceId> Services(Route? route)
    {
        if (route is null)
            yield break;
        yield return route.Origin.Resource;
        if (route.VirtualService is { } bound && bound != route.Origin.Resource)
            yield return bound;
    }

    private CompiledPolicy Compile(Resource<RateLimitPolicySpec> policy)
    {
        for (int i = 0; i < policy.Spec.TargetRefs.Count; i++)
        {
            RateLimitTarget target = policy.Spec.TargetRefs[i];
            bool exists = target.Kind == "Gateway" ? Has(_context.Config.Gateways, policy, target) : Has(_context.Config.VirtualServices, policy, target);
            if (!exists)
                _context.Report(DiagnosticCatalogue.UnknownReference, policy, $"spec.targetRefs[{i}]", $"There is no {target.Kind} {policy.Metadata.Namespace}/{target.Name}: it limits nothing.");
        }
        RedisConfig? redis = policy.Spec.Redis is { } server && policy.Spec.Limits.Any(limit => limit.Scope == RateLimitScope.Shared) ? Redis(policy, server) : null;
        string[] hosts = [.. policy.Spec.Hosts.Select(host => host.ToLowerInvariant())];
        var limits = new List<AppliedLimit>(policy.Spec.Limits.Count);
        for (int i = 0; i < policy.Spec.Limits.Count; i++)
        {
            RateLimit limit = policy.Spec.Limits[i];
            string path = $"spec.limits[{i}]";
            if (Matches(policy, limit, path) is { } matches)
                limits.Add(new AppliedLimit(Limit(policy, limit, redis), hosts.ToEquatableArray(), matches, new ConfigOrigin(policy.Id, limit.Node.Location, path)));
        }
        return new CompiledPolicy(policy, limits.ToEquatableArray());
    }

    private static bool Has<T>(IReadOnlyList<Resource<T>> resources, Resource policy, RateLimitTarget target)
        where T : SpecRecord =>
        resources.Any(resource => resource.Metadata.Namespace == policy.Metadata.Namespace && resource.Metadata.Name == target.Name);

    private static RateLimitConfig Limit(Resource policy, RateLimit limit, RedisConfig? redis) => new()
    {
        Id = $"{policy.Metadata.Namespace}/{policy.Metadata.Name}/{limit.Name}",
        Name = limit.Name,
        Requests = limit.Requests ?? 1,
        Window = limit.Unit switch
        {
            RateLimitUnit.Minute => TimeSpan.FromMinutes(1),
            RateLimitUnit.Hour => TimeSpan.FromHours(1),
            RateLimitUnit.Day => TimeSpan.FromDays(1),
            _ => TimeSpan.FromSeconds(1),
        },
        Burst = limit.Burst ?? limit.Requests ?? 1,
        Key = [.. limit.Key.Select(KeyPart)],
        MaxKeys = (int)limit.MaxKeys,
        DryRun = limit.DryRun,
        Redis = limit.Scope == RateLimitScope.Shared ? redis : null,
    };

    private static RateLimitKeyPart KeyPart(RateLimitKey key)
    {
        RateLimitKeySource source = key.Source ?? RateLimitKeySource.ClientAddress;
        string name = key.Name ?? "";
        EquatableArray<string> claim = source != RateLimitKeySource.Claim ? default
            : name[0] == '[' && name[^1] == ']' ? [.. name[1..^1].Split("][")]
            : [.. name.Split('.')];
        return new RateLimitKeyPart(source, source == RateLimitKeySource.Header ? name.ToLowerInvariant() : name, claim, (int)key.Ipv4PrefixLength, (int)key.Ipv6PrefixLength);
    }

    /// <summary>Null = a match cannot be used, which was reported; the limit is left out.</summary>
    private EquatableArray<RateLimitMatcher>? Matches(Resource policy, RateLimit limit, string path)
    {
        var matches = new List<RateLimitMatcher>(limit.Match.Count);
        foreach (RateLimitMatch match in limit.Match)
        {
            StringMatcher? onPath = null;
            if (match.Path is { } wanted && (onPath = Matcher(policy, wanted, path)) is null)
                return null;
            var headers = new List<KeyValuePair<string, StringMatcher>>(match.Headers.Count);
            foreach (KeyValuePair<string, StringMatch> header in match.Headers)
            {
                if (Matcher(policy, header.Value, path) is not { } onHeader)
                    return null;
                headers.Add(KeyValuePair.Create(header.Key.ToLowerInvariant(), onHeader));
            }
            matches.Add(new RateLimitMatcher(onPath, match.Methods, headers.ToEquatableArray()));
        }
        return matches.ToEquatableArray();
    }

    private StringMatcher? Matcher(Resource policy, StringMatch match, string path)
    {
        if (_context.Matchers.TryGet(match, ignoreCase: false, out StringMatcher matcher, out string error))
            return matcher;
        _context.Report(DiagnosticCatalogue.BadRegex, policy, path, $"The regular expression \"{match.Regex}\" cannot be compiled: {error} The limit is left out.", match.Node);
        return null;
    }

    private RedisConfig Redis(Resource policy, RateLimitRedis server)
    {
        RedisLogin? login = null;
        if (server.CredentialName is { Length: > 0 } name)
        {
            Resource<SecretSpec>? secret = _context.Config.Secrets.FirstOrDefault(one => one.Metadata.Namespace == policy.Metadata.Namespace && one.Metadata.Name == name);
            if (secret is null || !secret.Spec.Data.TryGetValue("password", out EquatableArray<byte> password))
            {
                _context.Report(DiagnosticCatalogue.UnknownReference, policy, "spec.redis.credentialName",
                    $"The Secret {policy.Metadata.Namespace}/{name} with the key password does not exist: Redis is asked without a password.");
            }
            else
            {
                string? user = secret.Spec.Data.TryGetValue("username", out EquatableArray<byte> bytes) ? Encoding.UTF8.GetString(bytes.AsSpan()) : null;
                login = new RedisLogin(user, Encoding.UTF8.GetString(password.AsSpan()));
            }
        }
        return new RedisConfig(server.Address, server.Timeout, server.Tls, login);
    }
}
