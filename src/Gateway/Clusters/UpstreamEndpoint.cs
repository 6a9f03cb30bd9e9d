using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Clusters.Http1;
using Gateway.Clusters.Http2;

namespace Gateway.Clusters;

/// <summary>
/// One address (or one name with its addresses) that serves a cluster, with its counters. Lives as long as the address stays in the cluster's
/// <see cref="EndpointSet"/>s and in requests that chose it. Thread-safe.
/// </summary>
internal sealed class UpstreamEndpoint
{
    // Added while idle connections are closed: requests that begin meanwhile wait for that.
    private const int Closing = int.MinValue / 2;

    private static int _lastId;

    private int _activeRequests;
    private long _totalRequests;
    private long _connectFailures;
    private long _readyAt;
    private readonly Lock _handlerGate = new();
    private readonly HashSet<CountedSocketStream> _handlerStreams = [];
    private volatile bool _isRetired;
    private int _ready;
    private int _reserved;

    public UpstreamEndpoint(EndPoint endPoint, string authority)
    {
        EndPoint = endPoint;
        Http1 = new LoopPools<Http1Pool>((loop, cluster, host) => new Http1Pool(loop, this, cluster, host));
        Http2 = new LoopPools<Http2Pool>((loop, cluster, host) => new Http2Pool(loop, this, cluster, host, Http2Options.Of(cluster.Config)));
        Authority = authority;
        Origin = $"http://{authority}";
        SecureOrigin = $"https://{authority}";
        Address = endPoint is UnixDomainSocketEndPoint unix ? unix.ToString() : authority;
    }

    /// <summary>A name that no other endpoint of the process has.</summary>
    public string Id { get; } = string.Create(CultureInfo.InvariantCulture, $"e{Interlocked.Increment(ref _lastId)}");

    /// <summary>Where to connect: an address, or, for what has several, an <see cref="AddressList"/> of the newest ones.</summary>
    public EndPoint EndPoint { get; private set; }

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

    /// <summary>Connections of our own HTTP/2 client.</summary>
    public LoopPools<Http2Pool> Http2 { get; }

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

    /// <summary>Connections of our own clients.</summary>
    public ConnectionCount OwnConnections { get; } = new();

    /// <summary>Connections of the handler.</summary>
    public ConnectionCount HandlerConnections { get; } = new();

    /// <summary>Connections, those being opened included.</summary>
    public int Connections => OwnConnections.Open + HandlerConnections.Open;

    /// <summary>Requests under way.</summary>
    public int ActiveRequests
    {
        get
        {
            int count = Volatile.Read(ref _activeRequests);
            return count >= 0 ? count : count - Closing;
        }
    }

    /// <summary>Requests since the endpoint appeared.</summary>
    public long TotalRequests => Interlocked.Read(ref _totalRequests);

    /// <summary>Attempts that found no connection.</summary>
    public long ConnectFailures => Interlocked.Read(ref _connectFailures);

    /// <summary>The newest answer, for connections to come. One writer at a time.</summary>
    public void Take(ResolvedEndpoint resolved)
    {
        EndPoint now = resolved.Others.IsEmpty ? resolved.EndPoint : new AddressList(HappyEyeballs.Order([resolved.EndPoint, .. resolved.Others]));
        if (!now.Equals(EndPoint))
            EndPoint = now;
    }

    /// <summary>A request begins; <see cref="End"/> must follow.</summary>
    public void Begin()
    {
        if (Interlocked.Increment(ref _activeRequests) < 0)
            WaitForClosing();
        Interlocked.Increment(ref _totalRequests);
    }

    /// <summary>A request has ended.</summary>
    public void End()
    {
        if (Interlocked.Decrement(ref _activeRequests) == 0 && _isRetired)
            CloseIdleOfHandler();
    }

    /// <summary>Somebody waits for room: idle connections of other pools are closed for it. Any thread.</summary>
    public void GiveUpIdle(ILoopPool waiting)
    {
        Http1.GiveUpIdle(waiting);
        Http2.GiveUpIdle(waiting);
    }

    /// <summary>It serves the cluster no more: its connections end when their requests have ended.</summary>
    public void Retire()
    {
        Http1.Retire();
        Http2.Retire();
        _isRetired = true;
        CloseIdleOfHandler();
    }

    /// <summary>A connection could not be made.</summary>
    public void CountConnectFailure() => Interlocked.Increment(ref _connectFailures);

    /// <summary>Takes a place on a connection of the handler; <see cref="EndReservation"/> must follow. False = all are taken.</summary>
    /// <param name="perConnection">Places on one connection.</param>
    public bool TryReserve(int perConnection)
    {
        for (int reserved = Volatile.Read(ref _reserved); reserved < (long)Volatile.Read(ref _ready) * perConnection; reserved = Volatile.Read(ref _reserved))
        {
            if (Interlocked.CompareExchange(ref _reserved, reserved + 1, reserved) == reserved)
                return true;
        }
        return false;
    }

    /// <summary>Takes a place that is known to be free.</summary>
    public void Reserve() => Interlocked.Increment(ref _reserved);

    /// <summary>A place is free again.</summary>
    public void EndReservation() => Interlocked.Decrement(ref _reserved);

    internal void ConnectionReady(CountedSocketStream connection)
    {
        Interlocked.Increment(ref _ready);
        lock (_handlerGate)
            _handlerStreams.Add(connection);
        // Whoever wanted it may have left.
        if (_isRetired)
            CloseIdleOfHandler();
    }

    internal void ConnectionGone(CountedSocketStream connection)
    {
        Interlocked.Decrement(ref _ready);
        lock (_handlerGate)
            _handlerStreams.Remove(connection);
    }

    /// <summary>
    /// The handler keeps idle connections and cannot be told to let go of one address. A request that chose the endpoint
    /// before it was retired may begin at any time: it must not get a connection that is closed under it.
    /// </summary>
    private void CloseIdleOfHandler()
    {
        CountedSocketStream[] idle;
        lock (_handlerGate)
            idle = [.. _handlerStreams];
        if (idle.Length == 0 || Interlocked.CompareExchange(ref _activeRequests, Closing, 0) != 0)
            return;
        try
        {
            foreach (CountedSocketStream connection in idle)
                connection.Dispose();
        }
        finally
        {
            Interlocked.Add(ref _activeRequests, -Closing);
        }
    }

    // For as long as some sockets take to be closed, once in an endpoint's life.
    private void WaitForClosing()
    {
        SpinWait wait = default;
        while (Volatile.Read(ref _activeRequests) < 0)
            wait.SpinOnce();
    }
}
