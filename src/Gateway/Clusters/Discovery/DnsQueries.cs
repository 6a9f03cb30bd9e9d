using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace Gateway.Clusters.Discovery;

/// <summary>
/// Asks DNS servers for the addresses of one full name, one server after the other until one answers. What an answer
/// says of other names than the one asked for, and those it is an alias of, is not believed. Thread-safe.
/// </summary>
internal sealed class DnsQueries
{
    private const int MaxAliases = 16;
    private const int MaxAddresses = 1024;

    private static readonly TimeSpan Penalty = TimeSpan.FromSeconds(30);

    private readonly ImmutableArray<NameServer> _servers;
    private readonly long[] _failedAt;
    private readonly int _attempts;
    private readonly DnsRateLimiter _limiter;
    private readonly TimeProvider _time;
    private readonly LookupClient _client;

    public DnsQueries(ImmutableArray<IPEndPoint> servers, ResolverConfig config, DnsRateLimiter limiter, TimeProvider time)
    {
        _servers = [.. servers.Select(server => new NameServer(server))];
        _failedAt = new long[servers.Length];
        _attempts = config.Attempts;
        _limiter = limiter;
        _time = time;
        _client = new LookupClient(new LookupClientOptions([.. servers])
        {
            AutoResolveNameServers = false,
            UseCache = false,
            Timeout = config.QueryTimeout,
            Retries = 0,
            ThrowDnsErrors = false,
            UseTcpFallback = true,
            ContinueOnDnsError = false,
            ContinueOnEmptyResponse = false,
        });
    }

    /// <summary>Asks for one kind of address. Throws for <paramref name="cancellationToken"/> alone.</summary>
    public async Task<DnsAnswer> AskAsync(string name, QueryType type, bool urgent, CancellationToken cancellationToken)
    {
        string? failure = null;
        for (int attempt = 0; attempt < _attempts; attempt++)
        {
            foreach (int server in Order())
            {
                await _limiter.WaitAsync(urgent, cancellationToken);
                DnsAnswer answer = await AskAsync(_servers[server], name, type, cancellationToken);
                if (answer.Outcome != DnsOutcome.Failed)
                {
                    Volatile.Write(ref _failedAt[server], 0);
                    return answer;
                }
                Volatile.Write(ref _failedAt[server], _time.GetTimestamp());
                failure = answer.Detail;
            }
        }
        return DnsAnswer.Failure(failure ?? "no DNS server is known");
    }

    /// <summary>As configured, those that have failed lately last.</summary>
    private IEnumerable<int> Order() => Enumerable.Range(0, _servers.Length)
        .OrderBy(server => Volatile.Read(ref _failedAt[server]) is not 0 and long failed && _time.GetElapsedTime(failed) < Penalty);

    private async Task<DnsAnswer> AskAsync(NameServer server, string name, QueryType type, CancellationToken cancellationToken)
    {
        try
        {
            IDnsQueryResponse response = await _client.QueryServerAsync([server], new DnsQuestion(name, type), cancellationToken: cancellationToken);
            return Read(server, name, type, response);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (DnsResponseException e) when (e.Code == DnsResponseCode.ConnectionTimeout || e.InnerException is OperationCanceledException)
        {
            return DnsAnswer.Failure($"{server} does not answer");
        }
        catch (Exception e) when (e is SocketException or IOException || e.InnerException is SocketException)
        {
            return DnsAnswer.Failure($"{server} cannot be reached: {(e.InnerException ?? e).Message}");
        }
        catch (Exception e)
        {
            // A hostile packet can make the parser throw anything.
            return DnsAnswer.Failure($"{server} sent an answer that cannot be read: {e.Message}");
        }
    }

    private static DnsAnswer Read(NameServer server, string name, QueryType type, IDnsQueryResponse response)
    {
        if (!response.Questions.Any(question => IsSame(question.QueryName.Value, name) && question.QuestionType == type))
            return DnsAnswer.Failure($"{server} answered another question than the one asked");
        if (response.Header.ResponseCode is not (DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain))
            return DnsAnswer.Failure($"{server} answered {CodeOf(response.Header.ResponseCode)}");

        var addresses = ImmutableArray.CreateBuilder<IPAddress>();
        var aliases = ImmutableArray.CreateBuilder<string>();
        int ttl = int.MaxValue;
        string current = name;
        while (true)
        {
            foreach (DnsResourceRecord record in response.Answers)
            {
                if (record is AddressRecord address && IsSame(record.DomainName.Value, current) && address.RecordType == (ResourceRecordType)type && addresses.Count < MaxAddresses)
                {
                    addresses.Add(address.Address);
                    ttl = Math.Min(ttl, TtlOf(record));
                }
            }
            if (addresses.Count > 0 || response.Answers.OfType<CNameRecord>().FirstOrDefault(alias => IsSame(alias.DomainName.Value, current)) is not { } alias)
                break;
            if (aliases.Count == MaxAliases)
                return DnsAnswer.Failure($"{server} answered with a chain of more than {MaxAliases} aliases");
            // The alias may change before the address does.
            ttl = Math.Min(ttl, TtlOf(alias));
            current = alias.CanonicalName.Value;
            aliases.Add(current.TrimEnd('.'));
        }
        if (addresses.Count > 0)
            return new DnsAnswer(DnsOutcome.Found, addresses.ToImmutable(), TimeSpan.FromSeconds(ttl), $"answered by {server}") { Aliases = aliases.ToImmutable() };
        // RFC 2308: a negative answer is good for the lesser of the SOA's own TTL and its minimum.
        TimeSpan? negative = response.Authorities.OfType<SoaRecord>().FirstOrDefault() is { } soa
            ? TimeSpan.FromSeconds(Math.Min(TtlOf(soa), Math.Min(soa.Minimum, int.MaxValue)))
            : null;
        string what = response.Header.ResponseCode == DnsHeaderResponseCode.NotExistentDomain ? "the name does not exist (NXDOMAIN" : $"the name has no {type} record (NODATA";
        return new DnsAnswer(DnsOutcome.NotFound, [], negative, $"{what}, says {server})") { Aliases = aliases.ToImmutable() };
    }

    /// <summary>RFC 2181: a TTL with its highest bit set means 0.</summary>
    private static int TtlOf(DnsResourceRecord record) => Math.Max(0, record.InitialTimeToLive);

    private static bool IsSame(string one, string other) => one.AsSpan().TrimEnd('.').Equals(other.AsSpan().TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    private static string CodeOf(DnsHeaderResponseCode code) => code switch
    {
        DnsHeaderResponseCode.ServerFailure => "SERVFAIL",
        DnsHeaderResponseCode.Refused => "REFUSED",
        DnsHeaderResponseCode.FormatError => "FORMERR",
        DnsHeaderResponseCode.NotImplemented => "NOTIMP",
        _ => code.ToString(),
    };
}
