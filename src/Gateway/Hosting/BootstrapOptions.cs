using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Gateway.Acme;
using Gateway.Clusters.Discovery;
using Gateway.Config.Model;
using Gateway.Listeners;
using Gateway.Observability;
using Gateway.Observability.AccessLogs;
using Gateway.Ocsp;
using Gateway.Snapshot;
using Gateway.Sources;

namespace Gateway.Hosting;

/// <summary>What a gateway needs to know before it reads its configuration; a change needs a restart.</summary>
internal sealed record BootstrapOptions
{
    /// <summary>Files and folders with the configuration.</summary>
    public ImmutableArray<string> ConfigPaths { get; init; } = [];

    /// <summary>A source beside <see cref="ConfigPaths"/>, for a gateway inside another program; the host disposes it.</summary>
    public IConfigSource? Source { get; init; }

    /// <summary>A file with the MeshConfig; null = the ConfigMap <c>istio</c> of the configuration, else the defaults.</summary>
    public string? MeshConfigPath { get; init; }

    /// <summary>Namespace and labels of this gateway.</summary>
    public GatewayIdentity Identity { get; init; } = new();

    /// <summary>Who the gateway is in Istio's metrics.</summary>
    public WorkloadIdentity Workload { get; init; } = new();

    /// <summary>Where configured ports are bound.</summary>
    public PortMap PortMap { get; init; } = PortMap.Identity;

    /// <summary>Where traffic ports without <c>bind</c> are bound; null = all addresses.</summary>
    public IPAddress? DefaultBind { get; init; }

    /// <summary>What carries the traffic's sockets.</summary>
    public TransportKind Transport { get; init; } = DataPlaneOptions.DefaultTransport;

    /// <summary>Number of event loops; 0 = one per processor.</summary>
    public int EventLoops { get; init; }

    /// <summary>What ends clients' TLS on event loops.</summary>
    public TlsKind Tls { get; init; }

    /// <summary>So much of a request's body is kept so that it can be sent again; larger requests are tried once.</summary>
    public int RetryBufferBytes { get; init; } = 1024 * 1024;

    /// <summary>What speaks HTTP/1.1 to backends.</summary>
    public UpstreamClientKind UpstreamClient { get; init; }

    /// <summary>Who may say in a PROXY header whose connection it is.</summary>
    public TrustedPeers ProxyHeadersFrom { get; init; } = TrustedPeers.Private;

    /// <summary>Whether requests on the wrong connection get 421 instead of Istio's 404.</summary>
    public bool TellsMisdirected { get; init; } = true;

    /// <summary>How certificates are ordered.</summary>
    public AcmeOptions Acme { get; init; } = new();

    /// <summary>When OCSP responders are asked.</summary>
    public StapleTiming Staples { get; init; } = new();

    /// <summary>How names are resolved; null = as the system does.</summary>
    public ResolverConfig? Resolver { get; init; }

    /// <summary>The admin port; null = off.</summary>
    public IPEndPoint? AdminEndPoint { get; init; } = new(IPAddress.Loopback, 15000);

    /// <summary>The health port; null = off.</summary>
    public IPEndPoint? HealthEndPoint { get; init; } = new(AnyAddress, 15021);

    /// <summary>The metrics port; null = off.</summary>
    public IPEndPoint? MetricsEndPoint { get; init; } = new(AnyAddress, 15090);

    /// <summary>What of the access log is decided here and not by the MeshConfig.</summary>
    public AccessLogOverride AccessLog { get; init; } = new();

    /// <summary>How long traffic is still accepted after the process was asked to end, so that load balancers notice. Istio's <c>terminationDrainDuration</c>.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long requests under way may take after that, before they are cut off.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether to start although the configuration has errors.</summary>
    public bool AllowInvalid { get; init; }

    /// <summary>All addresses, of IPv4 and IPv6 where the system has it.</summary>
    public static IPAddress AnyAddress => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
}

/// <summary>Overrides of the MeshConfig's access-log settings; null = as the MeshConfig says.</summary>
/// <param name="File">A path; empty = off.</param>
/// <param name="Encoding">Text or JSON.</param>
internal sealed record AccessLogOverride(string? File = null, AccessLogEncoding? Encoding = null)
{
    /// <summary>The settings in force. A format belongs to the encoding it was written for: with another one the default is used.</summary>
    public AccessLogSettings Over(MeshConfig mesh) => new(
        File ?? mesh.AccessLogFile,
        Encoding ?? mesh.AccessLogEncoding,
        Encoding is { } encoding && encoding != mesh.AccessLogEncoding ? "" : mesh.AccessLogFormat);
}
