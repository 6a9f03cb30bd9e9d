using System.Buffers;
using System.Buffers.Binary;
using Gateway.Clusters.Http1;
using Gateway.Transport;

namespace Gateway.Clusters.Http2;

/// <content>What comes in.</content>
internal sealed partial class Http2Connection
{
    private const int ScratchBytes = 64 * 1024;
    private const int MaxReceivesPerTurn = 16;
    private const int MaxInterim = 16;
    private const int MaxContinuations = 64;

    // Names and values can be shorter on the wire than they are, not much longer.
    private const int MaxBlockFactor = 2;

    [ThreadStatic]
    private static byte[]? _scratch;

    private readonly HpackDecoder _decoder = new();
    private readonly List<HeaderLine> _nobodys = new(16);
    private bool _receiving;
    private byte[]? _partial;
    private int _partialLength;
    private bool _settled;

    // The DATA frame under way.
    private Http2Stream? _dataStream;
    private int _dataId;
    private int _dataLeft;
    private int _paddingLeft;
    private bool _dataEnds;

    // The header block under way.
    private byte[]? _headers;
    private int _headersLength;
    private int _headersId;
    private bool _headersEnd;
    private int _continuations;

    private long _receiveWindow;
    private int _consumed;

    private void Receive()
    {
        if (IsClosed || _receiving)
            return;
        _receiving = true;
        try
        {
            ReceiveWhatIsThere();
        }
        catch
        {
            // A fault of ours: what comes next on this connection could not be understood.
            Close(Http2Error.Internal, Http2Failure.Protocol);
            throw;
        }
        finally
        {
            _receiving = false;
            Wake();
        }

        if (_blocked.Count > 0 && !IsClosed)
            WakeBlocked();
    }

    private void ReceiveWhatIsThere()
    {
        byte[] scratch = _scratch ??= GC.AllocateUninitializedArray<byte>(ScratchBytes, pinned: true);
        for (int receives = 1; !IsClosed; receives++)
        {
            _partial.AsSpan(0, _partialLength).CopyTo(scratch);
            int received = _channel.TryReceive(scratch.AsSpan(_partialLength));
            if (received == LoopChannel.WouldBlock)
                break;
            if (received <= 0)
            {
                Close(Http2Error.NoError, Http2Failure.ConnectionEnded);
                break;
            }

            int total = _partialLength + received;
            int used = Process(scratch.AsSpan(0, total));
            if (IsClosed)
                break;
            Keep(scratch.AsSpan(used, total - used));
            // Answers to its questions pile up with a backend that asks and does not read.
            if (Unsent > 4 * _options.MaxUnsentBytes)
                Close(Http2Error.EnhanceYourCalm, Http2Failure.Protocol);
            if (IsClosed || !_channel.IsReadable)
                break;
            if (receives < MaxReceivesPerTurn)
                continue;
            Loop.Post(static state => ((Http2Connection)state!).Receive(), this);
            break;
        }
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        _partialLength = rest.Length;
        if (rest.IsEmpty)
            return;
        _partial ??= ArrayPool<byte>.Shared.Rent(Http2FrameHead.Bytes + Http2FrameHead.MaxLength);
        rest.CopyTo(_partial);
    }

    /// <returns>Bytes done with.</returns>
    private int Process(ReadOnlySpan<byte> data)
    {
        int used = 0;
        while (!IsClosed)
        {
            ReadOnlySpan<byte> rest = data[used..];
            if (_dataLeft + _paddingLeft > 0)
            {
                if (rest.IsEmpty)
                    break;
                used += TakeData(rest);
                continue;
            }

            if (rest.Length < Http2FrameHead.Bytes)
                break;
            Http2FrameHead head = Http2FrameHead.Read(rest);
            Http2Error error = Check(head);
            if (error == Http2Error.NoError && head.Type == Http2FrameType.Data)
            {
                int prefix = Http2FrameHead.Bytes + ((head.Flags & Http2Flags.Padded) != 0 ? 1 : 0);
                if (rest.Length < prefix)
                    break;
                error = BeginData(head, rest[Http2FrameHead.Bytes..]);
                used += prefix;
            }
            else if (error == Http2Error.NoError)
            {
                if (rest.Length < Http2FrameHead.Bytes + head.Length)
                    break;
                error = Take(head, rest.Slice(Http2FrameHead.Bytes, head.Length));
                used += Http2FrameHead.Bytes + head.Length;
            }

            if (error != Http2Error.NoError)
                Close(error, Http2Failure.Protocol);
        }

        return used;
    }

