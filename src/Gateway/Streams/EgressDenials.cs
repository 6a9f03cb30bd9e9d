using System.Collections.Immutable;

namespace Gateway.Streams;

/// <summary>What was asked for and refused.</summary>
/// <param name="Host">The host; empty = the client named none.</param>
/// <param name="Port">The port asked for; 0 = none was named.</param>
/// <param name="Protocol"><c>HTTP</c>, <c>CONNECT</c> or <c>TLS</c>: how it was asked for.</param>
/// <param name="ServerName">The server name of the client's TLS; empty = none.</param>
/// <param name="Source">The client's address.</param>
internal readonly record struct EgressDenial(string Host, int Port, string Protocol, string ServerName, string Source)
{
    /// <summary>A request to a proxy, or for a wildcard's name.</summary>
    public const string Http = "HTTP";

    /// <summary>A tunnel.</summary>
    public const string Connect = "CONNECT";

    /// <summary>A connection whose TLS passes through.</summary>
    public const string Tls = "TLS";
}

/// <summary>A refused destination with how often it was asked for.</summary>
/// <param name="Denial">What was asked for.</param>
/// <param name="Count">How often.</param>
/// <param name="LastSeen">When last.</param>
/// <param name="Reason">Why it was refused, the last time.</param>
internal sealed record EgressDenialCount(EgressDenial Denial, long Count, DateTimeOffset LastSeen, string Reason);

/// <summary>
/// Learns what clients of an egress gateway ask for in vain, so that an operator can allow it. Of limited size: what was
/// asked for longest ago makes room. Thread-safe.
/// </summary>
internal sealed class EgressDenials(TimeProvider time)
{
    /// <summary>Most destinations kept.</summary>
    public const int MaxEntries = 1024;

    private const int MaxText = 253;

    private readonly Dictionary<EgressDenial, LinkedListNode<EgressDenialCount>> _entries = [];
    private readonly LinkedList<EgressDenialCount> _byTime = [];
    private readonly Lock _lock = new();
    private long _requests;
    private long _tunnels;
    private long _connections;

    /// <summary>Refusals since the start, by how clients asked.</summary>
    public IReadOnlyList<(string Protocol, long Total)> Totals =>
    [
        (EgressDenial.Http, Interlocked.Read(ref _requests)),
        (EgressDenial.Connect, Interlocked.Read(ref _tunnels)),
        (EgressDenial.Tls, Interlocked.Read(ref _connections)),
    ];

    /// <summary>How many destinations are kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>What is kept, newest first.</summary>
    public ImmutableArray<EgressDenialCount> List
    {
        get
        {
            lock (_lock)
                return [.. _byTime];
        }
    }

    /// <summary>Notes a refusal.</summary>
    public void Note(EgressDenial denial, string reason)
    {
        ref long total = ref _requests;
        if (denial.Protocol != EgressDenial.Http)
            total = ref denial.Protocol == EgressDenial.Connect ? ref _tunnels : ref _connections;
        Interlocked.Increment(ref total);
        // Texts come from clients: they are kept as long as a name may be, and no longer.
        denial = denial with { Host = Cut(denial.Host), ServerName = Cut(denial.ServerName) };
        lock (_lock)
        {
            long count = 1;
            if (_entries.Remove(denial, out LinkedListNode<EgressDenialCount>? known))
            {
                count += known.Value.Count;
                _byTime.Remove(known);
            }
            else if (_entries.Count >= MaxEntries)
            {
                _entries.Remove(_byTime.Last!.Value.Denial);
                _byTime.RemoveLast();
            }
            _entries[denial] = _byTime.AddFirst(new EgressDenialCount(denial, count, time.GetUtcNow(), reason));
        }
    }

    private static string Cut(string text) => text.Length <= MaxText ? text : text[..MaxText];
}
