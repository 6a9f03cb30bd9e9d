using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Gateway.Transport.Native;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Transport;

/// <summary>
/// A socket of a loop as a reader and a writer, for Kestrel and whoever else reads connections. Both may be used from any
/// thread; continuations run on the loop. Ends: the peer's end completes the input; completing the output sends what is
/// in it and then our end, while receiving goes on; <see cref="DisposeAsync"/> completes both, sends, and closes;
/// <see cref="Abort(ConnectionAbortedException)"/> resets at once.
/// </summary>
internal sealed partial class EventLoopConnection : ConnectionContext
{
    // A sender faster than its consumer would otherwise keep the loop for as long as it sends.
    private const int MaxReceivesPerTurn = 16;

    private readonly LoopSocket _socket;
    private readonly EventLoopOptions _options;
    private readonly Pipe _input;
    private readonly OutputBuffer _output;
    private readonly CancellationTokenSource _closed = new();
    private Task _receiving = Task.CompletedTask;
    private Exception? _closeReason;
    private volatile ConnectionAbortedException? _abortReason;
    private volatile bool _unread;
    private IConnectionCodec? _codec;
    private int _disposed;
    private bool _inputEnded;

    /// <param name="socket">A connected, registered socket; now this object's.</param>
    /// <param name="options">Limits.</param>
    /// <param name="local">Our side.</param>
    /// <param name="remote">The peer.</param>
    public EventLoopConnection(LoopSocket socket, EventLoopOptions options, EndPoint? local, EndPoint? remote)
    {
        _socket = socket;
        _options = options;
        PipeScheduler loop = socket.Loop.Scheduler;
        _input = new Pipe(new PipeOptions(socket.Loop.Pool, loop, loop, options.InputPauseBytes, options.InputPauseBytes / 2, LoopMemoryPool.BlockBytes, useSynchronizationContext: false));
        _output = new OutputBuffer(this, options.OutputPauseBytes);
        _send = Send;
        _transport = new DuplexPipe(_input.Reader, _output);
        _localEndPoint = local;
        _remoteEndPoint = remote;
        ConnectionClosed = _closed.Token;
    }

    /// <summary>Its loop.</summary>
    public EventLoop Loop => _socket.Loop;

    /// <inheritdoc/>
    public bool HasEnded { get; private set; }

    /// <summary>Its socket: for its codec only, and on its loop.</summary>
    internal LoopSocket Socket => _socket;

    /// <summary>Starts receiving and sending. On the loop, once.</summary>
    public void Start()
    {
        _receiving = ReceiveAsync();
        _isStarted = true;
        WakeSender();
    }

    /// <summary>
    /// Puts a codec between the pipes and the socket, and owns it from then on. On the loop, before anything was written and
    /// after everything received so far was taken from <see cref="Transport"/>.
    /// </summary>
    public void Insert(IConnectionCodec codec)
    {
        if (_codec is not null)
            throw new InvalidOperationException("The connection has a codec already.");

        _codec = codec;
    }

    public override void Abort() => Abort(new ConnectionAbortedException("The connection was aborted by the gateway."));

