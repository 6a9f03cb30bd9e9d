using System.IO.Pipelines;
using Gateway.Transport;

namespace Gateway.Listeners;

/// <summary>Both pipes of a connection as one stream whose writes are flushed.</summary>
/// <param name="pipes">The pipes; they are not completed with the stream.</param>
internal sealed class PipesStream(IDuplexPipe pipes) : AsyncStream
{
    private readonly Stream _input = pipes.Input.AsStream(leaveOpen: true);

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _input.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        FlushResult result = await pipes.Output.WriteAsync(buffer, cancellationToken);
        if (result.IsCompleted)
            throw new IOException("The client has gone.");
    }
}
