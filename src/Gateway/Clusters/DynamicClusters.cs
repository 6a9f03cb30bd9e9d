using System.Collections.Immutable;
using Gateway.Clusters.Discovery;
using Gateway.Config;
using Gateway.Config.Resolution;
using Gateway.Matching;

namespace Gateway.Clusters;

/// <summary>How a dynamic cluster answers a request for a name.</summary>
internal enum DynamicOutcome
{
    /// <summary>There is a cluster to be used and given back.</summary>
    Found,

    /// <summary>The name is not covered, or must not be asked for.</summary>
    Refused,

    /// <summary>The name leads nowhere, or nowhere it may lead.</summary>
    NoAddress,

    /// <summary>Too many names are in use.</summary>
    Overflow,
}

/// <summary>The cluster of a name, or why there is none.</summary>
/// <param name="Outcome">How it went.</param>
/// <param name="Cluster">The cluster; it must be given back.</param>
/// <param name="Reason">In words for the log.</param>
internal readonly record struct DynamicResult(DynamicOutcome Outcome, Cluster? Cluster, string Reason);

/// <summary>
/// The clusters of the names that requests ask for under one wildcard: made with the first request for a name, ended when
/// it has not been used for a while or another name needs its place. A name costs a cluster, so there is a limit.
/// Thread-safe.
/// </summary>
internal sealed class DynamicClusters : IDisposable
{
    /// <summary>Most names in use at once.</summary>
    public const int MaxNames = 512;

    private const int HttpPort = 80;
    private const int HttpsPort = 443;

    private static readonly TimeSpan LookUpLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UnusedFor = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FailedFor = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private readonly ClusterConfig _template;
    private readonly Func<ClusterConfig, Cluster> _create;
    private readonly DnsHosts _names;
    private readonly TimeProvider _time;
    private readonly Dictionary<(string Host, int Port), Entry> _entries = [];
    private readonly Lock _lock = new();
    private readonly ITimer _looking;
    private bool _disposed;

    /// <summary>Makes the clusters of one wildcard.</summary>
    /// <param name="template">The wildcard's description.</param>
    /// <param name="create">Makes a live cluster.</param>
    /// <param name="names">Keeps names up to date.</param>
    /// <param name="time">The clock.</param>
    public DynamicClusters(ClusterConfig template, Func<ClusterConfig, Cluster> create, DnsHosts names, TimeProvider time)
    {
        _template = template;
        _create = create;
        _names = names;
        _time = time;
        _looking = time.CreateTimer(static state => ((DynamicClusters)state!).EndUnused(), this, LookEvery, LookEvery);
    }

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>The clusters of the moment, for people.</summary>
    public ImmutableArray<Cluster> List
    {
        get
        {
            lock (_lock)
                return [.. _entries.Values.Select(entry => entry.Cluster)];
        }
    }

    /// <summary>The cluster for a request; a found one must be given to <see cref="Return"/> when the request has ended.</summary>
    /// <param name="authority">Whom the request asks for.</param>
    /// <param name="cancellationToken">The client has gone.</param>
    public async ValueTask<DynamicResult> FindAsync(string authority, CancellationToken cancellationToken)
    {
        if (EgressTarget.Parse(authority, out EgressTarget? target) is { } fault)
            return Refused($"{authority} {fault}");
        string host = target!.Host;
        if (EgressTarget.Refusal(host) is { } forbidden)
            return Refused($"{host} {forbidden}");
        if (target.Address is { } address && _template.Dns.Guard.Refusal(address, _names.OwnAddresses) is { } refusal)
        {
            _names.CountRefused(1);
            return Refused(refusal);
        }
        if (_template.Host != "*" && !(HostName.IsWildcard(_template.Host) ? HostName.IsSubsetOf(host, _template.Host) : host == _template.Host))
            return Refused($"{host} is not one of {_template.Host}");
        int port = _template.DynamicPort != 0 ? _template.DynamicPort : target.Port ?? (_template.Tls is null ? HttpPort : HttpsPort);
        if (Take((host, port)) is not { } entry)
            return new DynamicResult(DynamicOutcome.Overflow, null, $"{MaxNames} names are in use");
        try
        {
            await entry.Cluster.WarmAsync().WaitAsync(LookUpLimit, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // What is known by now is said below.
        }
        catch
        {
            Return(entry.Cluster);
            throw;
        }
        if (entry.Cluster.Endpoints.Count > 0)
            return new DynamicResult(DynamicOutcome.Found, entry.Cluster, "");
        string problem = entry.Cluster.DnsProblem ?? $"{host} has no address";
        Return(entry.Cluster);
        return new DynamicResult(DynamicOutcome.NoAddress, null, problem);
    }

    /// <summary>A request has ended.</summary>
    public void Return(Cluster cluster)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue((cluster.Config.Host, cluster.Config.Port), out Entry? entry) && ReferenceEquals(entry.Cluster, cluster))
                (entry.Users, entry.UsedAt) = (entry.Users - 1, _time.GetTimestamp());
        }
    }

    public void Dispose()
    {
        _looking.Dispose();
        lock (_lock)
        {
            _disposed = true;
            foreach (Entry entry in _entries.Values)
                entry.Cluster.Dispose();
            _entries.Clear();
        }
    }

    private static DynamicResult Refused(string reason) => new(DynamicOutcome.Refused, null, reason);

    private Entry? Take((string Host, int Port) key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out Entry? entry))
            {
                if (_disposed || !End(MaxNames - 1))
                    return null;
                _entries.Add(key, entry = new Entry(_create(ConfigOf(key))));
                // With a dot at its end: a client's name is never one inside the search domains.
                string address = entry.Cluster.Config.Discovery == DiscoveryType.Static ? key.Host : key.Host + ".";
                EquatableArray<EndpointConfig> endpoints = [new EndpointConfig { Address = address, Port = key.Port }];
                entry.Cluster.Assign(endpoints, _names, urgent: true);
            }
            entry.Users++;
            return entry;
        }
    }

    // Metrics and logs of all names stand under the wildcard: clients must not make ever new labels.
    private ClusterConfig ConfigOf((string Host, int Port) key) => _template with
    {
        Name = $"outbound|{key.Port}|{_template.Subset}|{key.Host}",
        Host = key.Host,
        Port = key.Port,
        Discovery = System.Net.IPAddress.TryParse(key.Host, out _) ? DiscoveryType.Static : DiscoveryType.LogicalDns,
    };

    private void EndUnused()
    {
        lock (_lock)
            End(MaxNames);
    }

    /// <summary>Ends what was not used for a while and, if there are more than <paramref name="most"/>, what was not used for longest.</summary>
    private bool End(int most)
    {
        List<((string, int) Key, Entry Entry)> idle = [.. _entries.Where(pair => pair.Value.Users == 0).OrderBy(pair => pair.Value.UsedAt).Select(pair => (pair.Key, pair.Value))];
        foreach (((string, int) key, Entry entry) in idle)
        {
            TimeSpan unused = _time.GetElapsedTime(entry.UsedAt);
            bool isOver = unused > (entry.Cluster.Endpoints.Count == 0 ? FailedFor : UnusedFor);
            if (!isOver && _entries.Count <= most)
                continue;
            _entries.Remove(key);
            entry.Cluster.Dispose();
        }
        return _entries.Count <= most;
    }

    private sealed class Entry(Cluster cluster)
    {
        public Cluster Cluster { get; } = cluster;

        public int Users { get; set; }

        public long UsedAt { get; set; }
    }
}
