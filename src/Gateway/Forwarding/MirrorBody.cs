using System.IO.Pipelines;
using System.Net;

namespace Gateway.Forwarding;

/// <summary>
/// The body of a copy: filled while the request's own body is read, sent as fast as the copy's destination takes it. One
/// that falls too far behind is given up; the request never waits for it.
/// </summary>
internal sealed class MirrorBody(int maxBehind, long? length) : HttpContent
{
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private long _behind;
    private bool _ended;

    /// <summary>Whether it was given up.</summary>
    public bool IsTooSlow { get; private set; }

    /// <summary>Takes what was read.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_ended)
            return;
        if (Interlocked.Add(ref _behind, bytes.Length) > maxBehind)
        {
            IsTooSlow = true;
            End(isComplete: false);
            return;
        }
        bytes.CopyTo(_pipe.Writer.GetSpan(bytes.Length));
        _pipe.Writer.Advance(bytes.Length);
        // Completes at once: the pipe never holds its writer back.
        ValueTask<FlushResult> flushed = _pipe.Writer.FlushAsync();
        if (flushed.IsCompletedSuccessfully && flushed.GetAwaiter().GetResult().IsCompleted)
            End(isComplete: false);
    }

    /// <summary>Nothing more will come.</summary>
    /// <param name="isComplete">Whether that was all; else the copy breaks off.</param>
    public void End(bool isComplete)
    {
        if (_ended)
            return;
        _ended = true;
        _pipe.Writer.Complete(isComplete ? null : new IOException("The request's body did not come to its end."));
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length ?? 0;
        return length is not null;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                ReadResult read = await _pipe.Reader.ReadAsync(cancellationToken);
                foreach (ReadOnlyMemory<byte> part in read.Buffer)
                    await stream.WriteAsync(part, cancellationToken);
                Interlocked.Add(ref _behind, -read.Buffer.Length);
                _pipe.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return;
                await stream.FlushAsync(cancellationToken);
            }
        }
        finally
        {
            await _pipe.Reader.CompleteAsync();
        }
    }
}
