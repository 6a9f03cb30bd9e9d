using System.Buffers;
using System.Net;
using Gateway.Transport;

namespace Gateway.Clusters.Http1;

/// <summary>
/// A connection to a backend and what was received on it but not yet used. Touched by its loop only. Holds a buffer only
/// while an exchange is under way.
/// </summary>
internal sealed class Http1Connection
{
    /// <summary>The peer has ended its side.</summary>
    public const int Ended = 0;

    private ConnectionQuota? _quota;
    private IMemoryOwner<byte>? _block;
    private byte[]? _large;
    private int _start;
    private int _end;

    public Http1Connection(LoopChannel socket, Http1Pool pool, ConnectionQuota quota)
    {
        Socket = socket;
        Pool = pool;
        _quota = quota;
        OpenedAt = socket.Loop.Timers.Now;
        IdleTimer = new LoopTimer(static state => ((Http1Connection)state!).Pool.Drop((Http1Connection)state), this);
    }

    /// <summary>What carries it.</summary>
    public LoopChannel Socket { get; }

    /// <summary>Where it is kept between exchanges.</summary>
    public Http1Pool Pool { get; }

    /// <summary>When it was opened, by the loop's clock in milliseconds.</summary>
    public long OpenedAt { get; }

    /// <summary>Exchanges begun on it.</summary>
    public int Exchanges { get; set; }

    /// <summary>How often it was handed to somebody who waited while others waited longer.</summary>
    public int Turns { get; set; }

    /// <summary>False = more came than was asked for.</summary>
    public bool IsUsable { get; private set; } = true;

    /// <summary>Received and not yet used.</summary>
    public ReadOnlySpan<byte> Buffered => Buffer[_start.._end];

    /// <summary>Our side, for people; made when first asked for.</summary>
    public string LocalAddress => field ??= Socket.LocalEndPoint() is IPEndPoint ip ? ip.ToString() : "";

    internal Http1Connection? Next { get; set; }

    internal Http1Connection? Previous { get; set; }

    internal LoopTimer IdleTimer { get; }

    private Span<byte> Buffer => _large ?? (_block is null ? default : _block.Memory.Span);

    /// <summary>More came than was asked for: it may carry no other exchange.</summary>
    public void MarkUnusable() => IsUsable = false;

    /// <summary>Bytes of <see cref="Buffered"/> have been used.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (_start == _end)
            _start = _end = 0;
    }

    /// <summary>Receives what is there behind what is buffered.</summary>
    /// <param name="limit">The buffer grows up to this many bytes, so that a head stays in one piece.</param>
    /// <returns>Bytes, <see cref="Ended"/>, <see cref="LoopChannel.WouldBlock"/> or <see cref="LoopChannel.Failed"/>.</returns>
    public int TryFill(int limit)
    {
        if (!Socket.IsReadable && !Socket.IsClosed)
            return LoopChannel.WouldBlock;

        _block ??= Socket.Loop.Pool.Rent();
        MakeRoom(limit);
        int received = Socket.TryReceive(Buffer[_end..]);
        if (received > 0)
            _end += received;

        return received;
    }

    /// <summary>Whether the buffer is full at <paramref name="limit"/> bytes.</summary>
    public bool IsFull(int limit) => _end - _start >= limit;

    /// <summary>Gives the buffer back; nothing may be in it.</summary>
    public void ReleaseBuffer()
    {
        _start = _end = 0;
        if (_large is not null)
        {
            ArrayPool<byte>.Shared.Return(_large);
            _large = null;
        }

        _block?.Dispose();
        _block = null;
    }

    /// <summary>Ends it for good.</summary>
    public void Close()
    {
        ReleaseBuffer();
        Socket.Close(reset: false);
        _quota?.Close(Pool.Count);
        _quota = null;
    }

    private void MakeRoom(int limit)
    {
        int length = Buffer.Length;
        if (_end < length)
            return;

        if (_start > 0)
        {
            Buffer[_start.._end].CopyTo(Buffer);
            _end -= _start;
            _start = 0;
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(limit, 2 * length) + 1);
        Buffer[.._end].CopyTo(larger);
        if (_large is not null)
            ArrayPool<byte>.Shared.Return(_large);
        _large = larger;
    }
}