    private Http2Error Check(Http2FrameHead head)
    {
        if (!_settled && (head.Type != Http2FrameType.Settings || (head.Flags & Http2Flags.Acknowledge) != 0))
            return Http2Error.Protocol;
        if (head.Length > Http2FrameHead.MaxLength)
            return Http2Error.FrameSize;
        bool continues = head.Type == Http2FrameType.Continuation;
        if ((_headersId != 0) != continues || (continues && head.StreamId != _headersId))
            return Http2Error.Protocol;
        // Servers open no streams here, and we have not opened those with higher numbers.
        return head.StreamId != 0 && IsStreamFrame(head.Type) && ((head.StreamId & 1) == 0 || (uint)head.StreamId >= (uint)_nextId) ? Http2Error.Protocol : Http2Error.NoError;
    }

    private static bool IsStreamFrame(Http2FrameType type) => type is Http2FrameType.Data or Http2FrameType.Headers or Http2FrameType.ResetStream or Http2FrameType.WindowUpdate;

    private Http2Error Take(Http2FrameHead head, ReadOnlySpan<byte> payload)
    {
        switch (head.Type)
        {
            case Http2FrameType.Headers:
                return TakeHeaders(head, payload);
            case Http2FrameType.Continuation:
                return TakeContinuation(head, payload);
            case Http2FrameType.ResetStream:
                return TakeReset(head, payload);
            case Http2FrameType.Settings:
                return TakeSettings(head, payload);
            case Http2FrameType.PushPromise:
                return Http2Error.Protocol;
            case Http2FrameType.Ping:
                return TakePing(head, payload);
            case Http2FrameType.GoAway:
                return TakeGoAway(head, payload);
            case Http2FrameType.WindowUpdate:
                return TakeWindowUpdate(head, payload);
            default:
                return Useless();
        }
    }

    private Http2Error Useless() => _guard.Allow(Loop.Timers.Now) ? Http2Error.NoError : Http2Error.EnhanceYourCalm;

    private Http2Error BeginData(Http2FrameHead head, ReadOnlySpan<byte> payload)
    {
        bool isPadded = (head.Flags & Http2Flags.Padded) != 0;
        int padding = isPadded ? payload[0] : 0;
        int length = head.Length - (isPadded ? 1 : 0) - padding;
        if (head.StreamId == 0 || length < 0 || (isPadded && head.Length == 0))
            return Http2Error.Protocol;
        _receiveWindow -= head.Length;
        if (_receiveWindow < 0)
            return Http2Error.FlowControl;
        (_dataId, _dataLeft, _paddingLeft) = (head.StreamId, length, padding);
        _dataEnds = (head.Flags & Http2Flags.EndStream) != 0;
        _dataStream = _streams.GetValueOrDefault(head.StreamId);
        Credit(head.Length - length);
        if (_dataStream is { } stream)
        {
            stream.ReceiveWindow -= head.Length;
            stream.Consumed += head.Length - length;
            if (stream.RemoteEnded)
                Break(stream, Http2Error.StreamClosed);
            else if (stream.ReceiveWindow < 0)
                Break(stream, Http2Error.FlowControl);
            else if (stream.Status == 0 || (length > 0 && stream.BodyLeft >= 0 && length > stream.BodyLeft))
                Break(stream, Http2Error.Protocol);
        }

        if (length + padding == 0)
            EndData();
        if (length > 0 && _dataStream is { Failure: Http2Failure.None })
            _guard.Use();
        else if (!_dataEnds || _dataStream is null)
            return Useless();
        return Http2Error.NoError;
    }

    private int TakeData(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(_dataLeft, bytes.Length);
        if (count > 0)
        {
            if (_dataStream is { Failure: Http2Failure.None } stream)
            {
                stream.Add(bytes[..count]);
                if (stream.BodyLeft >= 0)
                    stream.BodyLeft -= count;
                Touch(stream);
            }
            else
            {
                Credit(count);
            }

            _dataLeft -= count;
        }

        int padding = Math.Min(_paddingLeft, bytes.Length - count);
        _paddingLeft -= padding;
        if (_dataLeft + _paddingLeft == 0)
            EndData();
        return count + padding;
    }

