using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Clusters.Discovery;
using Gateway.Clusters.HealthChecks;
using Gateway.Config;
using Gateway.Tls;

namespace Gateway.Clusters;

/// <summary>
/// A live cluster: connection pools, counters and the endpoints of the moment. Owned by <see cref="ClusterRegistry"/>,
/// which makes it, keeps it while its configuration compares equal, and disposes it when no snapshot names it and its
/// requests have ended. Thread-safe.
/// </summary>
internal sealed class Cluster : IDisposable
{
    // A connection that begins with a client's PROXY header is of no use once that client has left.
    private static readonly TimeSpan LongestClientIdle = TimeSpan.FromMinutes(1);

    private readonly SocketsHttpHandler _handler;
    private readonly Random _random;
    private readonly TimeProvider _time;
    private readonly Func<UpstreamTlsConfig, UpstreamTlsContext?> _findTls;
    private DynamicClusters? _dynamic;
    private EquatableArray<EndpointConfig>? _assigned;
    private DnsDiscovery? _discovery;
    private readonly ClusterBalancer _balancer;
    private volatile Dictionary<EndPoint, UpstreamEndpoint> _byEndPoint = [];
    private readonly OutlierDetector? _outliers;
    private readonly HealthChecker? _health;
    private int _activeRequests;
    private int _sessions;
    private long _totalRequests;

