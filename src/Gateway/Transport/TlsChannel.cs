using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using Gateway.Transport.Native;

namespace Gateway.Transport;

/// <summary>
/// TLS over a socket of a loop, after the handshake. Readiness is found out by reads of no bytes, which hold no buffer;
/// what is sent is taken into a block of ours until the socket has taken it.
/// </summary>
[SuppressMessage("Reliability", "CA2012", Justification = "One operation per direction; its result is taken once, by whoever finds it complete.")]
[SuppressMessage("Reliability", "CA1001", Justification = "Close ends it.")]
internal sealed class TlsChannel : LoopChannel
{
    private readonly LoopSocket _socket;
    private readonly SslStream _tls;
    private readonly LoopSignal _readable = new();
    private readonly LoopSignal _writable = new();
    private readonly Action _onProbed;
    private readonly Action _onSent;
    private ValueTaskAwaiter<int> _probe;
    private ValueTaskAwaiter _write;
    private IMemoryOwner<byte>? _sendBlock;
    private bool _sending;
    private bool _isReadable;
    private bool _ended;
    private bool _broken;
    private string? _fault;
    private bool _closed;

    /// <param name="socket">The socket below; now this object's.</param>
    /// <param name="tls">The authenticated stream over it; now this object's. Its continuations come on the loop.</param>
    public TlsChannel(LoopSocket socket, SslStream tls)
    {
        _socket = socket;
        _tls = tls;
        _onProbed = () => OnLoop(static channel => channel.Probed());
        _onSent = () => OnLoop(static channel => channel.Sent());
        Probe();
    }

    public override EventLoop Loop => _socket.Loop;

    public override bool IsReadable => _isReadable;

    public override bool IsWritable => !_sending;

    public override bool PeerEnded => _ended || _broken || _socket.PeerEnded;

    public override bool IsClosed => _closed;

    public override int Error => _socket.Error != 0 ? _socket.Error : Errno.ConnectionReset;

    public override string? Fault => _fault;

    public override Action<object?>? IdleEvent { get; set; }

    public override object? IdleState { get; set; }

    public override ValueTask WaitReadableAsync() => _isReadable || _closed ? default : _readable.WaitAsync();

    public override ValueTask WaitWritableAsync() => !_sending || _closed ? default : _writable.WaitAsync();

    public override void WakeReader() => _readable.Set();

    public override void WakeWriter() => _writable.Set();

    public override int TryReceive(Span<byte> buffer)
    {
        if (_closed || _broken)
            return Failed;

        if (_ended)
            return 0;

        if (!_isReadable)
            return WouldBlock;

        using IMemoryOwner<byte> block = Loop.Pool.Rent();
        Memory<byte> target = block.Memory[..Math.Min(buffer.Length, LoopMemoryPool.BlockBytes)];
        int received;
        try
        {
            ValueTask<int> read = _tls.ReadAsync(target);
            // A read of no bytes came before: something is decrypted, or the stream has ended.
            received = read.IsCompleted ? read.GetAwaiter().GetResult() : throw new IOException("The TLS stream waits although it was ready.");
        }
        catch (Exception e) when (IsBreak(e))
        {
            Break(e);
            return Failed;
        }

        target.Span[..received].CopyTo(buffer);
        if (received == 0)
            _ended = true;
        else
            Probe();

        return received;
    }

    public override int TrySend(ReadOnlySpan<byte> data)
    {
        if (_closed || _broken)
            return Failed;

        int taken = 0;
        while (taken < data.Length && !_sending)
        {
            _sendBlock ??= Loop.Pool.Rent();
            int count = Math.Min(data.Length - taken, LoopMemoryPool.BlockBytes);
            data.Slice(taken, count).CopyTo(_sendBlock.Memory.Span);
            _write = _tls.WriteAsync(_sendBlock.Memory[..count]).GetAwaiter();
            taken += count;
            if (!_write.IsCompleted)
            {
                _sending = true;
                _write.UnsafeOnCompleted(_onSent);
                return taken;
            }

            if (!TryEndWrite())
                return Failed;
        }

        return taken > 0 || data.IsEmpty ? taken : WouldBlock;
    }

    public override long TrySend(in ReadOnlySequence<byte> data)
    {
        long taken = 0;
        foreach (ReadOnlyMemory<byte> segment in data)
        {
            int sent = TrySend(segment.Span);
            if (sent < 0)
                return taken > 0 && sent == WouldBlock ? taken : sent;

            taken += sent;
            if (sent < segment.Length)
                break;
        }

        return taken;
    }

    public override EndPoint LocalEndPoint() => _socket.LocalEndPoint();

    public override void ShutdownWrite()
    {
        if (!_closed && !_broken && !_sending)
            TellEnd();
    }

    public override void Close(bool reset)
    {
        if (_closed)
            return;

        _closed = true;
        if (!reset && !_sending && !_broken)
            TellEnd();

        _socket.Close(reset);
        IdleEvent = null;
        ReleaseSendBlock();
        _tls.Dispose();
        _readable.Set();
        _writable.Set();
    }

    private void Probe()
    {
        _isReadable = false;
        try
        {
            _probe = _tls.ReadAsync(Memory<byte>.Empty).GetAwaiter();
        }
        catch (Exception e) when (IsBreak(e))
        {
            Break(e);
            _isReadable = true;
            return;
        }

        if (_probe.IsCompleted)
        {
            EndProbe();
            return;
        }

        _probe.UnsafeOnCompleted(_onProbed);
    }

    private void Probed()
    {
        EndProbe();
        if (_closed)
            return;

        if (_readable.IsWaited)
            _readable.Set();
        else
            IdleEvent?.Invoke(IdleState);
    }

    private void EndProbe()
    {
        try
        {
            _probe.GetResult();
        }
        catch (Exception e) when (IsBreak(e))
        {
            Break(e);
        }

        _probe = default;
        _isReadable = true;
    }

    private void Sent()
    {
        _sending = false;
        TryEndWrite();
        _writable.Set();
    }

    private bool TryEndWrite()
    {
        try
        {
            _write.GetResult();
        }
        catch (Exception e) when (IsBreak(e))
        {
            Break(e);
        }

        _write = default;
        ReleaseSendBlock();
        return !_broken;
    }

    private void ReleaseSendBlock()
    {
        // What is under way still reads it.
        if (_sending)
            return;

        _sendBlock?.Dispose();
        _sendBlock = null;
    }

    // The peer learns that this is all. What does not leave at once does not leave: nobody waits for it.
    private void TellEnd()
    {
        try
        {
            Task told = _tls.ShutdownAsync();
            if (!told.IsCompletedSuccessfully)
                told.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        catch (Exception e) when (IsBreak(e))
        {
            Break(e);
        }
    }

    private void OnLoop(Action<TlsChannel> action)
    {
        if (Loop.IsCurrent)
            action(this);
        else
            Loop.Post(_ => action(this), null);
    }

    private void Break(Exception cause)
    {
        _broken = true;
        _fault ??= TlsAlert.Find(cause);
    }

    private static bool IsBreak(Exception e) => e is IOException or ObjectDisposedException or AuthenticationException or InvalidOperationException;
}
