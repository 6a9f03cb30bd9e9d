using System.Buffers;
using System.Buffers.Binary;
using Gateway.Transport;

namespace Gateway.Clusters.Http2;

/// <content>What goes out: frames are put together in one buffer, which is sent when the turn of the loop ends.</content>
internal sealed partial class Http2Connection
{
    private const int FirstBufferBytes = 16 * 1024;
    private const int MaxKeptBytes = 128 * 1024;
    private const int WindowUpdateBytes = 4;
    private const int PingBytes = 8;
    private const int DefaultWindow = 65_535;

    private readonly Queue<Http2Stream> _blocked = new();
    private byte[] _out = [];
    private int _outStart;
    private int _outEnd;
    private long _sendWindow = DefaultWindow;
    private bool _flushPosted;
    private bool _awaitsWritable;

    private int Unsent => _outEnd - _outStart;

    /// <summary>Sends of a body as much as the backend and the connection take now.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="data">The next bytes.</param>
    /// <param name="endsStream">Whether they are the last ones.</param>
    /// <returns>Bytes taken; -1 = the stream takes no more.</returns>
    public long Send(Http2Stream stream, in ReadOnlySequence<byte> data, bool endsStream)
    {
        if (IsClosed || stream.LocalEnded || !stream.IsOpen)
            return -1;
        long left = data.Length;
        long room = Math.Min(Math.Min(stream.SendWindow, _sendWindow), _options.MaxUnsentBytes - Unsent);
        long taken = 0;
        if (left == 0 && endsStream)
            WriteHead(0, Http2FrameType.Data, Http2Flags.EndStream, stream.Id);
        while (left > 0 && room > 0)
        {
            int count = (int)Math.Min(Math.Min(left, room), _peer.MaxFrame);
            WriteHead(count, Http2FrameType.Data, endsStream && count == left ? Http2Flags.EndStream : Http2Flags.None, stream.Id);
            data.Slice(taken, count).CopyTo(Reserve(count));
            _outEnd += count;
            taken += count;
            left -= count;
            room -= count;
            _guard.Use();
        }

        stream.SendWindow -= taken;
        _sendWindow -= taken;
        if (left == 0 && endsStream)
            EndLocal(stream);
        return taken;
    }

    /// <summary>Ends a request with the trailers that <see cref="Encoder"/> has written.</summary>
    public void SendTrailers(Http2Stream stream)
    {
        if (IsClosed || stream.LocalEnded || !stream.IsOpen)
            return;
        WriteHeaders(stream.Id, endsStream: true);
        EndLocal(stream);
    }

    /// <summary>Body bytes went on their way: the backend may send as many again.</summary>
    public void NoteTaken(Http2Stream stream, int bytes)
    {
        Credit(bytes);
        if (stream.RemoteEnded || !stream.IsOpen || IsClosed)
            return;
        stream.Consumed += bytes;
        if (stream.Consumed < _options.StreamWindow / 2)
            return;
        WriteWindowUpdate(stream.Id, stream.Consumed);
        stream.ReceiveWindow += stream.Consumed;
        stream.Consumed = 0;
    }

    internal void Block(Http2Stream stream) => _blocked.Enqueue(stream);

    // As NoteTaken, for bytes that belong to no stream any more.
    private void Credit(int bytes)
    {
        _consumed += bytes;
        if (_consumed < _options.ConnectionWindow / 2 || IsClosed)
            return;
        WriteWindowUpdate(0, _consumed);
        _receiveWindow += _consumed;
        _consumed = 0;
    }

    private void WritePreface()
    {
        ReadOnlySpan<byte> preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;
        preface.CopyTo(Reserve(preface.Length));
        _outEnd += preface.Length;
        ReadOnlySpan<(ushort Id, int Value)> settings = [(2, 0), (4, _options.StreamWindow), (6, _options.MaxHeaderListBytes)];
        WriteHead(settings.Length * 6, Http2FrameType.Settings, Http2Flags.None, 0);
        foreach ((ushort id, int value) in settings)
        {
            Span<byte> target = Reserve(6);
            BinaryPrimitives.WriteUInt16BigEndian(target, id);
            BinaryPrimitives.WriteInt32BigEndian(target[2..], value);
            _outEnd += 6;
        }

        WriteWindowUpdate(0, _options.ConnectionWindow - DefaultWindow);
    }

    private void WriteHeaders(int streamId, bool endsStream)
    {
        ReadOnlySpan<byte> block = Encoder.Written;
        Http2FrameType type = Http2FrameType.Headers;
        Http2Flags flags = endsStream ? Http2Flags.EndStream : Http2Flags.None;
        do
        {
            int count = Math.Min(block.Length, Http2FrameHead.MaxLength);
            WriteHead(count, type, count == block.Length ? flags | Http2Flags.EndHeaders : flags, streamId);
            block[..count].CopyTo(Reserve(count));
            _outEnd += count;
            block = block[count..];
            (type, flags) = (Http2FrameType.Continuation, Http2Flags.None);
        }
        while (!block.IsEmpty);
    }

