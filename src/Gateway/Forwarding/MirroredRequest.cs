using Gateway.Http;
using Gateway.Transport;

namespace Gateway.Forwarding;

/// <summary>
/// The copies of one request, as seen from the request: what is read of its body goes to each of them, and they end when
/// the client leaves. Stands in the place of the request's body.
/// </summary>
internal sealed class MirroredRequest(RequestContext request) : AsyncStream
{
    private readonly List<(MirrorBody? Body, CancellationTokenSource Limit)> _copies = [];
    private CancellationTokenRegistration _client;
    private Stream _inner = Null;

    public override bool CanRead => true;

    /// <summary>Adds a copy.</summary>
    public void Add(MirrorBody? body, CancellationTokenSource limit) => _copies.Add((body, limit));

    /// <summary>Takes the place of the body; <see cref="Detach"/> must follow.</summary>
    public void Attach()
    {
        _client = request.Http.RequestAborted.UnsafeRegister(static state => ((MirroredRequest)state!).Cancel(), this);
        if (!request.HasBody)
            return;
        _inner = request.Http.Request.Body;
        request.Http.Request.Body = this;
    }

    /// <summary>The request has ended; the copies go on with what they have. One whose body is not complete ends.</summary>
    public void Detach()
    {
        _client.Dispose();
        if (!request.HasBody)
            return;
        request.Http.Request.Body = _inner;
        foreach ((MirrorBody? body, _) in _copies)
            body?.End(request.IsRequestComplete);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await _inner.ReadAsync(buffer, cancellationToken);
        foreach ((MirrorBody? body, _) in _copies)
        {
            if (count > 0)
                body!.Add(buffer.Span[..count]);
            else if (!buffer.IsEmpty)
                body!.End(isComplete: true);
        }
        return count;
    }

    private void Cancel()
    {
        foreach ((_, CancellationTokenSource limit) in _copies)
        {
            try
            {
                limit.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The copy was faster than its client.
            }
        }
    }
}
