using System.Net;
using System.Net.Sockets;

namespace Gateway.Clusters;

/// <summary>
/// Opens sockets to a cluster's endpoints. The request URI carries the endpoint's authority, so that the handler pools
/// per endpoint; the way back from that name to the address is here. Failures are <see cref="SocketException"/>s, a
/// connection that takes too long one with <see cref="SocketError.TimedOut"/>.
/// </summary>
internal sealed class UpstreamConnector(TimeSpan connectTimeout, TimeProvider time, Func<string, EndPoint?> findByHost)
{
    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        EndPoint endPoint = IPAddress.TryParse(context.DnsEndPoint.Host, out IPAddress? address)
            ? new IPEndPoint(address, context.DnsEndPoint.Port)
            : findByHost(context.DnsEndPoint.Host) ?? throw new SocketException((int)SocketError.HostNotFound);
        Socket socket = await ConnectAsync(endPoint, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Connects within the connect timeout.</summary>
    public async ValueTask<Socket> ConnectAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        bool isUnix = endPoint is UnixDomainSocketEndPoint;
        var socket = isUnix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using CancellationTokenSource timeout = new(connectTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(endPoint, either.Token);
            return socket;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
