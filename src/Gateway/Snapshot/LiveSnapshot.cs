using System.Collections.Frozen;
using System.Collections.Immutable;
using Gateway.Clusters;
using Gateway.Http;
using Gateway.Http.Filters;
using Gateway.Listeners;
using Gateway.Streams;
using Gateway.Tcp;

namespace Gateway.Snapshot;

/// <summary>What is: a <see cref="GatewaySnapshot"/> linked to live clusters and filters. Immutable; a request reads it once and keeps what it found.</summary>
internal sealed class LiveSnapshot
{
    private readonly FrozenDictionary<string, FilterChain> _chains;
    private readonly FrozenDictionary<string, TcpTarget> _targets;

    public LiveSnapshot(GatewaySnapshot config, ImmutableArray<Cluster> clusters, SnapshotFilters filters, bool tellsMisdirected = true)
    {
        Config = config;
        Clusters = clusters;
        var settings = new HttpSettings(config.Mesh);
        Dictionary<string, FilterChain> chains = new(StringComparer.Ordinal);
        Dictionary<string, TcpTarget> targets = new(StringComparer.Ordinal);
        foreach (ListenerConfig listener in config.Listeners)
        {
            foreach (FilterChainConfig chain in listener.FilterChains)
            {
                string key = DownstreamConnection.KeyOf(listener.Name, chain.Name);
                if (chain.Tcp is { } tcp)
                {
                    targets[key] = new TcpTarget(tcp, clusters) { Authorization = filters.Network };
                    continue;
                }
                chains[key] = new FilterChain
                {
                    Name = chain.Name,
                    Settings = settings,
                    Tls = chain.Tls,
                    Routes = chain.Routes,
                    Authentication = filters.Authentication,
                    Authorization = filters.Authorization,
                    Filters = filters.Forwarding,
                    Clusters = clusters,
                };
            }
        }
        foreach (ListenerConfig listener in tellsMisdirected ? config.Listeners : [])
            LinkSiblings(listener, chains);
        _chains = chains.ToFrozenDictionary(StringComparer.Ordinal);
        _targets = targets.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>What it was linked from.</summary>
    public GatewaySnapshot Config { get; }

    /// <summary>The live clusters, by index of their assignment.</summary>
    public ImmutableArray<Cluster> Clusters { get; }

    /// <summary>A connection's chain; null = it is not in this snapshot.</summary>
    public FilterChain? FindChain(string key) => _chains.GetValueOrDefault(key);

    /// <summary>Where the bytes of a chain's connections go; null = the chain is not in this snapshot, or carries HTTP.</summary>
    public TcpTarget? FindTarget(string key) => _targets.GetValueOrDefault(key);

    private static void LinkSiblings(ListenerConfig listener, Dictionary<string, FilterChain> chains)
    {
        if (listener.FilterChains.Count < 2)
            return;
        Dictionary<string, SiblingChain> byHost = new(StringComparer.Ordinal);
        List<FilterChain> all = [];
        foreach (FilterChainConfig config in listener.FilterChains)
        {
            // What came without TLS has no handshake that could have been another's.
            if (config.IsPlain)
                continue;
            FilterChain? chain = chains.GetValueOrDefault(DownstreamConnection.KeyOf(listener.Name, config.Name));
            if (chain is not null)
                all.Add(chain);
            foreach (string name in config.ServerNames.IsEmpty ? ["*"] : config.ServerNames)
                byHost.TryAdd(name, new SiblingChain(chain));
        }
        var siblings = new SiblingChains(byHost);
        foreach (FilterChain chain in all)
            chain.Siblings = siblings;
    }
}
