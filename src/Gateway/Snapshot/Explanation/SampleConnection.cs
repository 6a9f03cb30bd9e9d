using System.Net;
using Gateway.Listeners;
using Gateway.Streams;

namespace Gateway.Snapshot.Explanation;

/// <summary>The connection over which a request that is only described would come.</summary>
internal static class SampleConnection
{
    // Ports above 49151 are those of clients (RFC 6335 section 6).
    private const int ClientPort = 50000;

    /// <summary>What stands for the gateway's own address (RFC 5737: for documentation).</summary>
    public static IPAddress LocalAddress { get; } = IPAddress.Parse("192.0.2.254");

    /// <summary>The connection to a listener's chain.</summary>
    /// <param name="listener">Where it is accepted.</param>
    /// <param name="chain">The chain that is chosen for it.</param>
    /// <param name="request">Says who comes, and under which name.</param>
    /// <param name="isTls">Whether TLS is ended on it.</param>
    public static DownstreamConnection Of(ListenerConfig listener, FilterChainConfig chain, ExplainRequest request, bool isTls)
    {
        var remote = new IPEndPoint(request.ClientAddress, ClientPort);
        var local = new IPEndPoint(LocalAddress, listener.Port);
        return new DownstreamConnection
        {
            ListenerPort = listener.Port,
            ListenerName = listener.Name,
            FilterChainName = chain.Name,
            FilterChainKey = DownstreamConnection.KeyOf(listener.Name, chain.Name),
            IsTls = isTls,
            RequestedServerName = request.ServerName,
            RemoteEndPoint = remote,
            LocalEndPoint = local,
            RemoteAddress = DownstreamConnection.TextOf(remote),
            LocalAddress = DownstreamConnection.TextOf(local),
            RemoteIp = DownstreamConnection.TextOfIp(remote),
            LocalIp = DownstreamConnection.TextOfIp(local),
        };
    }
}
