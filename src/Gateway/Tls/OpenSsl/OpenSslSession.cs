using System.Buffers;
using System.Diagnostics;
using System.Security.Authentication;
using System.Threading.Tasks.Sources;
using Gateway.Transport;

namespace Gateway.Tls.OpenSsl;

/// <summary>
/// TLS of one accepted connection: OpenSSL between its pipes and its socket. OpenSSL receives straight from the socket;
/// what it sends is collected and sent in one call. An idle session holds no buffer. All calls come from the
/// connection's loop, one at a time, and the native session is freed once, by <see cref="Dispose"/> after the last.
/// </summary>
internal sealed unsafe partial class OpenSslSession : NativeSession, IConnectionCodec, IValueTaskSource<bool>
{
    private readonly EventLoopConnection _connection;
    private readonly LoopSocket _socket;
    private readonly OutgoingBytes _outgoing = OutgoingBytes.Current;
    private readonly HandshakeTurns _turns;
    private ManualResetValueTaskSourceCore<bool> _handshake;
    private byte[]? _early;
    private byte[]? _held;
    private int _earlyRead;
    private KeptBytes _unsent = new(MaxUnsent);
    private bool _broken;

    /// <summary>Makes a session that has received <paramref name="early"/>. On the connection's loop.</summary>
    /// <exception cref="AuthenticationException">OpenSSL has no memory.</exception>
    public OpenSslSession(OpenSslContext context, EventLoopConnection connection, byte[] early)
        : base(context.Handle)
    {
        Context = context;
        _connection = connection;
        _socket = connection.Socket;
        _turns = HandshakeTurns.Of(connection.Loop);
        _early = early;
        LibSsl.SetAcceptState(Ssl);
        context.SessionMade();
    }

    /// <summary>What it was made with.</summary>
    public OpenSslContext Context { get; }

    public bool IsOpening { get; private set; } = true;

    public bool HasReceived { get; private set; } = true;

    public bool HasUnsent => !_unsent.IsEmpty;

    public Exception? Failure { get; private set; }

    /// <summary>Waits for the end of the handshake. Once; continues on the loop.</summary>
    /// <returns>Whether it succeeded; if not, <see cref="Failure"/> may say why.</returns>
    public ValueTask<bool> HandshakeAsync() => new(this, _handshake.Version);

    public ValueTask TurnAsync() => _turns.EnterAsync();

    public int Prepare()
    {
        if (_broken)
            return LoopChannel.Failed;
        if (IsOpening)
            return Handshake();
        int result = TryPeek();
        return result > 0 ? 1 : Explain(result);
    }

    public int Read(Span<byte> buffer)
    {
        int result = TryTake(buffer);
        if (result <= 0)
            return Explain(result);
        HasReceived = _early is not null || LibSsl.HasPending(Ssl) != 0;
        // Reading may have answered a key update.
        if (!_outgoing.Bytes.IsEmpty)
            Flush();
        return result;
    }

    public long TrySend(in ReadOnlySequence<byte> data)
    {
        if (_broken || IsOpening)
            return LoopChannel.Failed;
        Enter();
        long sent = 0;
        ReadOnlySequence<byte> rest = data;
        while (sent < OutgoingBytes.MaxData && !rest.IsEmpty)
        {
            ReadOnlySpan<byte> record = NextRecord(rest);
            int result;
            fixed (byte* start = record)
                result = LibSsl.Write(Ssl, start, record.Length);
            if (result <= 0)
            {
                _ = Explain(result);
                Break(Failure ?? new IOException("TLS: data could not be encrypted."));
                return LoopChannel.Failed;
            }

            sent += result;
            rest = rest.Slice(result);
        }

        Leave();
        Flush();
        return _broken ? LoopChannel.Failed : sent;
    }

    public bool TrySendUnsent()
    {
        return HasUnsent ? _unsent.TrySend(_socket) : !_broken;
    }

    public void EndSending()
    {
        if (_broken || IsOpening)
            return;
        Enter();
        _ = LibSsl.Shutdown(Ssl);
        Leave();
        Flush();
    }

    public void ReceivingEnded(Exception? error)
    {
        if (!IsOpening)
            return;
        Break(Failure ?? error ?? new IOException("TLS: the connection was ended during the handshake."));
    }

    public void Dispose()
    {
        _broken = true;
        if (!TryFree())
            return;
        Context.SessionFreed();
        _early = null;
        _unsent.Clear();
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _handshake.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _handshake.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _handshake.OnCompleted(continuation, state, token, flags);

    private int Handshake()
    {
        long start = Stopwatch.GetTimestamp();
        Enter();
        int result = LibSsl.DoHandshake(Ssl);
        int state = result == 1 ? LoopChannel.WouldBlock : Explain(result);
        Leave();
        if (state == 0)
            state = Break(new AuthenticationException("TLS: the client ended the handshake."));
        // All that is left to send then is the ticket, which can wait for company.
        if (result == 1 && LibSsl.Version(Ssl) == LibSsl.Tls13)
            Hold();
        else
            Flush();
        _turns.Spend(Stopwatch.GetTimestamp() - start);
        if (result == 1)
        {
            HasReceived = true;
            IsOpening = false;
            _handshake.SetResult(true);
        }

        return state;
    }

    private ReadOnlySpan<byte> NextRecord(in ReadOnlySequence<byte> data)
    {
        ReadOnlySpan<byte> first = data.FirstSpan;
        if (first.Length >= OutgoingBytes.MaxRecord || data.IsSingleSegment)
            return first[..Math.Min(first.Length, OutgoingBytes.MaxRecord)];
        int length = (int)Math.Min(data.Length, OutgoingBytes.MaxRecord);
        Span<byte> gathered = _outgoing.Gathered.AsSpan(0, length);
        data.Slice(0, length).CopyTo(gathered);
        return gathered;
    }

    /// <summary>What a call of OpenSSL that brought nothing means, as <see cref="LoopChannel.TryReceive"/> says it.</summary>
    private int Explain(int result)
    {
        int error = LibSsl.GetError(Ssl, result);
        Leave();
        if (error == LibSsl.ErrorWantRead)
        {
            HasReceived = false;
            Flush();
            return _broken ? LoopChannel.Failed : LoopChannel.WouldBlock;
        }

        if (error == LibSsl.ErrorZeroReturn)
            return 0;
        if (error == LibSsl.ErrorSystemCall && SocketEnded && Failure is null)
        {
            if (!IsOpening && !IsInRecord)
                return 0;
            return Break(IsOpening
                ? new AuthenticationException("TLS: the client ended the connection during the handshake.")
                : new IOException("TLS: the client ended the connection in the middle of a record."));
        }

        if (error == LibSsl.ErrorSystemCall && Failure is null)
            return Break(null);

        string reason = OpenSslLibrary.DrainErrors();
        // The alert that tells the client, as far as the socket takes it.
        Flush();
        return Break(Failure ?? (IsOpening ? new AuthenticationException("TLS: " + reason) : new IOException("TLS: " + reason)));
    }

    /// <summary>Nothing goes on after this.</summary>
    private int Break(Exception? failure)
    {
        if (failure is not null)
            Failure ??= failure;
        if (_broken)
            return LoopChannel.Failed;
        _broken = true;
        HasReceived = false;
        if (IsOpening)
            _handshake.SetResult(false);
        return LoopChannel.Failed;
    }
}
