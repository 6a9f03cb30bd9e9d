using System.Buffers;
using System.IO.Pipelines;
using Gateway.Clusters.Http1;
using Gateway.Transport;

namespace Gateway.Clusters.Http2;

/// <summary>Why a stream ended before its end.</summary>
internal enum Http2Failure
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>The connection ended.</summary>
    ConnectionEnded,

    /// <summary>The backend reset the stream.</summary>
    Reset,

    /// <summary>The backend refused the stream: it has done nothing with it.</summary>
    Refused,

    /// <summary>The backend goes away and has not looked at the stream.</summary>
    Unprocessed,

    /// <summary>What the backend sent breaks the protocol.</summary>
    Protocol,

    /// <summary>We ended it.</summary>
    Cancelled,
}

/// <summary>
/// One request and its response on an <see cref="Http2Connection"/>. Its user waits on the loop, one for the response and
/// one for room to send; after <see cref="Http2Connection.Release"/> the object serves another request.
/// </summary>
internal sealed class Http2Stream(Http2Connection connection)
{
    private readonly LoopSignal _readable = new();
    private readonly LoopSignal _writable = new();
    private readonly Queue<IMemoryOwner<byte>> _blocks = new();
    private IMemoryOwner<byte>? _tail;
    private int _end;
    private PipeWriter? _direct;
    private int _directBytes;

    /// <summary>Its connection.</summary>
    public Http2Connection Connection => connection;

    /// <summary>Lines of the head, <c>:status</c> first.</summary>
    public List<HeaderLine> Head { get; } = new(16);

    /// <summary>Lines of the trailers.</summary>
    public List<HeaderLine> Trailers { get; } = new(4);

    /// <summary>The status, once there is a final head; else 0.</summary>
    public int Status { get; internal set; }

    /// <summary>Length of the body if the head says it; else -1.</summary>
    public long ContentLength { get; internal set; }

    /// <summary>The backend has asked for the body.</summary>
    public bool MayContinue { get; internal set; }

    /// <summary>The response is complete, as far as it has to be received.</summary>
    public bool RemoteEnded { get; internal set; }

    /// <summary>The request is complete.</summary>
    public bool LocalEnded { get; internal set; }

    /// <summary>Why it ended early.</summary>
    public Http2Failure Failure { get; internal set; }

    /// <summary>Body bytes that were received and not taken.</summary>
    public int Buffered { get; private set; }

    internal int Id { get; private set; }

    internal long SendWindow { get; set; }

    internal long ReceiveWindow { get; set; }

    internal int Consumed { get; set; }

    /// <summary>Body bytes that may still come; -1 = any number.</summary>
    internal long BodyLeft { get; set; }

    internal bool IsHead { get; private set; }

    internal int Interim { get; set; }

    internal bool IsListed { get; set; }

    internal bool IsOpen => Failure == Http2Failure.None && !(RemoteEnded && LocalEnded);

    /// <summary>Waits until anything of the above may have changed.</summary>
    public ValueTask WaitAsync() => _readable.WaitAsync();

    /// <summary>The same; body bytes that come meanwhile are written there.</summary>
    public ValueTask WaitAsync(PipeWriter writer)
    {
        _direct = writer;
        return _readable.WaitAsync();
    }

    /// <summary>Ends what the wait began.</summary>
    /// <returns>Bytes that were written.</returns>
    public int EndDirect()
    {
        int bytes = _directBytes;
        _direct = null;
        _directBytes = 0;
        return bytes;
    }

    /// <summary>Waits until there may be room to send. Spurious.</summary>
    public ValueTask WaitWritableAsync()
    {
        connection.Block(this);
        return _writable.WaitAsync();
    }

    /// <summary>Continues whoever waits to send.</summary>
    public void WakeWriter() => _writable.Set();

    /// <summary>Continues whoever waits for the response.</summary>
    public void WakeReader() => _readable.Set();

    /// <summary>Takes what was received of the body.</summary>
    /// <returns>Bytes.</returns>
    public int Take(PipeWriter writer)
    {
        int taken = Buffered;
        while (_blocks.TryPeek(out IMemoryOwner<byte>? block))
        {
            int end = _blocks.Count == 1 ? _end : LoopMemoryPool.BlockBytes;
            Write(writer, block.Memory.Span[..end]);
            _blocks.Dequeue().Dispose();
        }

        _end = 0;
        Buffered = 0;
        return taken;
    }

    internal void Begin(int id, long sendWindow, int receiveWindow, bool isHead)
    {
        Id = id;
        SendWindow = sendWindow;
        ReceiveWindow = receiveWindow;
        IsHead = isHead;
        Head.Clear();
        Trailers.Clear();
        Status = Interim = Consumed = 0;
        ContentLength = BodyLeft = -1;
        MayContinue = RemoteEnded = LocalEnded = false;
        Failure = Http2Failure.None;
    }

    internal void Add(ReadOnlySpan<byte> data)
    {
        if (_direct is { } writer && Buffered == 0)
        {
            Write(writer, data);
            _directBytes += data.Length;
            return;
        }

        Buffered += data.Length;
        while (!data.IsEmpty)
        {
            if (_blocks.Count == 0 || _end == LoopMemoryPool.BlockBytes)
            {
                _blocks.Enqueue(_tail = connection.Loop.Pool.Rent());
                _end = 0;
            }

            int count = Math.Min(data.Length, LoopMemoryPool.BlockBytes - _end);
            data[..count].CopyTo(_tail!.Memory.Span[_end..]);
            _end += count;
            data = data[count..];
        }
    }

    /// <summary>Throws away what nobody takes.</summary>
    /// <returns>Bytes.</returns>
    internal int Drop()
    {
        int dropped = Buffered;
        while (_blocks.TryDequeue(out IMemoryOwner<byte>? block))
            block.Dispose();
        _end = Buffered = 0;
        return dropped;
    }

    private static void Write(PipeWriter writer, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            Span<byte> target = writer.GetSpan(1);
            int count = Math.Min(target.Length, data.Length);
            data[..count].CopyTo(target);
            writer.Advance(count);
            data = data[count..];
        }
    }
}
