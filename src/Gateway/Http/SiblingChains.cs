using Gateway.Matching;
using Gateway.Routing;
using Gateway.Tls;

namespace Gateway.Http;

/// <summary>
/// The TLS chains of one port by the hosts they serve. A client that reuses a connection for another host (RFC 9113
/// section 9.1.1) is served by that host's own chain if the handshake would have been the same, and else told to open
/// another connection (421). Immutable.
/// </summary>
/// <param name="chains">By host pattern; a null chain passes TLS through.</param>
internal sealed class SiblingChains(IEnumerable<KeyValuePair<string, SiblingChain>> chains)
{
    private readonly HostMap<SiblingChain> _byHost = new(chains);

    /// <summary>The chain that serves a request on a connection of <paramref name="own"/>.</summary>
    /// <param name="own">The connection's chain.</param>
    /// <param name="authority">What the request asks for.</param>
    /// <param name="isMisdirected">Whether the request belongs on another connection.</param>
    public FilterChain Find(FilterChain own, ReadOnlySpan<char> authority, out bool isMisdirected)
    {
        isMisdirected = false;
        if (_byHost.Find(RouteTable.HostWithoutPort(authority)) is not { } sibling || ReferenceEquals(sibling.Chain, own))
            return own;
        isMisdirected = !IsSameHandshake(own.Tls, sibling);
        return isMisdirected ? own : sibling.Chain!;
    }

    /// <summary>Whether a handshake for the one would have been a handshake for the other: the same certificates and the same demands on the client.</summary>
    public static bool IsSameHandshake(DownstreamTlsConfig? own, SiblingChain other) => other.Chain is not null && own is not null && own == other.Chain.Tls;
}

/// <summary>One chain of a port.</summary>
/// <param name="Chain">Null = HTTP is not seen there.</param>
internal sealed record SiblingChain(FilterChain? Chain);
