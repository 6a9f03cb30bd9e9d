using System.Collections.Immutable;
using System.Net;
using System.Text;
using Gateway.Clusters.Discovery;
using Gateway.Clusters.LoadBalancing;
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
    private readonly SocketsHttpHandler _handler;
    private readonly Random _random;
    private readonly TimeProvider _time;
    private EquatableArray<EndpointConfig>? _assigned;
    private DnsDiscovery? _discovery;
    private volatile EndpointSet _endpoints = EndpointSet.Empty;
    private volatile ILoadBalancer _balancer;
    private readonly Lock _balancing = new();
    private readonly OutlierDetector? _outliers;
    private int _activeRequests;
    private long _totalRequests;

    public Cluster(ClusterConfig config, TimeProvider time, Random random, Func<UpstreamTlsConfig, UpstreamTlsContext?> findTls)
    {
        Config = config;
        _random = random;
        _time = time;
        _balancer = LoadBalancers.Create(config.LoadBalancer, _endpoints, random);
        if (config.OutlierDetection is { } outliers)
            _outliers = new OutlierDetector(outliers, time, () => _endpoints, Balance);
        Connector = new UpstreamConnector(config, time, FindByHost, findTls);
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
            PooledConnectionIdleTimeout = config.IdleTimeout,
            PooledConnectionLifetime = config.MaxConnectionDuration,
            // Header bytes pass as they are; UTF-8 would refuse what is not UTF-8.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            // Envoy takes 60 KiB (HTTP/1: 80 KiB) of response headers; this one is in KiB.
            MaxResponseHeadersLength = 80,
            ConnectCallback = Connector.ConnectAsync,
        };
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

    /// <summary>The endpoints of the moment.</summary>
    public EndpointSet Endpoints => _endpoints;

    /// <summary>Requests under way.</summary>
    public int ActiveRequests => Volatile.Read(ref _activeRequests);

    /// <summary>Requests since the cluster was made.</summary>
    public long TotalRequests => Interlocked.Read(ref _totalRequests);

    /// <summary>
    /// How request URIs name an endpoint, which is also the answer to "may two requests share a connection?": they may if
    /// this is equal and, where it says <c>https</c>, their hosts are. The handler makes no TLS of its own: the connector
    /// hands it finished connections.
    /// </summary>
    public string OriginOf(UpstreamEndpoint endpoint) => Config.SeparatesHosts ? endpoint.SecureOrigin : endpoint.Origin;

    /// <summary>Chooses an endpoint; null = there is none (503 UH).</summary>
    /// <param name="hash">Hash of the request; null = it has none.</param>
    /// <param name="attempt">How many choices for the request were passed over before.</param>
    public UpstreamEndpoint? Pick(ulong? hash = null, int attempt = 0) => _balancer.Pick(hash, attempt);

    /// <summary>An endpoint has answered with a status (of gRPC: the one it stands for).</summary>
    public void ReportStatus(UpstreamEndpoint endpoint, int status) => _outliers?.ReportStatus(endpoint, status);

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
    public void End() => Interlocked.Decrement(ref _activeRequests);

    /// <summary>Takes the configured endpoints: at once if they are addresses, by a discovery of their own if they are names. One writer at a time.</summary>
    public void Assign(EquatableArray<EndpointConfig> endpoints, DnsResolver resolver, TimeSpan dnsRefreshRate)
    {
        if (_assigned == endpoints)
            return;
        _assigned = endpoints;
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
        _discovery?.Dispose();
        _discovery = new DnsDiscovery(Config.Discovery, endpoints, resolver, dnsRefreshRate, _time, _random, Publish);
    }

    /// <summary>Ends when the endpoints have been looked up once.</summary>
    public Task WarmAsync() => _discovery?.FirstResolution ?? Task.CompletedTask;

    public void Dispose()
    {
        _discovery?.Dispose();
        foreach (UpstreamEndpoint endpoint in _endpoints.Endpoints)
            endpoint.Http1.Retire();
        _outliers?.Dispose();
        Client.Dispose();
        _handler.Dispose();
    }

    // Endpoints whose address stays keep their counters.
    private void Publish(List<ResolvedEndpoint> endpoints)
    {
        Dictionary<EndPoint, UpstreamEndpoint> before = [];
        foreach (UpstreamEndpoint endpoint in _endpoints.Endpoints)
            before[endpoint.EndPoint] = endpoint;
        var result = ImmutableArray.CreateBuilder<UpstreamEndpoint>(endpoints.Count);
        var weights = ImmutableArray.CreateBuilder<uint>(endpoints.Count);
        foreach (ResolvedEndpoint endpoint in endpoints)
        {
            result.Add(before.GetValueOrDefault(endpoint.EndPoint) ?? new UpstreamEndpoint(endpoint.EndPoint, endpoint.Authority));
            weights.Add(Math.Max(1, endpoint.Weight));
        }
        _endpoints = new EndpointSet(result.MoveToImmutable(), weights.MoveToImmutable());
        foreach (UpstreamEndpoint endpoint in before.Values)
        {
            if (!_endpoints.Endpoints.Contains(endpoint))
                endpoint.Http1.Retire();
        }
        Balance();
    }

    /// <summary>Balances among the endpoints of the moment that are not ejected; among all, if too few are left.</summary>
    private void Balance()
    {
        lock (_balancing)
        {
            EndpointSet all = _endpoints;
            EndpointSet healthy = _outliers is null ? all : all.WithoutEjected();
            bool isPanic = healthy.Count < all.Count && Config.OutlierDetection is { MinHealthPercent: > 0 and int least } && 100.0 * healthy.Count / all.Count < least;
            _balancer = LoadBalancers.Create(Config.LoadBalancer, isPanic ? all : healthy, _random);
        }
    }

    private EndPoint? FindByHost(string host)
    {
        foreach (UpstreamEndpoint endpoint in _endpoints.Endpoints)
        {
            if (endpoint.Authority.AsSpan().StartsWith(host, StringComparison.OrdinalIgnoreCase) &&
                (endpoint.Authority.Length == host.Length || endpoint.Authority[host.Length] == ':'))
            {
                return endpoint.EndPoint;
            }
        }
        return null;
    }
}
