using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace Gateway.Clusters.Discovery;

/// <summary>What a look-up gave.</summary>
internal enum DnsOutcome
{
    /// <summary>Addresses.</summary>
    Found,

    /// <summary>The name does not exist, or has no addresses.</summary>
    NotFound,

    /// <summary>No answer: what was known before stays good.</summary>
    Failed,
}

/// <summary>The answer of a look-up.</summary>
/// <param name="Outcome">What it gave.</param>
/// <param name="Addresses">The addresses in the server's order.</param>
/// <param name="Ttl">How long they are good; null = the server did not say.</param>
internal sealed record DnsAnswer(DnsOutcome Outcome, ImmutableArray<IPAddress> Addresses, TimeSpan? Ttl);

/// <summary>
/// Names to addresses, as the system's resolver would: hosts file, search domains, servers in order. IPv4 addresses win,
/// IPv6 ones are asked for where there is none. Answers are shared while they are good and look-ups of one name while
/// they are under way. Thread-safe.
/// </summary>
internal sealed class DnsResolver
{
    // A name that is looked up by many clusters is asked for once.
    private const int MaxCachedNames = 10_000;

    private readonly ResolverConfig _config;
    private readonly HostsFile? _hosts;
    private readonly LookupClient _client;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, Cached> _cache = new(StringComparer.OrdinalIgnoreCase);

    public DnsResolver(ResolverConfig config, TimeProvider time)
    {
        _config = config;
        _time = time;
        _hosts = config.HostsFile is { } path ? new HostsFile(path) : null;
        _client = new LookupClient(new LookupClientOptions([.. config.Servers])
        {
            AutoResolveNameServers = false,
            UseCache = false,
            Timeout = config.QueryTimeout,
            Retries = 1,
            ThrowDnsErrors = false,
            UseTcpFallback = true,
        });
    }

    /// <summary>Resolves a name. Never throws but for <paramref name="cancellationToken"/>.</summary>
    public async Task<DnsAnswer> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        if (_cache.TryGetValue(name, out Cached? cached) && !cached.IsOver(_time))
            return await cached.Answer.WaitAsync(cancellationToken);
        if (_cache.Count >= MaxCachedNames)
            _cache.Clear();
        var fresh = new Cached(_time, () => LookUpAsync(name));
        _cache[name] = fresh;
        return await fresh.Answer.WaitAsync(cancellationToken);
    }

    private async Task<DnsAnswer> LookUpAsync(string name)
    {
        if (_hosts?.Find(name) is { Length: > 0 } fromFile)
            return new DnsAnswer(DnsOutcome.Found, PreferIPv4(fromFile), null);
        bool failed = false;
        foreach (string candidate in _config.Candidates(name))
        {
            DnsAnswer answer = await QueryAsync(candidate, QueryType.A);
            if (answer.Outcome == DnsOutcome.NotFound)
                answer = await QueryAsync(candidate, QueryType.AAAA);
            if (answer.Outcome == DnsOutcome.Found)
                return answer;
            failed |= answer.Outcome == DnsOutcome.Failed;
        }
        return new DnsAnswer(failed ? DnsOutcome.Failed : DnsOutcome.NotFound, [], null);
    }

    private async Task<DnsAnswer> QueryAsync(string name, QueryType type)
    {
        try
        {
            IDnsQueryResponse response = await _client.QueryAsync(name, type);
            if (response.HasError && response.Header.ResponseCode != DnsHeaderResponseCode.NotExistentDomain)
                return new DnsAnswer(DnsOutcome.Failed, [], null);
            var addresses = ImmutableArray.CreateBuilder<IPAddress>();
            int? ttl = null;
            foreach (DnsResourceRecord record in response.Answers)
            {
                // A CNAME's TTL counts too: the alias may change before the address does.
                ttl = Math.Min(ttl ?? int.MaxValue, record.InitialTimeToLive);
                if (record is AddressRecord address)
                    addresses.Add(address.Address);
            }
            return addresses.Count == 0
                ? new DnsAnswer(DnsOutcome.NotFound, [], null)
                : new DnsAnswer(DnsOutcome.Found, addresses.ToImmutable(), TimeSpan.FromSeconds(ttl ?? 0));
        }
        catch (Exception e) when (e is DnsResponseException or SocketException or OperationCanceledException or ArgumentException or InvalidOperationException)
        {
            return new DnsAnswer(DnsOutcome.Failed, [], null);
        }
    }

    private static ImmutableArray<IPAddress> PreferIPv4(ImmutableArray<IPAddress> addresses)
    {
        ImmutableArray<IPAddress> ipv4 = [.. addresses.Where(address => address.AddressFamily == AddressFamily.InterNetwork)];
        return ipv4.IsEmpty ? addresses : ipv4;
    }

    /// <summary>A look-up under way or its answer while that is good.</summary>
    private sealed class Cached
    {
        private readonly Lazy<Task<DnsAnswer>> _answer;
        private long _endedAt;

        public Cached(TimeProvider time, Func<Task<DnsAnswer>> lookUp) => _answer = new Lazy<Task<DnsAnswer>>(async () =>
        {
            DnsAnswer answer = await lookUp();
            Volatile.Write(ref _endedAt, time.GetTimestamp());
            return answer;
        });

        public Task<DnsAnswer> Answer => _answer.Value;

        // Only good answers are kept; what failed is asked again by whoever wants to know.
        public bool IsOver(TimeProvider time) =>
            Volatile.Read(ref _endedAt) is not 0 and long ended &&
            (_answer.Value is not { IsCompletedSuccessfully: true } task || time.GetElapsedTime(ended) >= (task.GetAwaiter().GetResult().Ttl ?? TimeSpan.Zero));
    }
}
