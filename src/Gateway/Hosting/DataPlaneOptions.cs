using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Clusters.Discovery;
using Gateway.Http.Filters.JwtAuthn;
using Gateway.Listeners;

namespace Gateway.Hosting;

/// <summary>What carries sockets.</summary>
internal enum TransportKind
{
    /// <summary>Our event loops. Linux only.</summary>
    EventLoop,

    /// <summary>.NET's sockets and thread pool.</summary>
    Sockets,
}

/// <summary>What speaks HTTP/1.1 to backends.</summary>
internal enum UpstreamClientKind
{
    /// <summary>Our client on the event loops; what it does not do goes through YARP.</summary>
    Own,

    /// <summary>YARP's forwarder, for everything.</summary>
    Yarp,
}

/// <summary>What ends clients' TLS.</summary>
internal enum TlsKind
{
    /// <summary>OpenSSL, called by the event loops; <c>SslStream</c> for what it does not do.</summary>
    OpenSsl,

    /// <summary>.NET's <c>SslStream</c>.</summary>
    SslStream,
}

/// <summary>How the data plane binds and ends.</summary>
internal sealed record DataPlaneOptions
{
    /// <summary>Configured port → port to bind (<c>--port-map 80=8080</c>).</summary>
    public IReadOnlyDictionary<int, int> PortMap { get; init; } = new Dictionary<int, int>();

    /// <summary>Every port is bound to one that the system chooses (tests); <see cref="DataPlane.Listeners"/> tells which.</summary>
    public bool EphemeralPorts { get; init; }

    /// <summary>Where ports without <c>bind</c> are bound; null = all addresses.</summary>
    public IPAddress? DefaultBind { get; init; }

    /// <summary>How names of upstreams are resolved; null = as the system does.</summary>
    public ResolverConfig? Resolver { get; init; }

    /// <summary>Whom upstream servers are trusted by where no authorities are named; null = whom the system trusts.</summary>
    public X509Certificate2Collection? SystemAuthorities { get; init; }

    /// <summary>When keys of tokens are fetched anew.</summary>
    public JwksTiming JwksTiming { get; init; } = new();

    /// <summary>How long requests may go on on connections, ports and clusters that are no longer configured.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>So much of a request's body is kept so that it can be sent again; larger requests are tried once.</summary>
    public int RetryBufferBytes { get; init; } = 1024 * 1024;

    /// <summary>Who may say in a PROXY header whose connection it is.</summary>
    public TrustedPeers ProxyHeadersFrom { get; init; } = TrustedPeers.Private;

    /// <summary>Whether requests for hosts of the port's other servers are told to come on another connection (421); if not, they get 404, as in Istio.</summary>
    public bool TellsMisdirected { get; init; } = true;

    /// <summary>Open connections over all ports.</summary>
    public int MaxConnections { get; init; } = 100_000;

    /// <summary>What carries sockets where nothing was chosen: event loops where the system has what they need.</summary>
    public static TransportKind DefaultTransport => OperatingSystem.IsLinux() ? TransportKind.EventLoop : TransportKind.Sockets;

    /// <summary>What carries the traffic's sockets.</summary>
    public TransportKind Transport { get; init; } = DefaultTransport;

    /// <summary>Number of event loops; 0 = one per processor.</summary>
    public int EventLoops { get; init; }

    /// <summary>What ends clients' TLS on event loops. On .NET's sockets it is <c>SslStream</c> in any case.</summary>
    public TlsKind Tls { get; init; }

    /// <summary>What speaks HTTP/1.1 to backends. On .NET's sockets it is YARP's in any case.</summary>
    public UpstreamClientKind UpstreamClient { get; init; }

    /// <summary>From accept to the end of the TLS handshake, or to the first bytes of a plain-text connection.</summary>
    public TimeSpan OpeningDeadline { get; init; } = TimeSpan.FromSeconds(15);
}
