using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using Gateway.Transport.Native;

namespace Gateway.Transport;

/// <summary>
/// One stream socket of a loop, non-blocking. It owns its descriptor from construction to <see cref="Close"/> and is
/// touched by its loop only. At most one waiter per direction.
/// </summary>
internal sealed unsafe class LoopSocket : LoopChannel, ILoopHandler
{
    private const int MaxVectors = 16;
    private const int Closed = -1;

    private readonly LoopSignal _readable = new();
    private readonly LoopSignal _writable = new();
    private long _registration;
    private int _fd;
    private bool _peerEnded;
    private bool _readableNow;
    private bool _writableNow = true;
    private int _error;
    private bool _registered;

    /// <param name="loop">Its loop.</param>
    /// <param name="fd">A non-blocking descriptor; now this object's.</param>
    public LoopSocket(EventLoop loop, int fd)
    {
        Loop = loop;
        _fd = fd;
    }

    /// <summary>The loop it belongs to.</summary>
    public override EventLoop Loop { get; }

    /// <summary>Whether a receive may bring something. False after a receive that emptied the socket, until the kernel tells of more.</summary>
    public override bool IsReadable => _readableNow;

    /// <summary>Whether a send may be taken.</summary>
    public override bool IsWritable => _writableNow;

    /// <summary>Whether the peer has ended its side or the connection broke; what it sent before may still be there.</summary>
    public override bool PeerEnded => _peerEnded;

    /// <summary>Whether <see cref="Close"/> was called.</summary>
    public override bool IsClosed => _fd == Closed;

    /// <summary>Error number of the last failed call.</summary>
    public override int Error => _error;

    /// <summary>Called on events while nobody waits to read: data or an end on an idle connection.</summary>
    public override Action<object?>? IdleEvent { get; set; }

    /// <summary>Handed to <see cref="IdleEvent"/>.</summary>
    public override object? IdleState { get; set; }

    /// <summary>Starts to watch the socket.</summary>
    /// <returns>0 or the error number; the caller still has to close.</returns>
    public int Register()
    {
        AssertOnLoop();
        int error = Loop.Register(_fd, this, LibC.EpollIn | LibC.EpollOut | LibC.EpollPeerHangUp, out _registration);
        _registered = error == 0;
        return error;
    }

    /// <summary>Waits until a receive may bring something, or the socket is closed. Holds no buffer.</summary>
    public override ValueTask WaitReadableAsync()
    {
        AssertOnLoop();
        return IsReadable || IsClosed ? default : _readable.WaitAsync();
    }

    /// <summary>Waits until a send may be taken, or the socket is closed.</summary>
    public override ValueTask WaitWritableAsync()
    {
        AssertOnLoop();
        return IsWritable || IsClosed ? default : _writable.WaitAsync();
    }

    /// <summary>A connection is being made: writability will tell of its outcome.</summary>
    public void ExpectWritable() => _writableNow = false;

    /// <summary>Ends a wait for reading early; the waiter finds <see cref="IsReadable"/> unchanged.</summary>
    public override void WakeReader() => _readable.Set();

    /// <summary>Ends a wait for writing early; the waiter finds <see cref="IsWritable"/> unchanged.</summary>
    public override void WakeWriter() => _writable.Set();

    /// <summary>Receives what is there.</summary>
    /// <returns>Bytes, 0 = the peer ended its side, <see cref="LoopChannel.WouldBlock"/> or <see cref="LoopChannel.Failed"/>.</returns>
    public override int TryReceive(Span<byte> buffer)
    {
        AssertOnLoop();
        if (IsClosed)
            return FailedClosed();

        if (!IsReadable)
            return WouldBlock;

        nint received;
        fixed (byte* start = buffer)
        {
            do
                received = LibC.Receive(_fd, start, (nuint)buffer.Length, 0);
            while (received < 0 && (_error = Errno.Last) == Errno.Interrupted);
        }

        if (received > 0)
        {
            // A short read took all there was, and whatever comes later is told. An end was told already and must still be read.
            if (received < buffer.Length && !_peerEnded)
                _readableNow = false;

            return (int)received;
        }

        if (received == 0)
            return 0;

        if (Error != Errno.TryAgain)
            return Failed;

        _readableNow = false;
        return WouldBlock;
    }

    /// <summary>Sends what the kernel takes.</summary>
    /// <returns>Bytes, <see cref="LoopChannel.WouldBlock"/> or <see cref="LoopChannel.Failed"/>.</returns>
    public override int TrySend(ReadOnlySpan<byte> data)
    {
        AssertOnLoop();
        if (IsClosed)
            return FailedClosed();

        nint sent;
        fixed (byte* start = data)
        {
            do
                sent = LibC.Send(_fd, start, (nuint)data.Length, LibC.MessageNoSignal);
            while (sent < 0 && (_error = Errno.Last) == Errno.Interrupted);
        }

        return (int)Sent(sent, data.Length);
    }

