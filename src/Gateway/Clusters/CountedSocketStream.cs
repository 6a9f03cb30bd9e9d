using System.Net.Sockets;

namespace Gateway.Clusters;

/// <summary>
/// A connection of the <see cref="SocketsHttpHandler"/>, counted from before it is opened until it is closed. With
/// HTTP/1.1 it can be limited to a number of requests: each writes and reads in the flow of its own ticket; to whoever
/// looks whether a spent connection can be used again it has ended.
/// </summary>
internal sealed class CountedSocketStream(Socket socket, ConnectionQuota quota, UpstreamEndpoint? endpoint, ConnectionCount count, int maxRequests)
    : NetworkStream(socket, ownsSocket: true)
{
    private const int Opening = 0;
    private const int Ready = 1;
    private const int Closed = 2;

    private int _state;
    private HandlerTicket? _ticket;
    private int _requests;

    private bool IsSpent => maxRequests > 0 && _requests >= maxRequests;

    /// <summary>It can carry requests.</summary>
    public void MarkReady()
    {
        if (Interlocked.CompareExchange(ref _state, Ready, Opening) == Opening)
            endpoint?.ConnectionReady(this);
    }

    /// <summary>The request it carries is over.</summary>
    public void EndRequest()
    {
        if (IsSpent)
            Dispose();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        IsSpent && HandlerTicket.Current != _ticket ? ValueTask.FromResult(0) : base.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A handshake is not a request.
        if (maxRequests > 0 && Volatile.Read(ref _state) == Ready && HandlerTicket.Current is { } ticket && ticket != _ticket)
        {
            _ticket = ticket;
            _requests++;
            ticket.Connection = this;
        }
        return base.WriteAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        int before = Interlocked.Exchange(ref _state, Closed);
        base.Dispose(disposing);
        if (before == Closed)
            return;
        if (before == Ready)
            endpoint?.ConnectionGone(this);
        quota.Close(count);
    }
}