    /// <summary>Resets the connection; from another thread as soon as the loop comes to it.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        _abortReason ??= abortReason;
        Loop.Scheduler.Schedule(static state => ((EventLoopConnection)state!).Close(((EventLoopConnection)state)._abortReason, reset: true), this);
    }

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            await EndAsync();

        await base.DisposeAsync();
    }

    private async ValueTask EndAsync()
    {
        await _input.Reader.CompleteAsync();
        await _output.CompleteAsync();
        await Loop.SwitchAsync();
        _unread = true;
        await FinishSendingAsync();

        if (_socket is { IsClosed: false, IsReadable: true } && !_inputEnded)
            await LingerAsync();

        Close(reason: null, reset: false);
        await _receiving;
        _codec?.Dispose();
        CancelClosed();
    }

    private async Task ReceiveAsync()
    {
        Exception? error = null;
        try
        {
            error = await ReceiveUntilEndAsync();
        }
        catch (Exception exception)
        {
            error = exception;
            Loop.Report(exception);
        }

        HasEnded = true;
        _codec?.ReceivingEnded(error);
        await _input.Writer.CompleteAsync(error);
        // Registered callbacks are foreign code: not in the middle of ours, and not before what is answered in this turn has left.
        if (!Loop.TryDeferToEndOfTurn(CancelClosed))
            Loop.Post(static state => ((EventLoopConnection)state!).CancelClosed(), this);
    }

    /// <returns>Why it ended; null = the peer ended its side, or nobody reads any more.</returns>
    private async ValueTask<Exception?> ReceiveUntilEndAsync()
    {
        PipeWriter writer = _input.Writer;
        int receives = 0;
        while (true)
        {
            if (!_socket.IsReadable && _codec is not { HasReceived: true })
            {
                await _socket.WaitReadableAsync();
                receives = 0;
            }
            else if (++receives > MaxReceivesPerTurn)
            {
                await Loop.YieldAsync();
                receives = 0;
            }

            if (_codec is { IsOpening: true } opening)
                await opening.TurnAsync();

            if (_socket.IsClosed)
                return _closeReason;

            if (_unread)
                return null;

            int received = _codec is { } codec ? Receive(codec, writer) : _socket.TryReceive(writer.GetMemory().Span);
            if (received > 0)
            {
                writer.Advance(received);
                ValueTask<FlushResult> flush = writer.FlushAsync();
                FlushResult result = flush.IsCompletedSuccessfully ? flush.Result : await flush;
                if (result.IsCompleted || result.IsCanceled)
                    return null;
            }
            else if (received == 0)
            {
                _inputEnded = true;
                return null;
            }
            else if (received == LoopSocket.Failed)
            {
                return _codec?.Failure ?? Failure(_socket.Error);
            }
        }
    }

    // What a codec receives is not always data: the pipe gives memory only for what is.
    private static int Receive(IConnectionCodec codec, PipeWriter writer)
    {
        int state = codec.Prepare();
        return state > 0 ? codec.Read(writer.GetMemory().Span) : state;
    }

    // Unread bytes at the close make the kernel send a reset, which can overtake the answer (RFC 9112 section 9.6).
    private async ValueTask LingerAsync()
    {
        LoopTimer timer = CloseAfter(_options.LingerTimeout);
        _socket.WakeReader();
        await _receiving;
        using IMemoryOwner<byte> scrap = Loop.Pool.Rent();
        while (!_socket.IsClosed)
        {
            int received = _socket.TryReceive(scrap.Memory.Span);
            if (received is 0 or LoopSocket.Failed)
                break;

            if (received == LoopSocket.WouldBlock)
                await _socket.WaitReadableAsync();
            else
                await Loop.YieldAsync();
        }

        Loop.Timers.Clear(timer);
    }

    private LoopTimer CloseAfter(TimeSpan delay)
    {
        LoopTimer timer = new(static state => ((EventLoopConnection)state!).Close(new ConnectionAbortedException("The connection did not end in time."), reset: true), this);
        Loop.Timers.Set(timer, delay);
        return timer;
    }

    private void Close(Exception? reason, bool reset)
    {
        if (_socket.IsClosed)
            return;

        _closeReason = reason;
        _socket.Close(reset);
        // Receiving may wait for its pipe instead of the socket.
        _input.Writer.CancelPendingFlush();
        WakeSender();
    }

    private void CancelClosed()
    {
        try
        {
            _closed.Cancel();
        }
        catch (AggregateException exception)
        {
            Loop.Report(exception);
        }
    }

    private static Exception Failure(int error) => error switch
    {
        Errno.ConnectionReset or Errno.BrokenPipe => new ConnectionResetException("The peer reset the connection.", Errno.ToException(error)),
        Errno.ConnectionAborted => new ConnectionAbortedException("The connection was closed."),
        _ => new IOException(Errno.ToException(error).Message, Errno.ToException(error)),
    };

    private sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
