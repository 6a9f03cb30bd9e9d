using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tls;
using Gateway.Transport;

namespace Gateway.Streams;

/// <summary>Facts about one accepted connection; set before the first request, as a Kestrel connection feature.</summary>
internal sealed class DownstreamConnection
{
    private string? _peerIdentity;
    private Action? _endWatcher;
    private bool _isWatched;

    /// <summary>The listener's configured port.</summary>
    public required int ListenerPort { get; init; }

    /// <summary>The listener's name.</summary>
    public required string ListenerName { get; init; }

    /// <summary>The filter chain's name; requests take the chain's routes from the current snapshot by it.</summary>
    public required string FilterChainName { get; init; }

    /// <summary>Listener and chain in one, made once: the key of the chain in snapshots.</summary>
    public required string FilterChainKey { get; init; }

    /// <summary>Whether TLS is ended here.</summary>
    public required bool IsTls { get; init; }

    /// <summary>Server name the client asked for; null = none.</summary>
    public string? RequestedServerName { get; init; }

    /// <summary>Direct peer, or the client that a PROXY header names.</summary>
    public required EndPoint RemoteEndPoint { get; init; }

    /// <summary>The other end of the socket, where a PROXY header names another client; null = <see cref="RemoteEndPoint"/>.</summary>
    public EndPoint? DirectEndPoint { get; init; }

    /// <summary>Our side.</summary>
    public required EndPoint LocalEndPoint { get; init; }

    /// <summary><see cref="RemoteEndPoint"/> as text, made once.</summary>
    public required string RemoteAddress { get; init; }

    /// <summary><see cref="LocalEndPoint"/> as text, made once.</summary>
    public required string LocalAddress { get; init; }

    /// <summary>The peer's address without port, as text, made once.</summary>
    public required string RemoteIp { get; init; }

    /// <summary>Our address without port, as text, made once.</summary>
    public required string LocalIp { get; init; }

    /// <summary>The event loop that holds the socket; null = another transport does.</summary>
    public EventLoop? Loop { get; init; }

    /// <summary>Fires when the client has ended its side or the socket is closed.</summary>
    public CancellationToken Closed { get; init; }

    /// <summary>Whether the peer is on this host.</summary>
    public bool RemoteIsLoopback => RemoteEndPoint is IPEndPoint ip ? IPAddress.IsLoopback(ip.Address) : true;

    /// <summary>The chain of the connection's latest request. While the connection drains, after its chain has left the configuration, requests keep to it.</summary>
    public object? LatestChain { get; set; }

    /// <summary>The certificate the client proved to own; set when the handshake has ended, null = none.</summary>
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>The certificate we showed; set when the handshake has ended.</summary>
    public X509Certificate2? ServerCertificate { get; set; }

    /// <summary>What goes upstream as <c>x-forwarded-client-cert</c>; made by the connection's first request, null = nothing.</summary>
    public string? ForwardedClientCertificate { get; set; }

    /// <summary>The SPIFFE identity of the client's certificate without <c>spiffe://</c>, found once; null = it has none.</summary>
    public string? PeerIdentity
    {
        get
        {
            if (ClientCertificate is not { } certificate)
                return null;
            _peerIdentity ??= IdentityOf(certificate);
            return _peerIdentity.Length == 0 ? null : _peerIdentity;
        }
    }

    /// <summary>The TLS version in Envoy's words (<c>TLSv1.3</c>); null = plain text.</summary>
    public string? TlsVersion { get; set; }

    /// <summary>Tells one, until <see cref="UnwatchEnd"/>, when <see cref="Closed"/> fires. On the loop, where it fires.</summary>
    public void WatchEnd(Action watcher)
    {
        if (!_isWatched)
        {
            _isWatched = true;
            Closed.UnsafeRegister(static connection => ((DownstreamConnection)connection!)._endWatcher?.Invoke(), this);
        }

        _endWatcher = watcher;
    }

    /// <summary>Nobody is to be told any more.</summary>
    public void UnwatchEnd() => _endWatcher = null;

    /// <summary>Makes a <see cref="FilterChainKey"/>.</summary>
    public static string KeyOf(string listenerName, string filterChainName) => $"{listenerName}/{filterChainName}";

    /// <summary>A TLS version in Envoy's words.</summary>
    public static string TextOf(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls13 => "TLSv1.3",
        SslProtocols.Tls12 => "TLSv1.2",
        _ => protocol.ToString(),
    };

    /// <summary>The address without port and scope, IPv4 where it is one; for Unix sockets their path.</summary>
    public static string TextOfIp(EndPoint endPoint) => endPoint is IPEndPoint ip
        ? Unmapped(ip.Address).ToString()
        : endPoint.ToString() ?? "";

    /// <summary><c>ip:port</c> or <c>[ip]:port</c>.</summary>
    public static string TextOf(EndPoint endPoint) => endPoint is IPEndPoint ip
        ? new IPEndPoint(Unmapped(ip.Address), ip.Port).ToString()
        : endPoint.ToString() ?? "";

    private static string IdentityOf(X509Certificate2 certificate)
    {
        const string Spiffe = "spiffe://";
        foreach (SubjectAltName name in SubjectAltName.ReadAll(certificate))
        {
            if (name.Kind == SubjectAltNameKind.Uri && name.Value.StartsWith(Spiffe, StringComparison.Ordinal))
                return name.Value[Spiffe.Length..];
        }
        return "";
    }

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
