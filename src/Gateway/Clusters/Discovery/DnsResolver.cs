using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsClient;
using Gateway.Config;

namespace Gateway.Clusters.Discovery;

/// <summary>
/// Names to addresses, as the system's resolver would: hosts file, search domains, servers in order. One look-up, one
/// answer; <see cref="DnsHosts"/> keeps them. Thread-safe.
/// </summary>
internal sealed class DnsResolver : IDisposable
{
    private readonly ResolverConfig _config;
    private readonly HostsFile? _hosts;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<EquatableArray<IPEndPoint>, DnsQueries> _queries = new();

    public DnsResolver(ResolverConfig config, TimeProvider time)
    {
        _config = config;
        _time = time;
        _hosts = config.HostsFile is { } path ? new HostsFile(path) : null;
        Limiter = new DnsRateLimiter(config.QueriesPerSecond, time);
    }

    /// <summary>What holds queries back.</summary>
    public DnsRateLimiter Limiter { get; }

    /// <summary>Resolves a name. Throws for <paramref name="cancellationToken"/> alone.</summary>
    /// <param name="name">The name; with a dot at its end no search domain is tried.</param>
    /// <param name="options">Which addresses, and who is asked.</param>
    /// <param name="urgent">Whether a request waits for it.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    public async Task<DnsAnswer> ResolveAsync(string name, DnsHostOptions options, bool urgent, CancellationToken cancellationToken)
    {
        if (_hosts?.Find(name) is { Length: > 0 } fromFile)
        {
            ImmutableArray<IPAddress> wanted = [.. fromFile.Where(address => IsWanted(address, options.Family)).OrderBy(address => address.AddressFamily)];
            return wanted.IsEmpty
                ? new DnsAnswer(DnsOutcome.NotFound, [], null, "the hosts file has no address of the wanted family")
                : new DnsAnswer(DnsOutcome.Found, wanted, null, "from the hosts file");
        }
        // Who names a server of his own for a name means that name, not one inside the cluster.
        DnsQueries queries = options.Servers.IsEmpty
            ? _queries.GetOrAdd(default, _ => new DnsQueries(_config.Servers, _config, Limiter, _time))
            : _queries.GetOrAdd(options.Servers, servers => new DnsQueries([.. servers.AsSpan()], _config, Limiter, _time));
        DnsAnswer? failure = null, notFound = null;
        foreach (string candidate in _config.Candidates(name))
        {
            DnsAnswer answer = await AskAsync(queries, candidate, options.Family, urgent, cancellationToken);
            if (answer.Outcome == DnsOutcome.Found)
                return answer;
            if (answer.Outcome == DnsOutcome.Failed)
                failure ??= answer;
            else
                notFound = Shorter(notFound, answer);
        }
        return failure ?? notFound ?? DnsAnswer.Failure("there is nothing to ask for");
    }

    public void Dispose() => Limiter.Dispose();

    private async Task<DnsAnswer> AskAsync(DnsQueries queries, string name, DnsFamily family, bool urgent, CancellationToken cancellationToken)
    {
        if (family is DnsFamily.V4 or DnsFamily.V6)
            return await queries.AskAsync(name, family == DnsFamily.V4 ? QueryType.A : QueryType.AAAA, urgent, cancellationToken);
        Task<DnsAnswer> first = queries.AskAsync(name, QueryType.A, urgent, cancellationToken);
        // Without IPv6 on this machine its addresses are worth a question only where there is nothing else.
        if (family == DnsFamily.Auto && !_config.HasIPv6 && (await first).Outcome != DnsOutcome.NotFound)
            return await first;
        Task<DnsAnswer> second = queries.AskAsync(name, QueryType.AAAA, urgent, cancellationToken);
        return Join(await first, await second);
    }

    private static DnsAnswer Join(DnsAnswer v4, DnsAnswer v6)
    {
        if (v4.Outcome == DnsOutcome.Found && v6.Outcome == DnsOutcome.Found)
        {
            return v4 with { Addresses = [.. v4.Addresses, .. v6.Addresses], Ttl = v4.Ttl < v6.Ttl ? v4.Ttl : v6.Ttl };
        }
        if (v4.Outcome == DnsOutcome.Found || v6.Outcome == DnsOutcome.Found)
            return v4.Outcome == DnsOutcome.Found ? v4 : v6;
        if (v4.Outcome == DnsOutcome.Failed || v6.Outcome == DnsOutcome.Failed)
            return v4.Outcome == DnsOutcome.Failed ? v4 : v6;
        return Shorter(v4, v6);
    }

    private static DnsAnswer Shorter(DnsAnswer? one, DnsAnswer other) =>
        one is null || (other.Ttl ?? TimeSpan.MaxValue) < (one.Ttl ?? TimeSpan.MaxValue) ? other : one;

    private static bool IsWanted(IPAddress address, DnsFamily family) => family switch
    {
        DnsFamily.V4 => address.AddressFamily == AddressFamily.InterNetwork,
        DnsFamily.V6 => address.AddressFamily == AddressFamily.InterNetworkV6,
        _ => true,
    };
}
