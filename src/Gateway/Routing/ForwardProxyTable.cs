using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using Gateway.Matching;

namespace Gateway.Routing;

/// <summary>One host that clients of a forward proxy may name.</summary>
/// <param name="Host">Exact name, <c>*.suffix</c> or <c>*</c>.</param>
/// <param name="Ports">Its routes by port.</param>
/// <param name="AnyPort">The route of all other ports; null = they are refused.</param>
internal sealed record ProxyHost(string Host, FrozenDictionary<int, Route> Ports, Route? AnyPort);

/// <summary>Addresses that clients of a forward proxy may name.</summary>
/// <param name="Network">The addresses.</param>
/// <param name="Ports">Their routes by port.</param>
internal sealed record ProxyNetwork(IPNetwork Network, FrozenDictionary<int, Route> Ports);

/// <summary>
/// What clients that use the gateway as their proxy may ask for where no VirtualService says it: registered hosts and
/// ports, or all. A wildcard opens itself alone, and a name that is registered exactly is not opened further by one.
/// Immutable.
/// </summary>
internal sealed class ForwardProxyTable(IReadOnlyCollection<ProxyHost> hosts, ImmutableArray<ProxyNetwork> networks)
{
    private const int HttpPort = 80;

    private readonly HostMap<ProxyHost> _hosts = new(hosts.Select(host => KeyValuePair.Create(host.Host, host)));

    /// <summary>All hosts, for people.</summary>
    public IReadOnlyCollection<ProxyHost> Hosts => hosts;

    /// <summary>The route of a request.</summary>
    /// <param name="authority">Whom the client asks for.</param>
    /// <param name="isConnect">Whether it wants a tunnel.</param>
    /// <param name="denial">Why there is no route, in words for the client and the log.</param>
    public Route? Find(string authority, bool isConnect, out string denial)
    {
        denial = "";
        if (EgressTarget.Parse(authority, out EgressTarget? target) is { } fault)
        {
            denial = $"{authority} {fault}";
            return null;
        }
        if (isConnect && target!.Port is null)
        {
            denial = $"{authority} has no port";
            return null;
        }
        int port = target!.Port ?? HttpPort;
        if (target.Address is { } address)
        {
            foreach (ProxyNetwork network in networks)
            {
                if (network.Network.BaseAddress.AddressFamily == address.AddressFamily && network.Network.Contains(address) && network.Ports.TryGetValue(port, out Route? direct))
                    return direct;
            }
        }
        if (_hosts.Find(target.Host) is not { } host || (target.Address is not null && host.Host != "*"))
        {
            denial = $"{target.Host} is not registered: no ServiceEntry that this gateway sees has it";
            return null;
        }
        if (host.Ports.GetValueOrDefault(port) is { } route && target.Address is null)
            return route;
        if (host.AnyPort is not null)
            return host.AnyPort;
        denial = $"{target.Host} is registered without port {port} (it has {string.Join(", ", host.Ports.Keys.Order())})";
        return null;
    }
}