    private void WriteReset(int streamId, Http2Error error) => WriteNumber(Http2FrameType.ResetStream, streamId, (int)error);

    private void WriteWindowUpdate(int streamId, int bytes) => WriteNumber(Http2FrameType.WindowUpdate, streamId, bytes);

    private void WriteNumber(Http2FrameType type, int streamId, int number)
    {
        WriteHead(WindowUpdateBytes, type, Http2Flags.None, streamId);
        BinaryPrimitives.WriteInt32BigEndian(Reserve(WindowUpdateBytes), number);
        _outEnd += WindowUpdateBytes;
    }

    private void WritePing(bool acknowledges, ulong content)
    {
        WriteHead(PingBytes, Http2FrameType.Ping, acknowledges ? Http2Flags.Acknowledge : Http2Flags.None, 0);
        BinaryPrimitives.WriteUInt64BigEndian(Reserve(PingBytes), content);
        _outEnd += PingBytes;
    }

    private void WriteGoAway(Http2Error error)
    {
        WriteHead(2 * sizeof(int), Http2FrameType.GoAway, Http2Flags.None, 0);
        Span<byte> target = Reserve(2 * sizeof(int));
        BinaryPrimitives.WriteInt32BigEndian(target, 0);
        BinaryPrimitives.WriteUInt32BigEndian(target[sizeof(int)..], (uint)error);
        _outEnd += 2 * sizeof(int);
    }

    private void WriteHead(int length, Http2FrameType type, Http2Flags flags, int streamId)
    {
        new Http2FrameHead(length, type, flags, streamId).Write(Reserve(Http2FrameHead.Bytes));
        _outEnd += Http2FrameHead.Bytes;
        if (_flushPosted)
            return;
        _flushPosted = true;
        Loop.Post(static state => ((Http2Connection)state!).Flush(), this);
    }

    private Span<byte> Reserve(int count)
    {
        if (_out.Length - _outEnd >= count)
            return _out.AsSpan(_outEnd);
        int unsent = Unsent;
        byte[] target = _out.Length - unsent >= count && _outStart > 0 ? _out : ArrayPool<byte>.Shared.Rent(Math.Max(FirstBufferBytes, 2 * (unsent + count)));
        _out.AsSpan(_outStart, unsent).CopyTo(target);
        if (target != _out)
            ReturnOut();
        (_out, _outStart, _outEnd) = (target, 0, unsent);
        return _out.AsSpan(_outEnd);
    }

    private void ReturnOut()
    {
        if (_out.Length > 0)
            ArrayPool<byte>.Shared.Return(_out);
        _out = [];
    }

    private void Flush()
    {
        _flushPosted = false;
        if (IsClosed || _awaitsWritable)
            return;
        if (!SendWhatGoes())
        {
            // It may have answered before it broke off.
            Receive();
            Close(Http2Error.NoError, Http2Failure.ConnectionEnded);
            return;
        }

        if (Unsent > 0)
        {
            _awaitsWritable = true;
            _ = FlushWhenWritableAsync();
        }

        if (_blocked.Count > 0)
            WakeBlocked();
    }

    private async Task FlushWhenWritableAsync()
    {
        await _channel.WaitWritableAsync();
        _awaitsWritable = false;
        Flush();
    }

    /// <returns>False = the channel is broken.</returns>
    private bool SendWhatGoes()
    {
        while (Unsent > 0)
        {
            int sent = _channel.TrySend(_out.AsSpan(_outStart, Unsent));
            if (sent == LoopChannel.Failed)
                return false;
            if (sent == LoopChannel.WouldBlock)
                return true;
            _outStart += sent;
            if (!_channel.IsWritable)
                break;
        }

        if (Unsent > 0)
            return true;
        _outStart = _outEnd = 0;
        if (_out.Length > MaxKeptBytes || _streams.Count == 0)
            ReturnOut();
        return true;
    }

    private void WakeBlocked()
    {
        // Those that still find no room are blocked again, behind these.
        for (int left = _blocked.Count; left > 0 && _blocked.TryDequeue(out Http2Stream? stream); left--)
            stream.WakeWriter();
    }

    private void ReleaseBuffers()
    {
        ReturnOut();
        _outStart = _outEnd = 0;
        if (_partial is not null)
            ArrayPool<byte>.Shared.Return(_partial);
        _partial = null;
        if (_headers is not null)
            ArrayPool<byte>.Shared.Return(_headers);
        _headers = null;
    }
}
