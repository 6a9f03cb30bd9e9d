using System.Net;

namespace Gateway.Listeners;

/// <summary>The addresses that may say in a PROXY header whose connection it is. Immutable.</summary>
/// <param name="Networks">The networks.</param>
internal sealed record TrustedPeers(IReadOnlyList<IPNetwork> Networks)
{
    /// <summary>This host and private networks, where load balancers stand.</summary>
    public static TrustedPeers Private { get; } = new(
    [
        IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("::1/128"), IPNetwork.Parse("fc00::/7"),
    ]);

    /// <summary>Whether a peer is among them; one on a Unix socket is.</summary>
    public bool Contain(EndPoint? peer)
    {
        if (peer is not IPEndPoint { Address: { } address })
            return peer is System.Net.Sockets.UnixDomainSocketEndPoint;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        foreach (IPNetwork network in Networks)
        {
            if (network.Contains(address))
                return true;
        }
        return false;
    }
}