    public Cluster(ClusterConfig config, TimeProvider time, Random random, Func<UpstreamTlsConfig, UpstreamTlsContext?> findTls)
    {
        Config = config;
        _random = random;
        _time = time;
        _findTls = findTls;
        _balancer = new ClusterBalancer(config.LoadBalancer, config.OutlierDetection?.MinHealthPercent ?? 0, time, random);
        if (config.OutlierDetection is { } outliers)
            _outliers = new OutlierDetector(outliers, time, () => _balancer.Endpoints, _balancer.Changed);
        Connections = new ConnectionQuota(config.MaxConnections);
        Breakers = new CircuitBreakers(config, time);
        Connector = new UpstreamConnector(config, time, Connections, FindByHost, endPoint => _byEndPoint.GetValueOrDefault(endPoint), findTls);
        if (config.HealthCheck is { } check)
            _health = new HealthChecker(check, new HealthProbe(config, check, Connector, time), time, random, _balancer.Changed);
        _handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            // The connector keeps the limit itself, so that a slow connection can be told from a cancelled request.
            ConnectTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionIdleTimeout = config.ProxyHeader != ProxyHeaderVersion.None && !(config.IdleTimeout < LongestClientIdle) ? LongestClientIdle : config.IdleTimeout,
            PooledConnectionLifetime = config.MaxConnectionDuration,
            // Header bytes pass as they are; UTF-8 would refuse what is not UTF-8.
            RequestHeaderEncodingSelector = NeedsTickets ? ArriveAndEncode : static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            // Envoy takes 60 KiB (HTTP/1: 80 KiB) of response headers; this one is in KiB.
            MaxResponseHeadersLength = 80,
            ConnectCallback = Connector.ConnectAsync,
        };
        if (config.Http2Keepalive is { } keepalive)
        {
            _handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always;
            _handler.KeepAlivePingDelay = AtLeastOneSecond(keepalive.Interval);
            _handler.KeepAlivePingTimeout = AtLeastOneSecond(keepalive.Timeout);
        }
        Client = new HttpMessageInvoker(_handler, disposeHandler: false);
    }

    /// <summary>What it was made from.</summary>
    public ClusterConfig Config { get; }

    /// <summary>Where its policy was written.</summary>
    public EquatableArray<PolicyOrigin> Policy { get; set; }

    /// <summary>Sends requests whose URI names an endpoint.</summary>
    public HttpMessageInvoker Client { get; }

    /// <summary>Opens sockets to the endpoints.</summary>
    public UpstreamConnector Connector { get; }

    /// <summary>Active health checks; null = there are none.</summary>
    public HealthChecker? HealthChecks => _health;

    /// <summary>Its connections, of all endpoints and stacks.</summary>
    public ConnectionQuota Connections { get; }

    /// <summary>What waits and what is tried again.</summary>
    public CircuitBreakers Breakers { get; }

    /// <summary>Whether requests through <see cref="Client"/> need a <see cref="HandlerTicket"/>.</summary>
    public bool NeedsTickets => Config.MaxPendingRequests > 0 || Config.MaxRequestsPerConnection > 0 || Config.ProxyHeader != ProxyHeaderVersion.None;

    /// <summary>The endpoints of the moment.</summary>
    public EndpointSet Endpoints => _balancer.Endpoints;

    /// <summary>The clusters of the names that requests ask for; null = its endpoints are known beforehand.</summary>
    public DynamicClusters? Dynamic => _dynamic;

    /// <summary>Requests under way.</summary>
    public int ActiveRequests => Volatile.Read(ref _activeRequests);

    /// <summary>TCP sessions open.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>Requests since the cluster was made.</summary>
    public long TotalRequests => Interlocked.Read(ref _totalRequests);

    /// <summary>
    /// How request URIs name an endpoint, which is also the answer to "may two requests share a connection?": they may if
    /// this is equal and, where it says <c>https</c>, their hosts are. The handler makes no TLS of its own: the connector
    /// hands it finished connections.
    /// </summary>
    public string OriginOf(UpstreamEndpoint endpoint, HandlerTicket? ticket) => Config.ProxyHeader != ProxyHeaderVersion.None && ticket is not null
        ? $"{(Config.SeparatesHosts ? "https" : "http")}://{endpoint.Id}.{NameOf(ticket.Source)}.{NameOf(ticket.Destination)}"
        : Config.SeparatesHosts ? endpoint.SecureOrigin : endpoint.Origin;

    /// <summary>The HTTP version towards the endpoints.</summary>
    /// <param name="client">What the client speaks.</param>
    public UpstreamProtocol ProtocolFor(UpstreamProtocol client) => Config.FollowsClient ? client : Config.Protocol;

    /// <summary>Chooses an endpoint; null = there is none (503 UH).</summary>
    /// <param name="hash">Hash of the request; null = it has none.</param>
    /// <param name="attempt">How many choices for the request were passed over before.</param>
    public UpstreamEndpoint? Pick(ulong? hash = null, int attempt = 0) => _balancer.Pick(hash, attempt);

    /// <summary>An endpoint that was not tried yet, as <see cref="ClusterBalancer.PickUntried"/>.</summary>
    public UpstreamEndpoint? PickUntried(List<UpstreamEndpoint> tried, int elsewhere = 0) => _balancer.PickUntried(tried, elsewhere);

    /// <summary>An endpoint has answered with a status; of gRPC, the status of the call stands for another one.</summary>
    public void ReportStatus(UpstreamEndpoint endpoint, int status, int standsFor) => _outliers?.ReportStatus(endpoint, status, standsFor);

    /// <summary>An endpoint has not answered: no connection, a reset, or not in time.</summary>
    public void ReportFailure(UpstreamEndpoint endpoint, bool timedOut) => _outliers?.ReportFailure(endpoint, timedOut);

    /// <summary>A request begins to use the cluster; <see cref="End"/> must follow, unless it was refused.</summary>
    /// <returns>Whether it may: not if as many as the circuit breaker allows are under way.</returns>
    public bool TryBegin()
    {
        if (Interlocked.Increment(ref _activeRequests) > Config.MaxRequests && Config.MaxRequests > 0)
        {
            Interlocked.Decrement(ref _activeRequests);
            return false;
        }
        Interlocked.Increment(ref _totalRequests);
        return true;
    }

    /// <summary>A request has ended.</summary>
    public void End()
    {
        Interlocked.Decrement(ref _activeRequests);
        Breakers.RequestEnded();
    }

    /// <summary>A TCP session begins to use the cluster; <see cref="EndSession"/> must follow, unless it was refused.</summary>
    /// <returns>Whether it may: not if as many as the circuit breaker allows are open.</returns>
    public bool TryBeginSession()
    {
        if (Interlocked.Increment(ref _sessions) > Config.MaxConnections && Config.MaxConnections > 0)
        {
            Interlocked.Decrement(ref _sessions);
            return false;
        }
        return true;
    }

    /// <summary>A TCP session has ended.</summary>
    public void EndSession() => Interlocked.Decrement(ref _sessions);

    /// <summary>Takes the configured endpoints: at once if they are addresses, by a discovery of their own if they are names. One writer at a time.</summary>
    /// <param name="endpoints">The configured endpoints.</param>
    /// <param name="names">Keeps names up to date.</param>
    /// <param name="urgent">Whether a request waits for their addresses.</param>
    public void Assign(EquatableArray<EndpointConfig> endpoints, DnsHosts names, bool urgent = false)
    {
        if (_assigned == endpoints)
            return;
        _assigned = endpoints;
        if (Config.Discovery == DiscoveryType.Dynamic)
        {
            _dynamic ??= new DynamicClusters(Config, config => new Cluster(config, _time, _random, _findTls), names, _time);
            return;
        }
        if (Config.Discovery == DiscoveryType.Static)
        {
            List<ResolvedEndpoint> resolved = [];
            foreach (EndpointConfig endpoint in endpoints)
            {
                if (ResolvedEndpoint.FromLiteral(endpoint) is { } literal)
                    resolved.Add(literal);
            }
            Publish(resolved);
            return;
        }
        DnsDiscovery? before = _discovery;
        // Names that stay are not looked up again.
        _discovery = new DnsDiscovery(Config.Discovery, endpoints, Config.Dns, names, urgent, Publish);
        before?.Dispose();
    }

    /// <summary>What DNS says about why there are no endpoints; null = it is not the cause.</summary>
    public string? DnsProblem => _discovery?.Problem;

    /// <summary>Ends when the endpoints have been looked up once.</summary>
    public Task WarmAsync() => _discovery?.FirstResolution ?? Task.CompletedTask;

    public void Dispose()
    {
        _discovery?.Dispose();
        _dynamic?.Dispose();
        foreach (UpstreamEndpoint endpoint in _balancer.Endpoints.Endpoints)
            endpoint.Retire();
        _outliers?.Dispose();
        _health?.Dispose();
        _balancer.Dispose();
        Connections.Retire();
        Client.Dispose();
        _handler.Dispose();
    }

    // An endpoint whose address stays keeps its counters, its ejection, its health and its age.
    private void Publish(List<ResolvedEndpoint> endpoints)
    {
        Dictionary<string, UpstreamEndpoint> before = new(StringComparer.Ordinal);
        foreach (UpstreamEndpoint endpoint in _balancer.Endpoints.Endpoints)
            before.TryAdd(endpoint.Authority, endpoint);
        Dictionary<string, UpstreamEndpoint> now = new(endpoints.Count, StringComparer.Ordinal);
        Dictionary<EndPoint, UpstreamEndpoint> byEndPoint = new(endpoints.Count);
        var result = ImmutableArray.CreateBuilder<UpstreamEndpoint>(endpoints.Count);
        var weights = ImmutableArray.CreateBuilder<uint>(endpoints.Count);
        var places = ImmutableArray.CreateBuilder<EndpointPlace>(endpoints.Count);
        foreach (ResolvedEndpoint endpoint in endpoints)
        {
            // An address written twice is one endpoint with one memory, in two places.
            if (!now.TryGetValue(endpoint.Authority, out UpstreamEndpoint? one))
            {
                if (!before.TryGetValue(endpoint.Authority, out one))
                    one = new UpstreamEndpoint(endpoint.EndPoint, endpoint.Authority) { ReadyAt = _time.GetTimestamp() };
                one.Take(endpoint);
                now.Add(endpoint.Authority, one);
                byEndPoint.TryAdd(endpoint.EndPoint, one);
            }
            if (_health is not null)
                one.Health.Expect(_time.GetUtcNow());
            result.Add(one);
            weights.Add(Math.Max(1, endpoint.Weight));
            places.Add(endpoint.Place);
        }
        _balancer.Publish(new EndpointSet(result.MoveToImmutable(), weights.MoveToImmutable(), places.MoveToImmutable()));
        _byEndPoint = byEndPoint;
        _health?.Follow(_balancer.Endpoints);
        foreach (UpstreamEndpoint endpoint in before.Values)
        {
            if (!now.ContainsKey(endpoint.Authority))
                endpoint.Retire();
        }
    }

    private UpstreamEndpoint? FindByHost(string host)
    {
        foreach (UpstreamEndpoint endpoint in _balancer.Endpoints.Endpoints)
        {
            if (endpoint.Authority.AsSpan().StartsWith(host, StringComparison.OrdinalIgnoreCase) &&
                (endpoint.Authority.Length == host.Length || endpoint.Authority[host.Length] == ':'))
            {
                return endpoint;
            }
        }
        return null;
    }

    // The handler asks for each header that it writes, which it does only on a connection.
    private static Encoding ArriveAndEncode(string name, HttpRequestMessage request)
    {
        if (request.Options.TryGetValue(HandlerTicket.Key, out HandlerTicket? ticket))
            ticket.Arrive();
        return Encoding.Latin1;
    }

    // The handler takes no less.
    private static TimeSpan AtLeastOneSecond(TimeSpan time) => time < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : time;

    private static string NameOf(EndPoint? endPoint) => endPoint is IPEndPoint ip
        ? string.Create(CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(ip.Address.GetAddressBytes())}-{ip.Port}")
        : "unknown";
}
