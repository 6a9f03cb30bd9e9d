using Gateway.Matching;
using Gateway.Streams;
using Gateway.Tls;

namespace Gateway.Listeners;

/// <summary>A filter chain as its listener sees it: which connections it takes and how TLS is ended.</summary>
/// <param name="Name">The chain's name.</param>
/// <param name="Key">The chain's key in snapshots.</param>
/// <param name="Tls">TLS settings; null = plain text.</param>
/// <param name="Context">What handshakes are answered with; null = plain text.</param>
internal sealed record ListenerChain(string Name, string Key, DownstreamTlsConfig? Tls, DownstreamTlsContext? Context);

/// <summary>The chains of one port, found by server name. Immutable; replaced whole when the configuration changes.</summary>
internal sealed class ListenerChains
{
    private readonly HostMap<ListenerChain> _byServerName;
    private readonly ListenerChain? _anyServerName;

    public ListenerChains(ListenerConfig config, Func<DownstreamTlsConfig, DownstreamTlsContext?> contexts)
    {
        Dictionary<string, ListenerChain> byServerName = new(StringComparer.Ordinal);
        List<ListenerChain> all = [];
        foreach (FilterChainConfig chain in config.FilterChains)
        {
            var entry = new ListenerChain(
                chain.Name, DownstreamConnection.KeyOf(config.Name, chain.Name), chain.Tls, chain.Tls is { } tls ? contexts(tls) : null);
            all.Add(entry);
            if (chain.Tls is null)
                Plain ??= entry;
            else if (chain.ServerNames.IsEmpty)
                _anyServerName ??= entry;
            foreach (string name in chain.ServerNames)
            {
                if (name == "*")
                    _anyServerName ??= entry;
                else
                    byServerName.TryAdd(name, entry);
            }
        }
        All = all;
        _byServerName = new HostMap<ListenerChain>(byServerName);
    }

    /// <summary>All chains.</summary>
    public IReadOnlyList<ListenerChain> All { get; }

    /// <summary>The chain without TLS; if there is one, connections are not read for a ClientHello.</summary>
    public ListenerChain? Plain { get; }

    /// <summary>The chain for a server name; null = none, the connection is closed.</summary>
    public ListenerChain? Find(string? serverName) =>
        serverName is null ? _anyServerName : _byServerName.Find(serverName) ?? _anyServerName;
}
