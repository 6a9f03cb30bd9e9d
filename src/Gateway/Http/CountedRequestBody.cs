using Gateway.Transport;
using Microsoft.AspNetCore.Http;

namespace Gateway.Http;

/// <summary>The client's body, counting its bytes and noting when it has ended. Belongs to a <see cref="RequestContext"/>.</summary>
internal sealed class CountedRequestBody(RequestContext owner) : AsyncStream
{
    private Stream _inner = Null;

    /// <summary>The body itself, uncounted.</summary>
    public Stream Inner
    {
        get => _inner;
        set => _inner = value;
    }

    public override bool CanRead => true;

    public void Attach(HttpContext http)
    {
        _inner = http.Request.Body;
        http.Request.Body = this;
    }

    public void Detach() => _inner = Null;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> read = _inner.ReadAsync(buffer, cancellationToken);
        if (!read.IsCompletedSuccessfully)
            return AwaitRead(read, buffer.Length);
        int count = read.GetAwaiter().GetResult();
        Note(count, buffer.Length);
        return ValueTask.FromResult(count);
    }

    private async ValueTask<int> AwaitRead(ValueTask<int> read, int wanted)
    {
        int count = await read;
        Note(count, wanted);
        return count;
    }

    private void Note(int count, int wanted)
    {
        owner.Info.BytesReceived += count;
        bool ended = count == 0 ? wanted > 0 : owner.Http.Request.ContentLength is { } length && owner.Info.BytesReceived >= length;
        if (ended)
            owner.CompleteRequest();
    }
}
