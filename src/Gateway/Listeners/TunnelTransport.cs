using System.Buffers;
using System.IO.Pipelines;
using Gateway.Http;

namespace Gateway.Listeners;

/// <summary>
/// A connection's pipes as Kestrel sees them, until a tunnel takes them. After that Kestrel finds that the client has said
/// all, and what it writes, an answer that nobody is to see, is dropped; it then ends the connection in order.
/// </summary>
/// <param name="inner">The connection's own pipes.</param>
internal sealed class TunnelTransport(IDuplexPipe inner) : IDuplexPipe, ITunnelFeature
{
    private Writer? _output;
    private ReadOnlySequence<byte> _first;
    private bool _isFirstSeen;
    private bool _isTaken;

    public PipeReader Input => field ??= new Reader(this, inner.Input);

    public PipeWriter Output => _output ??= new Writer(this, inner.Output);

    private static ReadOnlySpan<byte> Established => "HTTP/1.1 200 Connection Established\r\n\r\n"u8;

    /// <summary>Sets what is read before all that comes from the connection; empty = nothing.</summary>
    public void Begin(ReadOnlyMemory<byte> first) => _first = new ReadOnlySequence<byte>(first);

    public async ValueTask<Stream> AcceptAsync(CancellationToken cancellationToken)
    {
        _isTaken = true;
        Established.CopyTo(inner.Output.GetSpan(Established.Length));
        inner.Output.Advance(Established.Length);
        if ((await inner.Output.FlushAsync(cancellationToken)).IsCompleted)
            throw new IOException("The client has gone.");
        return new PipesStream(inner);
    }

    private sealed class Reader(TunnelTransport owner, PipeReader inner) : PipeReader
    {
        private static ReadResult Ended => new(default, isCanceled: false, isCompleted: true);

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            if (owner._isTaken)
                return;
            if (owner._first.IsEmpty)
                inner.AdvanceTo(consumed, examined);
            else
                owner._first = owner._first.Slice(consumed);
        }

        // The server wakes its own reads; those of a tunnel have their own ends.
        public override void CancelPendingRead()
        {
            if (!owner._isTaken)
                inner.CancelPendingRead();
        }

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            TryReadOwn(out ReadResult result) ? ValueTask.FromResult(result) : inner.ReadAsync(cancellationToken);

        public override bool TryRead(out ReadResult result) => TryReadOwn(out result) || inner.TryRead(out result);

        private bool TryReadOwn(out ReadResult result)
        {
            // A head is complete: whoever looks at it once more waits for what does not come.
            result = owner._isTaken ? Ended : new ReadResult(owner._first, isCanceled: false, isCompleted: owner._isFirstSeen);
            bool isOwn = owner._isTaken || !owner._first.IsEmpty;
            owner._isFirstSeen |= isOwn;
            return isOwn;
        }
    }

    private sealed class Writer(TunnelTransport owner, PipeWriter inner) : PipeWriter
    {
        // An answer's head and no body.
        private const int ScratchBytes = 4096;

        private byte[] _scratch = [];

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => owner._isTaken ? 0 : inner.UnflushedBytes;

        public override void Advance(int bytes)
        {
            if (!owner._isTaken)
                inner.Advance(bytes);
        }

        public override void CancelPendingFlush()
        {
            if (!owner._isTaken)
                inner.CancelPendingFlush();
        }

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            owner._isTaken ? ValueTask.FromResult(default(FlushResult)) : inner.FlushAsync(cancellationToken);

        public override Memory<byte> GetMemory(int sizeHint = 0) => owner._isTaken ? Scratch(sizeHint) : inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => owner._isTaken ? Scratch(sizeHint) : inner.GetSpan(sizeHint);

        private byte[] Scratch(int sizeHint)
        {
            if (_scratch.Length == 0 || _scratch.Length < sizeHint)
                _scratch = new byte[Math.Max(sizeHint, ScratchBytes)];
            return _scratch;
        }
    }
}
