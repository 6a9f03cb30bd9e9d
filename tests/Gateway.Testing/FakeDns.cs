using System.Collections.Concurrent;
using System.Net;

namespace Gateway.Testing;

/// <summary>A DNS server on loopback (UDP and TCP on one port) with answers set by the test; unknown names are NXDOMAIN.</summary>
public sealed class FakeDns : IAsyncDisposable
{
    private const int ServerFailure = 2;
    private const int NoSuchName = 3;

    private readonly ConcurrentDictionary<string, Answer> _answers = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, int> _queries = new(StringComparer.OrdinalIgnoreCase);
    private readonly ScriptedDns _server;

    /// <summary>Starts a server.</summary>
    public FakeDns() => _server = new ScriptedDns(Reply);

    /// <summary>Its address.</summary>
    public IPEndPoint EndPoint => _server.EndPoint;

    /// <summary>Sets the addresses of a name (none: the name exists without addresses).</summary>
    public void Set(string name, TimeSpan ttl, params IPAddress[] addresses) => _answers[name.TrimEnd('.')] = new Answer(ttl, addresses, false);

    /// <summary>Lets queries for the name fail with SERVFAIL.</summary>
    public void Fail(string name) => _answers[name.TrimEnd('.')] = new Answer(TimeSpan.Zero, [], true);

    /// <summary>Forgets a name.</summary>
    public void Remove(string name) => _answers.TryRemove(name.TrimEnd('.'), out _);

    /// <summary>How often a name was asked for.</summary>
    public int Queries(string name) => _queries.GetValueOrDefault(name.TrimEnd('.'));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private byte[] Reply(ScriptedDnsQuery query)
    {
        _queries.AddOrUpdate(query.Name, 1, (_, count) => count + 1);
        if (!_answers.TryGetValue(query.Name, out Answer? answer))
            return query.Reply(NoSuchName, []);
        return answer.Fails ? query.Reply(ServerFailure, []) : query.Answer((int)answer.Ttl.TotalSeconds, answer.Addresses);
    }

    private sealed record Answer(TimeSpan Ttl, IPAddress[] Addresses, bool Fails);
}
