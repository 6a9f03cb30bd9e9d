using Gateway.Clusters.Discovery;
using Gateway.Clusters.LoadBalancing;
using Gateway.Config;
using Gateway.Tls;

namespace Gateway.Clusters;

/// <summary>What HTTP is spoken to the endpoints.</summary>
internal enum UpstreamProtocol
{
    /// <summary>HTTP/1.1.</summary>
    Http1,

    /// <summary>HTTP/2 with prior knowledge (or by ALPN under TLS).</summary>
    Http2,
}

/// <summary>How a cluster gets its endpoints.</summary>
internal enum DiscoveryType
{
    /// <summary>The configured addresses.</summary>
    Static,

    /// <summary>All addresses of all configured names (Envoy STRICT_DNS).</summary>
    StrictDns,

    /// <summary>The newest address of one name, for new connections (Envoy LOGICAL_DNS).</summary>
    LogicalDns,

    /// <summary>The name that each request asks for: a cluster of its own for every name (see <see cref="DynamicClusters"/>).</summary>
    Dynamic,
}

/// <summary>
/// Describes a cluster: one destination host, port and subset. Compares by content; a live <c>Cluster</c> is reused while it is equal.
/// Endpoints are not part of it: they change often and replace one value inside the live cluster.
/// </summary>
internal sealed record ClusterConfig
{
    /// <summary><c>outbound|PORT|SUBSET|HOST</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Destination host, fully qualified.</summary>
    public required string Host { get; init; }

    /// <summary>Service port.</summary>
    public required int Port { get; init; }

    /// <summary>Subset; empty = all endpoints.</summary>
    public string Subset { get; init; } = "";

    /// <summary>The HTTP version towards the endpoints.</summary>
    public UpstreamProtocol Protocol { get; init; }

    /// <summary>How endpoints are found.</summary>
    public DiscoveryType Discovery { get; init; }

    /// <summary>Where endpoints of a <see cref="DiscoveryType.Dynamic"/> cluster listen; 0 = where the request says.</summary>
    public int DynamicPort { get; init; }

    /// <summary>Whether what is tunnelled to the port is the client's own TLS, to which none is added.</summary>
    public bool CarriesClientTls { get; init; }

    /// <summary>How its names are looked up.</summary>
    public DnsHostOptions Dns { get; init; } = new();

