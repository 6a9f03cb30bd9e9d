using System.Net;
using System.Net.Sockets;

namespace Gateway.Clusters.Discovery;

/// <summary>Connects the gateway's own requests to hosts that its resolver finds.</summary>
internal static class ResolvedSocket
{
    /// <summary>Connects to the first address of a name.</summary>
    /// <exception cref="SocketException">There is none, or nobody answers there.</exception>
    public static async ValueTask<Stream> ConnectAsync(DnsResolver resolver, DnsEndPoint endPoint, CancellationToken cancellationToken)
    {
        if (!IPAddress.TryParse(endPoint.Host.Trim('[', ']'), out IPAddress? address))
        {
            DnsAnswer answer = await resolver.ResolveAsync(endPoint.Host, new DnsHostOptions(), urgent: true, cancellationToken);
            address = answer.Addresses.Length > 0 ? answer.Addresses[0] : throw new SocketException((int)SocketError.HostNotFound);
        }
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, endPoint.Port), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
