using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Gateway.Http;
using Gateway.Transport;

namespace Gateway.Forwarding;

/// <summary>
/// Reads a request's body for our own clients: as the server has it where nobody stands in between, else through the
/// request's stream (bodies that are kept for another try or copied), into a block of the loop. One per request context.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Lives as long as its context; the source holds nothing of the system's.")]
internal sealed class RequestBodyReader(RequestContext request) : PipeReader
{
    private CancellationTokenSource _cancel = new();
    private EventLoop _loop = null!;
    private IMemoryOwner<byte>? _block;
    private Task<int>? _pending;
    private int _start;
    private int _end;
    private bool _completed;

    /// <summary>The body of the try that begins.</summary>
    public PipeReader Begin(EventLoop loop)
    {
        if (request.Http.Request.Body is CountedRequestBody)
            return request.BodyReader!;
        _loop = loop;
        _start = _end = 0;
        _completed = false;
        _pending = null;
        if (!_cancel.TryReset())
            _cancel = new CancellationTokenSource();
        return this;
    }

    /// <summary>Bytes were read; the request's own stream counts by itself.</summary>
    public void Note(long count, bool ended)
    {
        if (request.Http.Request.Body is CountedRequestBody)
            request.NoteReceived(count, ended);
    }

    public override bool TryRead(out ReadResult result)
    {
        if (_start == _end && !_completed)
        {
            _pending ??= Read();
            if (!_pending.IsCompletedSuccessfully)
            {
                result = default;
                return false;
            }

            Take(_pending);
        }

        result = Result();
        return true;
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (_start == _end && !_completed)
        {
            Task<int> pending = _pending ??= Read();
            if (!pending.IsCompleted)
                await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Take(pending);
        }

        return Result();
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _start = consumed.GetInteger();
        if (_start == _end)
            ReleaseBlock();
    }

    public override void CancelPendingRead() => _cancel.Cancel();

    /// <summary>The try has ended.</summary>
    public override void Complete(Exception? exception = null)
    {
        _start = _end = 0;
        ReleaseBlock();
    }

    private Task<int> Read()
    {
        _block ??= _loop.Pool.Rent();
        return request.Http.Request.Body.ReadAsync(_block.Memory, _cancel.Token).AsTask();
    }

    private void Take(Task<int> read)
    {
        _pending = null;
        _start = 0;
        _end = read.GetAwaiter().GetResult();
        _completed = _end == 0;
    }

    private ReadResult Result() => new(new ReadOnlySequence<byte>(_block?.Memory[.._end] ?? default).Slice(_start), isCanceled: false, _completed);

    // What is under way still writes into it.
    private void ReleaseBlock()
    {
        if (_pending is { IsCompleted: false })
            return;
        _block?.Dispose();
        _block = null;
    }
}
