using System.Buffers;
using System.Net;
using Gateway.Transport;
using Gateway.Transport.Native;

namespace Gateway.Tls.OpenSsl;

/// <summary>
/// A connection to a server by OpenSSL on its loop: a record is received into OpenSSL's buffer and decrypted into the
/// reader's; what is sent leaves in one call. While nothing is under way neither side holds a buffer.
/// </summary>
internal sealed class OpenSslChannel : LoopChannel
{
    // More than one send of data and what key updates make us answer.
    private const int MaxUnsent = 256 * 1024;

    private readonly LoopSocket _socket;
    private readonly OpenSslClientSession _session;
    private readonly OutgoingBytes _outgoing = OutgoingBytes.Current;
    private readonly LoopSignal _writable = new();
    private KeptBytes _unsent = new(MaxUnsent);
    private bool _pending;
    private bool _ended;
    private bool _broken;
    private bool _closed;

    /// <summary>On the loop.</summary>
    /// <param name="socket">The socket below; now this object's.</param>
    /// <param name="session">Its session, after the handshake; now this object's.</param>
    public OpenSslChannel(LoopSocket socket, OpenSslClientSession session)
    {
        _socket = socket;
        _session = session;
        session.Attach(socket);
        _pending = session.HasPending;
        socket.IdleState = this;
        socket.IdleEvent = static state => ((OpenSslChannel)state!).OnIdle();
        // Tickets come with the end of the handshake or right after it: an idle connection has nothing to read.
        if (IsReadable)
            Look();
    }

    public override EventLoop Loop => _socket.Loop;

    public override bool IsReadable => _pending || _ended || _broken || _socket.IsReadable;

    public override bool IsWritable => !HasUnsent;

    public override bool PeerEnded => _ended || _broken || _socket.PeerEnded;

    public override bool IsClosed => _closed || _socket.IsClosed;

    public override int Error => _socket.Error != 0 ? _socket.Error : Errno.ConnectionReset;

    public override string? Fault => _session.Failure;

    public override Action<object?>? IdleEvent { get; set; }

    public override object? IdleState { get; set; }

    /// <summary>Whether an earlier session was resumed.</summary>
    public bool IsResumed => _session.IsResumed;

    private bool HasUnsent => !_unsent.IsEmpty;

    public override ValueTask WaitReadableAsync() => IsReadable || IsClosed ? default : _socket.WaitReadableAsync();

    public override ValueTask WaitWritableAsync() => !HasUnsent || IsClosed ? default : _writable.WaitAsync();

    public override void WakeReader() => _socket.WakeReader();

    public override void WakeWriter() => _writable.Set();

    public override int TryReceive(Span<byte> buffer)
    {
        if (_closed || _broken)
            return Failed;
        if (_ended)
            return 0;
        if (!_pending && !_socket.IsReadable)
            return WouldBlock;
        int received = _session.Read(buffer);
        Take(received);
        // Records end where the server likes it: what is there fills the buffer, as from a socket. An end or a failure is told by the next call.
        while (received > 0 && received < buffer.Length && !_ended && !_broken && (_pending || _socket.IsReadable))
        {
            int more = _session.Read(buffer[received..]);
            Take(more);
            received += Math.Max(0, more);
        }

        return received;
    }

    public override int TrySend(ReadOnlySpan<byte> data)
    {
        if (_closed || _broken)
            return Failed;
        if (HasUnsent)
            return WouldBlock;
        int taken = 0;
        while (taken < data.Length && taken < OutgoingBytes.MaxData)
        {
            ReadOnlySpan<byte> record = data.Slice(taken, Math.Min(data.Length - taken, OutgoingBytes.MaxRecord));
            if (!_session.Write(record))
            {
                Break();
                return Failed;
            }

            taken += record.Length;
        }

        Flush();
        return _broken ? Failed : taken;
    }

    public override long TrySend(in ReadOnlySequence<byte> data)
    {
        if (data.IsSingleSegment)
            return TrySend(data.FirstSpan);
        long taken = 0;
        ReadOnlySequence<byte> rest = data;
        while (!rest.IsEmpty)
        {
            // Small pieces become one record.
            int length = (int)Math.Min(rest.Length, OutgoingBytes.MaxRecord);
            ReadOnlySpan<byte> record = rest.FirstSpan.Length >= length ? rest.FirstSpan[..length] : Gathered(rest.Slice(0, length));
            int sent = TrySend(record);
            if (sent < 0)
                return taken > 0 && sent == WouldBlock ? taken : sent;
            taken += sent;
            rest = rest.Slice(sent);
        }

        return taken;
    }

    public override EndPoint LocalEndPoint() => _socket.LocalEndPoint();

    public override void ShutdownWrite()
    {
        if (!_closed && !_broken && !HasUnsent)
            TellEnd();
    }

    public override void Close(bool reset)
    {
        if (_closed)
            return;
        if (!reset && !_broken && !HasUnsent && !_socket.IsClosed)
            TellEnd();
        _closed = true;
        IdleEvent = null;
        _socket.Close(reset);
        _unsent.Clear();
        _session.Dispose();
        _writable.Set();
    }

    // What came may be a ticket, which is nobody's business.
    private void OnIdle()
    {
        Look();
        if (IsReadable)
            IdleEvent?.Invoke(IdleState);
    }

    private void Look()
    {
        if (!_closed && !_broken && !_ended)
            Take(_session.Peek());
    }

    private void Take(int received)
    {
        _pending = received > 0 && _session.HasPending;
        if (received == 0)
            _ended = true;
        else if (received == Failed)
            Break();
        // A key update is answered; a failure is told.
        if (!_outgoing.Bytes.IsEmpty)
            Flush();
    }

    private void Break() => _broken = true;

    // The peer learns that this is all. What does not leave at once does not leave: nobody waits for it.
    private void TellEnd()
    {
        _session.EndSending();
        Flush();
    }

    private void Flush()
    {
        ReadOnlySpan<byte> bytes = _outgoing.Bytes;
        if (!HasUnsent)
        {
            int sent = _socket.TrySend(bytes);
            if (sent == Failed)
            {
                Break();
                bytes = default;
            }
            else
            {
                bytes = bytes[Math.Max(0, sent)..];
            }
        }

        if (!bytes.IsEmpty)
            Keep(bytes);
        _outgoing.Clear();
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        bool isFirst = _unsent.IsEmpty;
        // A server that makes us answer and does not read the answers.
        if (!_unsent.TryAdd(bytes))
            Break();
        else if (isFirst)
            _ = SendUnsentAsync();
    }

    private async Task SendUnsentAsync()
    {
        while (HasUnsent && !_broken)
        {
            await _socket.WaitWritableAsync();
            if (IsClosed)
                break;
            if (!_unsent.TrySend(_socket))
                Break();
        }

        _unsent.Clear();
        _writable.Set();
    }

    private Span<byte> Gathered(in ReadOnlySequence<byte> data)
    {
        Span<byte> gathered = _outgoing.Gathered.AsSpan(0, (int)data.Length);
        data.CopyTo(gathered);
        return gathered;
    }
}
