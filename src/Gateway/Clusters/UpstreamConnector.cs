using System.Net;
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
    ClusterConfig config, TimeProvider time, ConnectionQuota quota, Func<string, UpstreamEndpoint?> findByHost, Func<EndPoint, UpstreamEndpoint?> findByAddress, Func<UpstreamTlsConfig, UpstreamTlsContext?> findTls)
{
    private readonly ConnectionQuota _uncounted = new(limit: 0);
    private volatile UpstreamTlsContext? _lastTls;

    /// <summary><c>off</c>, <c>on</c>, or why no TLS connection can be made.</summary>
    public string TlsStatus => config.Tls is null ? "off" : (findTls(config.Tls) ?? _lastTls)?.Problem ?? "on";

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>; connects as soon as the cluster's limit allows.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        HttpRequestMessage request = context.InitialRequestMessage;
        UpstreamEndpoint? endpoint = request.Options.TryGetValue(HandlerTicket.Key, out HandlerTicket? ticket) ? ticket.Endpoint : Find(context.DnsEndPoint);
        EndPoint endPoint = EndPointOf(endpoint, context.DnsEndPoint);
        ConnectionCount count = endpoint?.HandlerConnections ?? new ConnectionCount();
        if (!quota.TryOpen(count))
            await quota.WaitAsync(count, pool: null, cancellationToken);
        return await ConnectAsync(
            endPoint, new Room(quota, count, endpoint), request.Headers.Host ?? "", request.Version.Major == 2, PreambleFor(ticket), cancellationToken);
    }

    /// <summary>As <see cref="ConnectAsync(SocketsHttpConnectionContext, CancellationToken)"/> for health checks, which do not count against the limit.</summary>
    public ValueTask<Stream> ProbeAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        HttpRequestMessage request = context.InitialRequestMessage;
        EndPoint endPoint = EndPointOf(Find(context.DnsEndPoint), context.DnsEndPoint);
        return ProbeAsync(endPoint, request.Headers.Host ?? "", request.Version.Major == 2, cancellationToken);
    }

    /// <summary>Connects for a health check.</summary>
    public ValueTask<Stream> ProbeAsync(EndPoint endPoint, string authority, bool isHttp2, CancellationToken cancellationToken) =>
        ConnectAsync(endPoint, authority, isHttp2, PreambleFor(null), cancellationToken);

    /// <summary>Connects for somebody who counts connections himself.</summary>
    public ValueTask<Stream> ConnectAsync(
        EndPoint endPoint, string authority, bool isHttp2, ReadOnlyMemory<byte> preamble, CancellationToken cancellationToken)
    {
        var count = new ConnectionCount();
        _uncounted.TryOpen(count);
        return ConnectAsync(endPoint, new Room(_uncounted, count, null), authority, isHttp2, preamble, cancellationToken);
    }

    /// <summary>Connects for a tunnel: where what the client sends through it is TLS of its own, none is put around it.</summary>
    /// <param name="endPoint">Where to.</param>
    /// <param name="authority">Whom the client asks for.</param>
    /// <param name="preamble">Sent before everything else.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public ValueTask<Stream> ConnectTunnelAsync(EndPoint endPoint, string authority, ReadOnlyMemory<byte> preamble, CancellationToken cancellationToken)
    {
        var count = new ConnectionCount();
        _uncounted.TryOpen(count);
        return ConnectAsync(endPoint, new Room(_uncounted, count, null), authority, isHttp2: false, preamble, cancellationToken, config.CarriesClientTls);
    }

    /// <summary>The PROXY header for a client's connection; empty = the cluster wants none.</summary>
    /// <param name="source">The client; null = nobody.</param>
    /// <param name="destination">Where it connected to.</param>
    public ReadOnlyMemory<byte> Preamble(EndPoint? source, EndPoint? destination) =>
        config.ProxyHeader == ProxyHeaderVersion.None ? default : ProxyHeader.Make(config.ProxyHeader, source, destination);

    /// <summary>Connects within the connect timeout, handshake included.</summary>
    /// <param name="endPoint">Where to.</param>
    /// <param name="room">Where the connection is counted already.</param>
    /// <param name="authority">Authority of the request that wants the connection, as it is sent.</param>
    /// <param name="isHttp2">Whether HTTP/2 will be spoken.</param>
    /// <param name="preamble">Sent before everything else, TLS included.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <param name="carriesTls">Whether what goes through it is TLS already.</param>
    private async ValueTask<Stream> ConnectAsync(
        EndPoint endPoint, Room room, string authority, bool isHttp2, ReadOnlyMemory<byte> preamble, CancellationToken cancellationToken, bool carriesTls = false)
    {
        UpstreamTlsContext? tls;
        try
        {
            tls = carriesTls ? null : TlsOfTheMoment();
        }
        catch (AuthenticationException)
        {
            room.Quota.Close(room.Count);
            throw;
        }
        bool isUnix = endPoint is UnixDomainSocketEndPoint;
        Socket? socket = null;
        CountedSocketStream? stream = null;
        using CancellationTokenSource timeout = new(config.ConnectTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            if (endPoint is AddressList addresses)
            {
                socket = await addresses.ConnectAsync(time, either.Token);
            }
            else
            {
                socket = isUnix
                    ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
                    : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                Descriptors.ThrowIfLast(socket);
                await socket.ConnectAsync(endPoint, either.Token);
            }
            if (!isUnix && config.Keepalive is { } keepalive)
                KeepAlive(socket, keepalive);
            stream = new CountedSocketStream(socket, room.Quota, room.Endpoint, room.Count, isHttp2 ? 0 : config.MaxRequestsPerConnection);
            if (!preamble.IsEmpty)
                await stream.WriteAsync(preamble, either.Token);
            Stream result = tls is null ? stream : await tls.ConnectAsync(stream, HostOf(authority), isHttp2, either.Token);
            stream.MarkReady();
            return result;
        }
        catch (Exception e)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
            else
            {
                socket?.Dispose();
                room.Quota.Close(room.Count);
            }
            if (e is OperationCanceledException && timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                throw new SocketException((int)SocketError.TimedOut);
            throw;
        }
    }

    /// <summary>Connects on an event loop, within the connect timeout, handshake included; the handshake's work is done elsewhere.</summary>
    /// <param name="loop">Holds the connection.</param>
    /// <param name="endPoint">Where to.</param>
    /// <param name="authority">Authority of the request that wants the connection, as it is sent.</param>
    /// <param name="isHttp2">Whether HTTP/2 will be spoken.</param>
    /// <param name="preamble">Sent before everything else, TLS included; short.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async ValueTask<LoopChannel> ConnectAsync(
        EventLoop loop, EndPoint endPoint, string authority, bool isHttp2, ReadOnlyMemory<byte> preamble, CancellationToken cancellationToken)
    {
        UpstreamTlsContext? tls = TlsOfTheMoment();
        if (tls is null)
            return Prepared(await OpenAsync(loop, endPoint, cancellationToken), endPoint, preamble);
        using CancellationTokenSource timeout = new(config.ConnectTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        LoopSocket? socket = null;
        try
        {
            socket = Prepared(await OpenAsync(loop, endPoint, either.Token), endPoint, preamble);
            return await tls.ConnectAsync(socket, HostOf(authority), isHttp2, either.Token);
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

    private ValueTask<LoopSocket> OpenAsync(EventLoop loop, EndPoint endPoint, CancellationToken cancellationToken) => endPoint is AddressList addresses
        ? addresses.ConnectAsync(loop, config.ConnectTimeout, time, cancellationToken)
        : EventLoopConnector.ConnectAsync(loop, endPoint, config.ConnectTimeout, cancellationToken);

    private LoopSocket Prepared(LoopSocket socket, EndPoint endPoint, ReadOnlyMemory<byte> preamble)
    {
        // A new socket takes so little at once, or it is broken, which the next use shows.
        if (!preamble.IsEmpty)
            socket.TrySend(preamble.Span);
        if (endPoint is not UnixDomainSocketEndPoint && config.Keepalive is { } keepalive)
            socket.KeepAlive(keepalive.Time, keepalive.Interval, keepalive.Probes);
        return socket;
    }

    // Health checks speak for themselves: their header names nobody.
    private ReadOnlyMemory<byte> PreambleFor(HandlerTicket? ticket) => Preamble(ticket?.Source, ticket?.Destination);

    private UpstreamEndpoint? Find(DnsEndPoint name) =>
        IPAddress.TryParse(name.Host, out IPAddress? address) ? findByAddress(new IPEndPoint(address, name.Port)) : findByHost(name.Host);

    // An address that has just gone can still be connected to.
    private static EndPoint EndPointOf(UpstreamEndpoint? endpoint, DnsEndPoint name) => endpoint?.EndPoint
        ?? (IPAddress.TryParse(name.Host, out IPAddress? address) ? new IPEndPoint(address, name.Port) : throw new SocketException((int)SocketError.HostNotFound));

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

    /// <summary>Where a connection is counted.</summary>
    private readonly record struct Room(ConnectionQuota Quota, ConnectionCount Count, UpstreamEndpoint? Endpoint);
}
