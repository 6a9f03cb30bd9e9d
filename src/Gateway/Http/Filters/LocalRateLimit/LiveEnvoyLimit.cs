using Gateway.Config;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Filters.LocalRateLimit;

/// <summary>A limit of EnvoyFilters with its buckets.</summary>
internal sealed class LiveEnvoyLimit
{
    /// <summary>As many values of entries without one are remembered.</summary>
    private const int WildcardKeys = 65_536;

    private readonly DescriptorBucket[] _descriptors;
    private long _default;

    public LiveEnvoyLimit(EnvoyLimitConfig config)
    {
        Config = config;
        // Envoy asks the tightest first.
        _descriptors = [.. config.Settings.Descriptors.Select(descriptor => new DescriptorBucket(descriptor)).OrderByDescending(bucket => bucket.Rate.TokenNanoseconds)];
    }

    /// <summary>The limit.</summary>
    public EnvoyLimitConfig Config { get; }

    /// <summary>Its counts.</summary>
    public RateLimitStats Stats { get; } = new();

    /// <summary>Keys whose budgets were forgotten for others.</summary>
    public long Evicted => _descriptors.Sum(descriptor => descriptor.Table?.Evicted ?? 0);

    /// <summary>Asks every bucket that the request is for.</summary>
    /// <param name="request">The request.</param>
    /// <param name="actions">What of it makes descriptors.</param>
    /// <param name="now">The instant.</param>
    /// <param name="bucket">The bucket that headers tell of: the one that refused, else the one with the fewest tokens.</param>
    /// <param name="answer">What it said.</param>
    /// <returns>Whether the request is within all of them.</returns>
    public bool Take(RequestContext request, EquatableArray<EquatableArray<EnvoyAction>> actions, long now, out EnvoyBucketConfig? bucket, out BucketAnswer answer)
    {
        bucket = null;
        answer = new BucketAnswer(true, long.MaxValue, 0, 0);
        bool matched = false;
        if (_descriptors.Length > 0 && !actions.IsEmpty)
        {
            foreach (RequestDescriptor made in Descriptors(request, actions))
            {
                foreach (DescriptorBucket descriptor in _descriptors)
                {
                    if (!descriptor.IsFor(made.Entries))
                        continue;
                    matched = true;
                    if (!Note(descriptor.Take(made.Entries, now), descriptor.Config.Bucket, ref bucket, ref answer))
                        return false;
                    break;
                }
            }
        }
        if (Config.Settings.Bucket is { } common && (!matched || Config.Settings.AlwaysConsumesDefault))
            return Note(TokenBucket.Take(ref _default, now, common.Rate), common, ref bucket, ref answer);
        return true;
    }

    private static bool Note(BucketAnswer said, EnvoyBucketConfig from, ref EnvoyBucketConfig? bucket, ref BucketAnswer answer)
    {
        if (!said.Allowed || said.Remaining < answer.Remaining)
            (bucket, answer) = (from, said);
        return said.Allowed;
    }

    private static List<RequestDescriptor> Descriptors(RequestContext request, EquatableArray<EquatableArray<EnvoyAction>> lists)
    {
        var descriptors = new List<RequestDescriptor>(lists.Count);
        foreach (EquatableArray<EnvoyAction> actions in lists)
        {
            var entries = new List<(string Key, string Value)>(actions.Count);
            bool isComplete = true;
            foreach (EnvoyAction action in actions)
            {
                if (ValueOf(action, request) is { } value)
                    entries.Add((action.Key, value));
                else if (!action.SkipIfAbsent)
                    isComplete = false;
            }
            if (isComplete && entries.Count > 0)
                descriptors.Add(new RequestDescriptor(entries));
        }
        return descriptors;
    }

    private static string? ValueOf(EnvoyAction action, RequestContext request) => action.Kind switch
    {
        EnvoyActionKind.GenericKey => action.Value,
        EnvoyActionKind.RemoteAddress => request.Info.ClientAddress ?? request.Connection.RemoteIp,
        EnvoyActionKind.MaskedRemoteAddress => KeyHash.AddressOf(request) is { } address ? IpText.Of(address, action.Ipv4Bits, action.Ipv6Bits) : null,
        EnvoyActionKind.RequestHeader => Header(request, action.Value) is { Count: > 0 } values ? values.ToString() : null,
        EnvoyActionKind.HeaderValueMatch => Matches(action, request) == action.ExpectMatch ? action.Value : null,
        _ => request.Destination?.Cluster,
    };

    private static bool Matches(EnvoyAction action, RequestContext request)
    {
        foreach (EnvoyHeaderCondition condition in action.Headers)
        {
            StringValues values = Header(request, condition.Name);
            if ((values.Count > 0 && condition.Matcher.IsMatch(values.ToString())) == condition.Invert)
                return false;
        }
        return true;
    }

    private static StringValues Header(RequestContext request, string name) => name switch
    {
        ":method" => request.Method,
        ":authority" or "host" => request.Authority,
        ":path" => request.Path + request.Query,
        ":scheme" => request.Scheme,
        _ => request.Headers.TryGetValue(name, out StringValues values) ? values : default,
    };

    /// <summary>A descriptor of a request.</summary>
    private readonly record struct RequestDescriptor(List<(string Key, string Value)> Entries);

    /// <summary>A configured descriptor with its bucket, or its buckets where it takes any value.</summary>
    private sealed class DescriptorBucket(EnvoyDescriptorConfig config)
    {
        private long _single;

        public EnvoyDescriptorConfig Config => config;

        public TokenRate Rate { get; } = config.Bucket.Rate;

        public BucketTable? Table { get; } = config.HasWildcard ? new BucketTable(WildcardKeys) : null;

        public bool IsFor(List<(string Key, string Value)> entries)
        {
            if (entries.Count != config.Entries.Count)
                return false;
            for (int i = 0; i < entries.Count; i++)
            {
                EnvoyDescriptorEntry wanted = config.Entries[i];
                if (wanted.Key != entries[i].Key || (wanted.Value is not null && wanted.Value != entries[i].Value))
                    return false;
            }
            return true;
        }

        public BucketAnswer Take(List<(string Key, string Value)> entries, long now)
        {
            if (Table is null)
                return TokenBucket.Take(ref _single, now, Rate);
            var key = new KeyHash(shared: false);
            foreach ((_, string value) in entries)
                key.Add(value);
            return Table.Take(key.Short, now, Rate);
        }
    }
}
