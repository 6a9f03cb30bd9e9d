using System.Net;
using System.Net.Sockets;
using Gateway.Clusters.Http1;

namespace Gateway.Clusters;

/// <summary>
/// One address that serves a cluster, with its counters. Lives as long as the address stays in the cluster's
/// <see cref="EndpointSet"/>s and in requests that chose it. Thread-safe.
/// </summary>
internal sealed class UpstreamEndpoint
{
    private int _activeRequests;
    private long _totalRequests;
    private long _connectFailures;
    private long _readyAt;

    public UpstreamEndpoint(EndPoint endPoint, string authority)
    {
        EndPoint = endPoint;
        Http1 = new LoopPools<Http1Pool>((loop, cluster, host) => new Http1Pool(loop, this, cluster, host));
        Authority = authority;
        Origin = $"http://{authority}";
        SecureOrigin = $"https://{authority}";
        Address = endPoint is UnixDomainSocketEndPoint unix ? unix.ToString() : authority;
    }

    /// <summary>Where to connect.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Host and port as they stand in a request URI; for Unix sockets a made-up name.</summary>
    public string Authority { get; }

    /// <summary><c>http://authority</c>, made once.</summary>
    public string Origin { get; }

    /// <summary><c>https://authority</c>, made once.</summary>
    public string SecureOrigin { get; }

    /// <summary>For people: <c>ip:port</c> or the socket's path.</summary>
    public string Address { get; }

    /// <summary>Connections of our own HTTP/1.1 client.</summary>
    public LoopPools<Http1Pool> Http1 { get; }

    /// <summary>What outlier detection knows of it.</summary>
    public OutlierState Outlier { get; } = new();

    /// <summary>What active health checks know of it.</summary>
    public EndpointHealth Health { get; } = new();

    /// <summary>When it came, or passed its health checks again; a timestamp of the cluster's clock. From then it warms up.</summary>
    public long ReadyAt
    {
        get => Interlocked.Read(ref _readyAt);
        set => Interlocked.Exchange(ref _readyAt, value);
    }

    /// <summary>Requests under way.</summary>
    public int ActiveRequests => Volatile.Read(ref _activeRequests);

    /// <summary>Requests since the endpoint appeared.</summary>
    public long TotalRequests => Interlocked.Read(ref _totalRequests);

    /// <summary>Attempts that found no connection.</summary>
    public long ConnectFailures => Interlocked.Read(ref _connectFailures);

    /// <summary>A request begins; <see cref="End"/> must follow.</summary>
    public void Begin()
    {
        Interlocked.Increment(ref _activeRequests);
        Interlocked.Increment(ref _totalRequests);
    }

    /// <summary>A request has ended.</summary>
    public void End() => Interlocked.Decrement(ref _activeRequests);

    /// <summary>A connection could not be made.</summary>
    public void CountConnectFailure() => Interlocked.Increment(ref _connectFailures);
}
