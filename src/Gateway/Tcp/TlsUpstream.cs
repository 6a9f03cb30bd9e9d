using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;

namespace Gateway.Tcp;

/// <summary>An upstream through TLS of our own. The end of our side is TLS's own: the connection below stays open for what is still to come.</summary>
internal sealed class TlsUpstream(SslStream stream, EndPoint? local) : TcpUpstream
{
    public override EndPoint? LocalEndPoint => local;

    public override async ValueTask<int> ReceiveAsync(PipeWriter target)
    {
        int received = await stream.ReadAsync(target.GetMemory());
        target.Advance(received);
        return received;
    }

    public override async ValueTask SendAsync(ReadOnlySequence<byte> data)
    {
        foreach (ReadOnlyMemory<byte> segment in data)
            await stream.WriteAsync(segment);
    }

    public override async ValueTask EndAsync() => await stream.ShutdownAsync();

    // Cut off without TLS's end, which is what tells the peer of a reset.
    public override void Close(bool reset) => stream.Dispose();
}