    /// <summary>Sends what the kernel takes, several segments in one call.</summary>
    public override long TrySend(in ReadOnlySequence<byte> data)
    {
        if (data.IsSingleSegment)
            return TrySend(data.FirstSpan);

        if (IsClosed)
            return FailedClosed();

        Pins pins = default;
        IoVector* vectors = stackalloc IoVector[MaxVectors];
        int count = 0;
        long total = 0;
        foreach (ReadOnlyMemory<byte> segment in data)
        {
            if (segment.IsEmpty)
                continue;

            pins[count] = segment.Pin();
            vectors[count] = new IoVector { Base = (byte*)pins[count].Pointer, Length = (nuint)segment.Length };
            total += segment.Length;
            if (++count == MaxVectors)
                break;
        }

        MessageHeader message = new() { Vectors = vectors, VectorCount = (nuint)count };
        nint sent;
        do
            sent = LibC.SendMessage(_fd, &message, LibC.MessageNoSignal);
        while (sent < 0 && (_error = Errno.Last) == Errno.Interrupted);

        for (int i = 0; i < count; i++)
            pins[i].Dispose();

        return Sent(sent, total);
    }

    /// <summary>Tells the peer that no more comes; receiving goes on.</summary>
    public override void ShutdownWrite()
    {
        if (!IsClosed)
            _ = LibC.Shutdown(_fd, LibC.ShutdownWrite);
    }

    /// <summary>The address it is bound to.</summary>
    public override EndPoint LocalEndPoint() => NativeAddress.Local(_fd);

    /// <summary>The pending error of the socket (SO_ERROR); 0 = none.</summary>
    public int TakeError()
    {
        int error = 0;
        uint length = sizeof(int);
        return LibC.GetSocketOption(_fd, LibC.LevelSocket, LibC.OptionError, &error, &length) == 0 ? error : Errno.Last;
    }

    /// <summary>Sets an option of the socket; a refusal is passed over.</summary>
    public void SetOption(int level, int option, int value) => LibC.TrySetOption(_fd, level, option, value);

    /// <summary>Lets the system probe the idle connection; null = the system's value.</summary>
    public void KeepAlive(TimeSpan? time, TimeSpan? interval, int? probes)
    {
        const int MaxSeconds = 32_767;
        const int MaxProbes = 127;
        SetOption(LibC.LevelSocket, LibC.OptionKeepAlive, 1);
        if (time is { } idle)
            SetOption(LibC.LevelTcp, LibC.OptionTcpKeepIdle, (int)Math.Clamp(idle.TotalSeconds, 1, MaxSeconds));
        if (interval is { } between)
            SetOption(LibC.LevelTcp, LibC.OptionTcpKeepInterval, (int)Math.Clamp(between.TotalSeconds, 1, MaxSeconds));
        if (probes is { } count)
            SetOption(LibC.LevelTcp, LibC.OptionTcpKeepCount, Math.Clamp(count, 1, MaxProbes));
    }

    /// <summary>Gives the descriptor back and continues the waiters, who find <see cref="IsClosed"/>. A second call does nothing.</summary>
    /// <param name="reset">Resets the connection instead of ending it in order: the peer learns that what it got is not all.</param>
    public override void Close(bool reset)
    {
        AssertOnLoop();
        if (IsClosed)
            return;

        int fd = _fd;
        _fd = Closed;
        if (_registered)
            Loop.Unregister(_registration);

        if (reset)
        {
            Linger linger = new() { On = 1, Seconds = 0 };
            _ = LibC.SetSocketOption(fd, LibC.LevelSocket, LibC.OptionLinger, &linger, (uint)sizeof(Linger));
        }

        _ = LibC.Close(fd);
        IdleEvent = null;
        _readable.Set();
        _writable.Set();
    }

    void ILoopHandler.OnEvents(uint flags)
    {
        const uint Ended = LibC.EpollPeerHangUp | LibC.EpollHangUp | LibC.EpollError;
        if ((flags & Ended) != 0)
            _peerEnded = true;

        if ((flags & (LibC.EpollIn | Ended)) != 0)
        {
            _readableNow = true;
            if (_readable.IsWaited)
                _readable.Set();
            else
                IdleEvent?.Invoke(IdleState);
        }

        if ((flags & (LibC.EpollOut | LibC.EpollHangUp | LibC.EpollError)) != 0)
        {
            _writableNow = true;
            _writable.Set();
        }
    }

    void ILoopHandler.OnLoopEnding() => Close(reset: true);

    [Conditional("DEBUG")]
    private void AssertOnLoop() => Debug.Assert(Loop.IsCurrent, "A socket is touched by its loop only.");

    private int FailedClosed()
    {
        _error = Errno.ConnectionAborted;
        return Failed;
    }

    private long Sent(nint sent, long wanted)
    {
        if (sent >= 0)
        {
            // A partial send filled the kernel's buffer; room is told.
            if (sent < wanted)
                _writableNow = false;

            return sent;
        }

        if (Error != Errno.TryAgain)
            return Failed;

        _writableNow = false;
        return WouldBlock;
    }

    [InlineArray(MaxVectors)]
    private struct Pins
    {
        private MemoryHandle _first;
    }

    private struct Linger
    {
        public int On;
        public int Seconds;
    }
}
