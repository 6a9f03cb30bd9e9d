using Gateway.Matching;
using Gateway.Streams;
using Gateway.Tls;

namespace Gateway.Listeners;

/// <summary>A filter chain as its listener sees it: which connections it takes and how TLS is ended.</summary>
/// <param name="Name">The chain's name.</param>
/// <param name="Key">The chain's key in snapshots.</param>
/// <param name="Tls">TLS settings; null = TLS is not ended here.</param>
/// <param name="Context">What handshakes are answered with; null = TLS is not ended here.</param>
/// <param name="Config">What it was made from.</param>
internal sealed record ListenerChain(string Name, string Key, DownstreamTlsConfig? Tls, DownstreamTlsContext? Context, FilterChainConfig Config);

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
                chain.Name, DownstreamConnection.KeyOf(config.Name, chain.Name), chain.Tls, chain.Tls is { } tls ? contexts(tls) : null, chain);
            all.Add(entry);
            IsEgress |= chain.IsEgress;
            if (chain.IsPlain)
            {
                Plain ??= entry;
                continue;
            }
            HasTls = true;
            if (chain.ServerNames.IsEmpty)
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

    /// <summary>Whether one of them leads out of the mesh.</summary>
    public bool IsEgress { get; }

    /// <summary>Whether there are chains for connections that begin with a ClientHello.</summary>
    public bool HasTls { get; }

    /// <summary>The chain without TLS.</summary>
    public ListenerChain? Plain { get; }

    /// <summary>The chain for a server name; null = none, the connection is closed.</summary>
    /// <param name="serverName">As the client names it; null = it names none.</param>
    /// <param name="offersMeshProtocol">Whether the client offers one of the mesh's own protocols.</param>
    public ListenerChain? Find(string? serverName, bool offersMeshProtocol)
    {
        ListenerChain? found = serverName is null ? _anyServerName : _byServerName.Find(serverName) ?? _anyServerName;
        return found is { Config.NeedsMeshProtocol: true } && !offersMeshProtocol ? null : found;
    }
}
