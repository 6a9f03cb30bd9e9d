using System.IO.Pipelines;
using Gateway.Streams;
using Gateway.Transport;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http;

/// <summary>The body towards the client, counting its bytes. Stands in for the server's feature; belongs to a <see cref="RequestContext"/>.</summary>
internal sealed class CountedResponseBody(StreamInfo info) : AsyncStream, IHttpResponseBodyFeature
{
    private IHttpResponseBodyFeature? _inner;

    public override bool CanWrite => true;

    public Stream Stream => this;

    // Local replies write their whole body through it and count it themselves.
    public PipeWriter Writer => Inner.Writer;

    private IHttpResponseBodyFeature Inner => _inner ?? throw new ObjectDisposedException(nameof(CountedResponseBody));

    public void Attach(IFeatureCollection features)
    {
        if (_inner is not null)
            return;
        _inner = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        features.Set<IHttpResponseBodyFeature>(this);
    }

    public void Detach() => _inner = null;

    public void DisableBuffering() => Inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => Inner.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task CompleteAsync() => Inner.CompleteAsync();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        info.BytesSent += buffer.Length;
        return Inner.Stream.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Inner.Stream.FlushAsync(cancellationToken);
}
