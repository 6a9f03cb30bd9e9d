using System.Net;

namespace Gateway.Clusters;

/// <summary>
/// One request on its way through the <see cref="SocketsHttpHandler"/>, whose pools do not tell what waits in them: made
/// where a cluster has limits that need to know. It waits for a connection until the handler writes its first header.
/// </summary>
internal sealed class HandlerTicket
{
    /// <summary>Where a request message carries it.</summary>
    public static readonly HttpRequestOptionsKey<HandlerTicket> Key = new("gateway.ticket");

    private const int Waiting = 0;
    private const int Running = 1;
    private const int Ended = 2;

    private static readonly AsyncLocal<HandlerTicket?> CurrentTicket = new();

    private readonly Cluster _cluster;
    private int _state;

    private HandlerTicket(Cluster cluster, UpstreamEndpoint endpoint, int state, EndPoint? source, EndPoint? destination)
    {
        _cluster = cluster;
        _state = state;
        Endpoint = endpoint;
        Source = source;
        Destination = destination;
    }

    /// <summary>The ticket in whose flow the caller runs.</summary>
    public static HandlerTicket? Current
    {
        get => CurrentTicket.Value;
        set => CurrentTicket.Value = value;
    }

    /// <summary>Where the request goes.</summary>
    public UpstreamEndpoint Endpoint { get; }

    /// <summary>The client, for the PROXY header.</summary>
    public EndPoint? Source { get; }

    /// <summary>Where the client connected to.</summary>
    public EndPoint? Destination { get; }

    /// <summary>The connection it runs on, where requests per connection are counted.</summary>
    public CountedSocketStream? Connection { get; set; }

    /// <summary>A request begins; <see cref="End"/> must follow.</summary>
    /// <returns>Null = no connection is free and as many requests wait as may.</returns>
    public static HandlerTicket? TryBegin(Cluster cluster, UpstreamEndpoint endpoint, EndPoint? source, EndPoint? destination, bool isHttp2)
    {
        // An HTTP/2 connection takes as many requests as the endpoint allows, which the handler keeps to itself.
        int perConnection = isHttp2 ? int.MaxValue : 1;
        if (endpoint.TryReserve(perConnection))
            return new HandlerTicket(cluster, endpoint, Running, source, destination);
        return cluster.Breakers.TryBeginPending() ? new HandlerTicket(cluster, endpoint, Waiting, source, destination) : null;
    }

    /// <summary>The request has its connection.</summary>
    public void Arrive()
    {
        if (Volatile.Read(ref _state) != Waiting || Interlocked.CompareExchange(ref _state, Running, Waiting) != Waiting)
            return;
        Endpoint.Reserve();
        _cluster.Breakers.EndPending();
    }

    /// <summary>The request is over.</summary>
    public void End()
    {
        int before = Interlocked.Exchange(ref _state, Ended);
        if (before == Waiting)
            _cluster.Breakers.EndPending();
        else if (before == Running)
            Endpoint.EndReservation();
        Connection?.EndRequest();
    }
}
