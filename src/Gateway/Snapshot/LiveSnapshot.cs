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

    public LiveSnapshot(GatewaySnapshot config, ImmutableArray<Cluster> clusters, SnapshotFilters filters)
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
                    Routes = chain.Routes,
                    Authentication = filters.Authentication,
                    Authorization = filters.Authorization,
                    Filters = filters.Forwarding,
                    Clusters = clusters,
                };
            }
        }
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
}