    private void EndData()
    {
        if (!_dataEnds || _dataStream is not { Failure: Http2Failure.None } stream || stream.Id != _dataId)
            return;
        if (stream.BodyLeft > 0)
            Break(stream, Http2Error.Protocol);
        else
            EndRemote(stream);
    }

    // What the backend did wrong concerns the stream alone.
    private void Break(Http2Stream stream, Http2Error error) => End(stream, Http2Failure.Protocol, error);

    private Http2Error TakeReset(Http2FrameHead head, ReadOnlySpan<byte> payload)
    {
        if (head.StreamId == 0)
            return Http2Error.Protocol;
        if (payload.Length != sizeof(uint))
            return Http2Error.FrameSize;
        if (!_streams.TryGetValue(head.StreamId, out Http2Stream? stream))
            return Useless();
        Http2Error error = (Http2Error)BinaryPrimitives.ReadUInt32BigEndian(payload);
        // After a complete answer it says only that the rest of the request is not wanted.
        if (stream.RemoteEnded)
        {
            EndLocal(stream);
            Touch(stream);
        }
        else
        {
            End(stream, error == Http2Error.RefusedStream && stream.Status == 0 ? Http2Failure.Refused : Http2Failure.Reset, tell: null);
        }

        return Http2Error.NoError;
    }

    private Http2Error TakeSettings(Http2FrameHead head, ReadOnlySpan<byte> payload)
    {
        if (head.StreamId != 0)
            return Http2Error.Protocol;
        if ((head.Flags & Http2Flags.Acknowledge) != 0)
            return payload.IsEmpty ? Useless() : Http2Error.FrameSize;
        int before = _peer.InitialWindow;
        Http2Error error = _peer.Read(payload);
        if (error != Http2Error.NoError)
            return error;
        int change = _peer.InitialWindow - before;
        if (change != 0)
        {
            foreach (Http2Stream stream in _streams.Values)
            {
                stream.SendWindow += change;
                if (stream.SendWindow > int.MaxValue)
                    return Http2Error.FlowControl;
            }
        }

        Encoder.SetLimit(_peer.HeaderTableBytes);
        WriteHead(0, Http2FrameType.Settings, Http2Flags.Acknowledge, 0);
        if (!_settled)
        {
            _settled = true;
            Loop.Post(static state => ((Http2Connection)state!)._opened.TrySetResult(Http2Failure.None), this);
        }
        else
        {
            _pool.OnRoom();
        }

        return Useless();
    }

    private Http2Error TakePing(Http2FrameHead head, ReadOnlySpan<byte> payload)
    {
        if (head.StreamId != 0)
            return Http2Error.Protocol;
        if (payload.Length != PingBytes)
            return Http2Error.FrameSize;
        if ((head.Flags & Http2Flags.Acknowledge) == 0)
            WritePing(acknowledges: true, BinaryPrimitives.ReadUInt64BigEndian(payload));
        else if (_pingSent)
            NoteAlive();
        return Useless();
    }

    private Http2Error TakeGoAway(Http2FrameHead head, ReadOnlySpan<byte> payload)
    {
        if (head.StreamId != 0)
            return Http2Error.Protocol;
        if (payload.Length < 2 * sizeof(int))
            return Http2Error.FrameSize;
        int last = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        foreach (int id in _streams.Keys.Where(id => id > last).ToArray())
            End(_streams[id], Http2Failure.Unprocessed, tell: null);
        if (!IsClosed)
            Drain();
        return Useless();
    }

    private Http2Error TakeWindowUpdate(Http2FrameHead head, ReadOnlySpan<byte> payload)
    {
        if (payload.Length != WindowUpdateBytes)
            return Http2Error.FrameSize;
        int increment = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        if (head.StreamId == 0)
        {
            _sendWindow += increment;
            if (increment == 0)
                return Http2Error.Protocol;
            return _sendWindow > int.MaxValue ? Http2Error.FlowControl : Useless();
        }

        if (_streams.TryGetValue(head.StreamId, out Http2Stream? stream))
        {
            stream.SendWindow += increment;
            if (increment == 0 || stream.SendWindow > int.MaxValue)
                Break(stream, increment == 0 ? Http2Error.Protocol : Http2Error.FlowControl);
        }

        return Useless();
    }
}
