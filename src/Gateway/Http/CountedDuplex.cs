using Gateway.Streams;
using Gateway.Transport;

namespace Gateway.Http;

/// <summary>A stream in both directions that counts its bytes as those of a request.</summary>
/// <param name="inner">The stream; it ends with this one.</param>
/// <param name="info">Where they are counted.</param>
internal sealed class CountedDuplex(Stream inner, StreamInfo info) : AsyncStream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await inner.ReadAsync(buffer, cancellationToken);
        info.BytesReceived += count;
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        info.BytesSent += buffer.Length;
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
