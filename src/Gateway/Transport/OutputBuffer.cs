using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Gateway.Transport;

/// <summary>
/// What is written to a connection until its socket has taken it. One writer at a time, on any thread, as with every pipe;
/// the connection's sender takes from it on the loop, without a reader and its waiting in between. Holds no block when
/// everything is sent. A writer that is ahead of the socket by <c>pauseBytes</c> waits until half of that is left.
/// </summary>
internal sealed class OutputBuffer(EventLoopConnection connection, int pauseBytes) : PipeWriter, IValueTaskSource<FlushResult>
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<FlushResult> _waiter;
    private CancellationTokenRegistration _cancellation;
    private OutputSegment? _head;
    private OutputSegment? _tail;
    private OutputSegment? _spare;
    private OutputSegment? _flushedTail;
    private Exception? _writerError;
    private Memory<byte> _room;
    private long _unsent;
    private int _headStart;
    private int _flushedEnd;
    private int _unflushed;
    private bool _writing;
    private bool _waits;
    private bool _resumes;
    private bool _cancelNext;
    private bool _writerEnded;
    private bool _senderEnded;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    /// <summary>Why the writer ended, where it was no good end.</summary>
    public Exception? WriterError => _writerError;

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        if (!_writing || _room.Length <= sizeHint)
            MakeRoom(sizeHint);
        return _room.Span;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (!_writing || _room.Length <= sizeHint)
            MakeRoom(sizeHint);
        return _room;
    }

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)_room.Length, nameof(bytes));
        if (bytes == 0 || Volatile.Read(ref _senderEnded))
            return;
        _tail!.Written += bytes;
        _room = _room[bytes..];
        _unflushed += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);

        bool isNew;
        bool waits = false;
        ValueTask<FlushResult> result;
        lock (_gate)
        {
            isNew = Flush();
            if (_cancelNext || _senderEnded || _unsent < pauseBytes)
            {
                result = new ValueTask<FlushResult>(new FlushResult(_cancelNext, _senderEnded));
                _cancelNext = false;
            }
            else
            {
                _waits = waits = true;
                _waiter.Reset();
                result = new ValueTask<FlushResult>(this, _waiter.Version);
            }
        }

        if (waits && cancellationToken.CanBeCanceled)
            _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((OutputBuffer)state!).Cancel(token), this);
        if (isNew)
            connection.WakeSender();
        return result;
    }

    public override void CancelPendingFlush()
    {
        lock (_gate)
        {
            if (!_waits)
            {
                _cancelNext = true;
                return;
            }
        }

        Release(static buffer => buffer._waiter.SetResult(new FlushResult(isCanceled: true, buffer._senderEnded)));
    }

    public override void Complete(Exception? exception = null)
    {
        lock (_gate)
        {
            if (_writerEnded)
                return;
            Flush();
            _writerEnded = true;
            _writerError = exception;
            if (_senderEnded)
                FreeAll();
        }

        connection.WakeSender();
    }

    /// <summary>What is flushed and not sent. On the loop; good until <see cref="Sent"/>.</summary>
    /// <returns>Whether that is all there will ever be.</returns>
    public bool Unsent(out ReadOnlySequence<byte> data)
    {
        lock (_gate)
        {
            data = _unsent == 0 ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_head!, _headStart, _flushedTail!, _flushedEnd);
            return _writerEnded;
        }
    }

    /// <summary>The socket has taken so many bytes. On the loop; <see cref="ResumeWriter"/> must follow.</summary>
    public void Sent(long bytes)
    {
        lock (_gate)
        {
            _unsent -= bytes;
            if (_unsent == 0 && !_writing)
                FreeAll();
            else
                Drop(bytes);
            _resumes = _waits && _unsent <= pauseBytes / 2;
        }
    }

    /// <summary>Whoever waited to write continues, if there is room again: before this returns. On the loop.</summary>
    public void ResumeWriter()
    {
        if (!_resumes)
            return;
        _resumes = false;
        Release(static buffer => buffer._waiter.SetResult(default));
    }

    /// <summary>Nothing more will be sent: writers learn it when they flush. On the loop, once.</summary>
    public void EndSending()
    {
        lock (_gate)
        {
            _senderEnded = true;
            _unsent = 0;
            // A writer on another thread may be about to fill its block.
            if (!_writing)
                FreeAll();
        }

        Release(static buffer => buffer._waiter.SetResult(new FlushResult(isCanceled: false, isCompleted: true)));
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        _cancellation.Dispose();
        _cancellation = default;
        return _waiter.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private void MakeRoom(int sizeHint)
    {
        lock (_gate)
        {
            if (_writerEnded)
                throw new InvalidOperationException("Nothing can be written after the end.");
            _writing = true;
            if (_room.Length > sizeHint)
                return;

            OutputSegment next = _spare ?? new OutputSegment();
            _spare = null;
            if (sizeHint < LoopMemoryPool.BlockBytes)
                next.Begin(connection.Loop.Pool.Rent());
            else
                next.Begin(new byte[sizeHint + 1]);
            if (_tail is null)
                (_head, _headStart, _flushedTail, _flushedEnd) = (next, 0, next, 0);
            else
                _tail.Append(next);
            _tail = next;
            _room = next.Room;
        }
    }

    private bool Flush()
    {
        _writing = false;
        if (_unflushed == 0)
            return false;
        _unsent += _unflushed;
        _unflushed = 0;
        _flushedTail = _tail;
        _flushedEnd = _tail!.Written;
        return true;
    }

    private void Drop(long bytes)
    {
        while (bytes > 0)
        {
            int there = (_head == _flushedTail ? _flushedEnd : _head!.Memory.Length) - _headStart;
            if (bytes < there || _head == _flushedTail)
            {
                _headStart += (int)bytes;
                return;
            }
            bytes -= there;
            _head = Free(_head!);
            _headStart = 0;
        }
    }

    private void FreeAll()
    {
        for (OutputSegment? segment = _head; segment is not null;)
            segment = Free(segment);
        _head = _tail = _flushedTail = null;
        _room = default;
    }

    private OutputSegment? Free(OutputSegment segment)
    {
        OutputSegment? next = segment.Free();
        _spare = segment;
        return next;
    }

    private void Cancel(CancellationToken token) => Release(buffer => buffer._waiter.SetException(new OperationCanceledException(token)));

    // Who waited continues on the loop.
    private void Release(Action<OutputBuffer> release)
    {
        lock (_gate)
        {
            if (!_waits)
                return;
            _waits = false;
        }

        if (connection.Loop.IsCurrent)
            release(this);
        else
            connection.Loop.Post(_ => release(this), null);
    }
}
