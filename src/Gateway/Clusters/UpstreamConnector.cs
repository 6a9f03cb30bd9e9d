using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Tls;
using Gateway.Transport;

namespace Gateway.Clusters;

/// <summary>
/// Opens connections to a cluster's endpoints, with TLS if the cluster asks for it. The request URI carries the
/// endpoint's authority, so that the handler pools per endpoint; the way back from that name to the address is here.
/// Failures are <see cref="SocketException"/>s, a connection that takes too long one with
/// <see cref="SocketError.TimedOut"/>, and of TLS <see cref="AuthenticationException"/>s.
/// </summary>
internal sealed class UpstreamConnector(
    ClusterConfig config, TimeProvider time, Func<string, EndPoint?> findByHost, Func<UpstreamTlsConfig, UpstreamTlsContext?> findTls)
{
    private volatile UpstreamTlsContext? _lastTls;

    /// <summary><c>off</c>, <c>on</c>, or why no TLS connection can be made.</summary>
    public string TlsStatus => config.Tls is null ? "off" : (findTls(config.Tls) ?? _lastTls)?.Problem ?? "on";

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        EndPoint endPoint = IPAddress.TryParse(context.DnsEndPoint.Host, out IPAddress? address)
            ? new IPEndPoint(address, context.DnsEndPoint.Port)
            : findByHost(context.DnsEndPoint.Host) ?? throw new SocketException((int)SocketError.HostNotFound);
        return await ConnectAsync(endPoint, context.InitialRequestMessage.Headers.Host ?? "", cancellationToken);
    }

    /// <summary>Connects within the connect timeout, handshake included.</summary>
    /// <param name="endPoint">Where to.</param>
    /// <param name="authority">Authority of the request that wants the connection, as it is sent.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async ValueTask<Stream> ConnectAsync(EndPoint endPoint, string authority, CancellationToken cancellationToken)
    {
        UpstreamTlsContext? tls = TlsOfTheMoment();
        bool isUnix = endPoint is UnixDomainSocketEndPoint;
        var socket = isUnix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using CancellationTokenSource timeout = new(config.ConnectTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            if (!isUnix && config.Keepalive is { } keepalive)
                KeepAlive(socket, keepalive);
            await socket.ConnectAsync(endPoint, either.Token);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return tls is null ? stream : await tls.ConnectAsync(stream, HostOf(authority), config.Protocol == UpstreamProtocol.Http2, either.Token);
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

    /// <summary>Connects on an event loop, within the connect timeout, handshake included; the handshake's work is done elsewhere.</summary>
    /// <param name="loop">Holds the connection.</param>
    /// <param name="endPoint">Where to.</param>
    /// <param name="authority">Authority of the request that wants the connection, as it is sent.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async ValueTask<LoopChannel> ConnectAsync(EventLoop loop, EndPoint endPoint, string authority, CancellationToken cancellationToken)
    {
        UpstreamTlsContext? tls = TlsOfTheMoment();
        if (tls is null)
            return Prepared(await EventLoopConnector.ConnectAsync(loop, endPoint, config.ConnectTimeout, cancellationToken), endPoint);
        using CancellationTokenSource timeout = new(config.ConnectTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        LoopSocket? socket = null;
        try
        {
            socket = Prepared(await EventLoopConnector.ConnectAsync(loop, endPoint, config.ConnectTimeout, either.Token), endPoint);
            var transport = new HandshakeStream(new EventLoopStream(socket));
            CancellationToken ended = either.Token;
            SslStream secured = await Task.Run(() => tls.ConnectAsync(transport, HostOf(authority), config.Protocol == UpstreamProtocol.Http2, ended), ended);
            await loop.SwitchAsync();
            transport.EndHandshake();
            return new TlsChannel(socket, secured);
        }
        catch (Exception e)
        {
            await loop.SwitchAsync();
            socket?.Close(reset: true);
            if (e is OperationCanceledException && timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                throw new SocketException((int)SocketError.TimedOut);
            throw;
        }
    }

    // Nothing is opened that could end up in plain text. A cluster that is being retired goes on with what it had.
    private UpstreamTlsContext? TlsOfTheMoment()
    {
        if (config.Tls is not { } wanted)
            return null;
        UpstreamTlsContext tls = findTls(wanted) ?? _lastTls ?? throw new AuthenticationException("TLS is not ready");
        _lastTls = tls;
        return tls.Problem is { } problem ? throw new AuthenticationException(problem) : tls;
    }

    private LoopSocket Prepared(LoopSocket socket, EndPoint endPoint)
    {
        if (endPoint is IPEndPoint && config.Keepalive is { } keepalive)
            socket.KeepAlive(keepalive.Time, keepalive.Interval, keepalive.Probes);
        return socket;
    }

    private static void KeepAlive(Socket socket, KeepaliveConfig keepalive)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        if (keepalive.Time is { } time)
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Seconds(time));
        if (keepalive.Interval is { } interval)
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Seconds(interval));
        if (keepalive.Probes is { } probes)
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Math.Clamp(probes, 1, 127));
    }

    private static int Seconds(TimeSpan time) => (int)Math.Clamp(time.TotalSeconds, 1, 32_767);

    /// <summary>An authority's host: without a port, and without the brackets of an IPv6 address.</summary>
    public static string HostOf(string authority)
    {
        if (authority.StartsWith('['))
            return authority.IndexOf(']', StringComparison.Ordinal) is var end and > 0 ? authority[1..end] : authority;
        int colon = authority.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? authority : authority[..colon];
    }
}
