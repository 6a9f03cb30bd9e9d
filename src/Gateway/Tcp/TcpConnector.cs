using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Clusters;
using Gateway.Transport;

namespace Gateway.Tcp;

/// <summary>Opens a session's connection to an endpoint, on the client's event loop where it is on one, with TLS if the cluster asks for it.</summary>
internal static class TcpConnector
{
    /// <summary>Connects within the cluster's connect timeout.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="endpoint">One of its endpoints.</param>
    /// <param name="loop">The client's event loop; null = none.</param>
    /// <param name="preamble">Sent before everything else.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="SocketException">No connection; <see cref="SocketError.TimedOut"/> when it took too long.</exception>
    /// <exception cref="AuthenticationException">No TLS.</exception>
    public static async ValueTask<TcpUpstream> ConnectAsync(Cluster cluster, UpstreamEndpoint endpoint, EventLoop? loop, ReadOnlyMemory<byte> preamble, CancellationToken cancellationToken)
    {
        // A connection of bytes has no Host header to take its server name from: the destination's own name stands for it.
        string host = cluster.Config.Host;
        if (loop is not null)
            return new LoopUpstream(await cluster.Connector.ConnectAsync(loop, endpoint.EndPoint, host, isHttp2: false, preamble, cancellationToken));
        Stream stream = await cluster.Connector.ConnectAsync(endpoint.EndPoint, host, isHttp2: false, preamble, cancellationToken);
        return stream switch
        {
            SslStream tls => new TlsUpstream(tls, null),
            NetworkStream plain => new SocketUpstream(plain.Socket),
            _ => throw new InvalidOperationException("The connector opened something unknown."),
        };
    }
}