    /// <summary>How long a TCP connection may take to be made.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an unused connection is kept; infinite = for ever.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a connection is used at most; infinite = for ever.</summary>
    public TimeSpan MaxConnectionDuration { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Probes on idle connections; null = none.</summary>
    public KeepaliveConfig? Keepalive { get; init; }

    /// <summary>How long a TCP session may be silent; infinite = for ever.</summary>
    public TimeSpan TcpIdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Most requests under way, of any HTTP version; 0 = no limit.</summary>
    public int MaxRequests { get; init; }

    /// <summary>Most connections over all endpoints, and most TCP sessions; 0 = no limit. For HTTP an endpoint without any connection always gets one.</summary>
    public int MaxConnections { get; init; }

    /// <summary>Most requests that wait for a connection, the one that opens it included; 0 = no limit.</summary>
    public int MaxPendingRequests { get; init; }

    /// <summary>Most retries under way; 0 = no limit. Not used beside a <see cref="RetryBudget"/>.</summary>
    public int MaxRetries { get; init; }

    /// <summary>Retries under way as a share of the requests; null = <see cref="MaxRetries"/> alone.</summary>
    public RetryBudgetConfig? RetryBudget { get; init; }

    /// <summary>Requests after which a connection is closed; 0 = no limit.</summary>
    public int MaxRequestsPerConnection { get; init; }

    /// <summary>Most streams on one HTTP/2 connection, if the endpoint allows as many; 0 = no limit of ours.</summary>
    public int MaxConcurrentStreams { get; init; }

    /// <summary>Pings on HTTP/2 connections; null = none.</summary>
    public Http2KeepaliveConfig? Http2Keepalive { get; init; }

    /// <summary>Whether the client's HTTP version is spoken to the endpoints, instead of <see cref="Protocol"/>.</summary>
    public bool FollowsClient { get; init; }

    /// <summary>The PROXY header at the beginning of every connection.</summary>
    public ProxyHeaderVersion ProxyHeader { get; init; }

    /// <summary>How an endpoint is chosen.</summary>
    public LoadBalancerConfig LoadBalancer { get; init; } = new();

    /// <summary>When failing endpoints are left out; null = never.</summary>
    public OutlierConfig? OutlierDetection { get; init; }

    /// <summary>Active health checks; null = none.</summary>
    public HealthCheckConfig? HealthCheck { get; init; }

    /// <summary>TLS towards the endpoints; null = plain text. Whoever opens connections must honour it.</summary>
    public UpstreamTlsConfig? Tls { get; init; }

    /// <summary>
    /// Whether requests for different hosts need different connections: each was made for its host, or it is HTTP/2 over
    /// TLS, which must not carry <c>:scheme http</c> and which the handler pools by host.
    /// </summary>
    public bool SeparatesHosts => Tls is not null && (Tls.IsPerHost || Protocol == UpstreamProtocol.Http2 || FollowsClient);

    /// <summary>Names for Istio's metrics labels.</summary>
    public required DestinationIdentity Identity { get; init; }
}

/// <summary>TCP keepalive; null = the system's value.</summary>
/// <param name="Time">Idle time before the first probe.</param>
/// <param name="Interval">Time between probes.</param>
/// <param name="Probes">Lost probes before a connection is given up.</param>
internal sealed record KeepaliveConfig(TimeSpan? Time, TimeSpan? Interval, int? Probes);

/// <summary>Pings on HTTP/2 connections.</summary>
/// <param name="Interval">Time between them.</param>
/// <param name="Timeout">A connection whose answer takes longer is closed.</param>
internal sealed record Http2KeepaliveConfig(TimeSpan Interval, TimeSpan Timeout);

/// <summary>How many retries may be under way.</summary>
/// <param name="Percent">As a share of the requests considered, in percent.</param>
/// <param name="MinConcurrency">So many always may.</param>
/// <param name="Interval">Requests are considered that were under way within so much time; zero = those under way now.</param>
internal sealed record RetryBudgetConfig(double Percent, int MinConcurrency, TimeSpan Interval);

/// <summary>What Istio's standard metrics say of a destination; <c>unknown</c> where nothing is known.</summary>
internal sealed record DestinationIdentity(string ServiceHost, string ServiceName, string ServiceNamespace)
{
    /// <summary>For requests that reach no cluster.</summary>
    public static DestinationIdentity Unknown { get; } = new("unknown", "unknown", "unknown");
}

/// <summary>One configured endpoint of a cluster.</summary>
internal sealed record EndpointConfig
{
    /// <summary>IP address, DNS name (for the DNS discovery types), or <c>unix:///path</c>.</summary>
    public required string Address { get; init; }

    /// <summary>Port; 0 for a Unix socket.</summary>
    public required int Port { get; init; }

    /// <summary>Relative weight, at least 1.</summary>
    public uint Weight { get; init; } = 1;

    /// <summary><c>region/zone/subzone</c>; empty = unknown.</summary>
    public string Locality { get; init; } = "";

    /// <summary>0 is used first; the next ones as far as those before are not available.</summary>
    public int Priority { get; init; }

    /// <summary>Weight of all endpoints of its locality together; 0 = localities have no weights.</summary>
    public uint LocalityWeight { get; init; }

    /// <summary>Labels of the workload behind it, for metrics.</summary>
    public EquatableMap<string> Labels { get; init; }

    /// <summary>Where it stands among the others.</summary>
    public EndpointPlace Place => new(Priority, Locality, LocalityWeight);
}

/// <summary>A cluster as it should be: its description and its endpoints of the moment.</summary>
internal sealed record ClusterAssignment(ClusterConfig Config, EquatableArray<EndpointConfig> Endpoints)
{
    /// <summary>What its policy says and where it was written, part by part: for people.</summary>
    public EquatableArray<PolicyOrigin> Policy { get; init; }
}

/// <summary>A part of a cluster's policy, and where it was written.</summary>
/// <param name="Part">Istio's name of it, e.g. <c>tls</c>.</param>
/// <param name="Text">What it says.</param>
/// <param name="Resource"><c>DestinationRule namespace/name</c>; null = nobody wrote it, it is the default.</param>
/// <param name="Location"><c>file:line:column</c>; null = as before.</param>
internal sealed record PolicyOrigin(string Part, string Text, string? Resource, string? Location);
