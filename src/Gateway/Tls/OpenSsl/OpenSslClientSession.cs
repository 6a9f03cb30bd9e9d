using System.Buffers;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Transport;

namespace Gateway.Tls.OpenSsl;

/// <summary>
/// TLS of one connection to a server. The handshake is fed from outside, on any thread; after <see cref="Attach"/> OpenSSL
/// receives straight from the socket, on its loop, and what it sends is collected there. One call at a time; the native
/// session is freed once, by <see cref="Dispose"/>.
/// </summary>
internal sealed unsafe class OpenSslClientSession : NativeSession, IDisposable
{
    private static readonly byte[] Http2 = [2, (byte)'h', (byte)'2'];

    private readonly OpenSslClientContext _context;
    private readonly string _host;
    private readonly string _serverName;
    private readonly bool _isHttp2;
    private ArrayBufferWriter<byte>? _handshakeBytes = new();
    private LoopSocket? _socket;
    private OutgoingBytes? _outgoing;
    private ReadOnlyMemory<byte> _early;
    private bool _isVerified;

    /// <summary>Makes a session that has not said anything yet.</summary>
    /// <param name="context">What with.</param>
    /// <param name="host">Whom the certificate is judged for.</param>
    /// <param name="serverName">Whom the handshake asks for; an address or nothing is not sent (RFC 6066 section 3).</param>
    /// <param name="isHttp2">Whether HTTP/2 is offered, and nothing else; otherwise no protocol is.</param>
    /// <exception cref="AuthenticationException">OpenSSL has no memory.</exception>
    public OpenSslClientSession(OpenSslClientContext context, string host, string serverName, bool isHttp2)
        : base(context.Handle)
    {
        _context = context;
        _host = host;
        _serverName = serverName.TrimEnd('.');
        _isHttp2 = isHttp2;
        LibSsl.SetConnectState(Ssl);
        context.SessionMade();
        Name();
        if (isHttp2)
        {
            fixed (byte* protocols = Http2)
                _ = LibSsl.OfferProtocols(Ssl, protocols, (uint)Http2.Length);
        }

        context.Resumptions.Offer(_serverName, Ssl);
    }

    /// <summary>Why it failed; null = it did not, or the socket did.</summary>
    public string? Failure { get; private set; }

    /// <summary>Whether an earlier session was resumed.</summary>
    public bool IsResumed => LibSsl.IsResumed(Ssl) != 0;

    /// <summary>What the handshake has to send.</summary>
    public ReadOnlyMemory<byte> HandshakeBytes => _handshakeBytes!.WrittenMemory;

    /// <summary>Whether a read may bring something that is not in the socket any more.</summary>
    public bool HasPending => !_early.IsEmpty || LibSsl.HasPending(Ssl) != 0;

    /// <summary>Goes on with the handshake; <see cref="HandshakeBytes"/> are to be sent afterwards, also where it failed.</summary>
    /// <param name="received">From the server; what is left over at the end is data, and must not change before it is read.</param>
    /// <returns>Whether it is over; false also where it failed.</returns>
    public bool Handshake(ReadOnlyMemory<byte> received)
    {
        _handshakeBytes!.ResetWrittenCount();
        _early = received;
        Enter();
        int result = LibSsl.DoHandshake(Ssl);
        if (result != 1)
        {
            int state = Explain(result);
            if (state == 0)
                Failure ??= "the server ended the handshake";
            else if (state == LoopChannel.Failed)
                Failure ??= "the handshake failed";
            return false;
        }

        Leave();
        Confirm();
        return Failure is null;
    }

    /// <summary>From now on it receives from a socket and sends to its loop's collected bytes. On the loop.</summary>
    public void Attach(LoopSocket socket)
    {
        _socket = socket;
        _outgoing = OutgoingBytes.Current;
        _handshakeBytes = null;
    }

    /// <summary>Looks for data without taking it: 1 = there is some; otherwise as <see cref="Read"/>.</summary>
    public int Peek()
    {
        int result = TryPeek();
        return result > 0 ? 1 : Explain(result);
    }

    /// <summary>Reads; results as <see cref="LoopChannel.TryReceive"/>.</summary>
    public int Read(Span<byte> buffer)
    {
        int result = TryTake(buffer);
        return result > 0 ? result : Explain(result);
    }

    /// <summary>Encrypts one record, which is collected.</summary>
    /// <param name="data">At most <see cref="OutgoingBytes.MaxRecord"/>.</param>
    /// <returns>Whether it could.</returns>
    public bool Write(ReadOnlySpan<byte> data)
    {
        Enter();
        int result;
        fixed (byte* start = data)
            result = LibSsl.Write(Ssl, start, data.Length);
        if (result <= 0)
            _ = Explain(result);
        Leave();
        return result == data.Length;
    }

    /// <summary>Adds what tells the server that no more comes.</summary>
    public void EndSending()
    {
        Enter();
        _ = LibSsl.Shutdown(Ssl);
        Leave();
    }

    public void Dispose()
    {
        if (TryFree())
            _context.SessionFreed();
    }

    public override void Fail(Exception exception) => Failure ??= exception.Message;

    protected override int Receive(Span<byte> buffer)
    {
        if (_early.IsEmpty)
            return _socket?.TryReceive(buffer) ?? LoopChannel.WouldBlock;
        int length = Math.Min(buffer.Length, _early.Length);
        _early.Span[..length].CopyTo(buffer);
        _early = _early[length..];
        return length;
    }

    public override void OnSend(ReadOnlySpan<byte> data)
    {
        if (_outgoing is { } outgoing)
            outgoing.Add(data);
        else
            _handshakeBytes!.Write(data);
    }

    public override bool OnVerify(nint verification) =>
        IsTaken(LibCrypto.VerifiedCertificate(verification), LibCrypto.UntrustedCertificates(verification));

    /// <summary>Keeps what the server gave for later handshakes.</summary>
    internal bool OnResumable(nint earlier) => _isVerified && _context.Resumptions.Keep(_serverName, earlier);

    // Fails closed: a session that nobody has judged is none.
    private void Confirm()
    {
        // A resumed one shows no certificate again, but it may have expired or been taken back since.
        if (IsResumed)
        {
            nint leaf = LibSsl.PeerCertificate(Ssl);
            _isVerified = IsTaken(leaf, LibSsl.PeerChain(Ssl));
            if (leaf != 0)
                LibCrypto.FreeCertificate(leaf);
            // The server may have a better one by now, which only a full handshake shows.
            if (!_isVerified)
                _context.Resumptions.Forget(_serverName);
        }

        if (!_isVerified)
            Failure ??= "the server has shown no certificate";
        if (!_isHttp2)
            return;
        byte* name;
        uint length;
        LibSsl.SelectedAlpn(Ssl, &name, &length);
        if (!new ReadOnlySpan<byte>(name, (int)length).SequenceEqual(Http2.AsSpan(1)))
            Failure ??= "the server does not speak HTTP/2";
    }

    private bool IsTaken(nint certificate, nint others)
    {
        using X509Certificate2? leaf = OpenSslCertificates.Read(certificate);
        if (leaf is null)
            return false;
        X509Certificate2Collection sent = OpenSslCertificates.ReadAll(others);
        string? fault = _context.Verify(leaf, sent, _host);
        foreach (X509Certificate2 one in sent)
            one.Dispose();
        Failure ??= fault;
        return _isVerified = fault is null;
    }

    private void Name()
    {
        if (_serverName.Length == 0 || IPAddress.TryParse(_serverName, out _))
            return;
        byte[] name = [.. Encoding.ASCII.GetBytes(_serverName), 0];
        fixed (byte* start = name)
            _ = LibSsl.SessionControl(Ssl, LibSsl.ControlServerName, 0, (nint)start);
    }

    /// <summary>What a call of OpenSSL that brought nothing means, as <see cref="LoopChannel.TryReceive"/> says it.</summary>
    private int Explain(int result)
    {
        int error = LibSsl.GetError(Ssl, result);
        Leave();
        if (error == LibSsl.ErrorWantRead)
            return LoopChannel.WouldBlock;
        if (error == LibSsl.ErrorZeroReturn)
            return 0;
        if (error == LibSsl.ErrorSystemCall)
        {
            // An end without a word of TLS is one, unless it cuts a record.
            if (SocketEnded && Failure is null && !IsInRecord)
                return 0;
            return LoopChannel.Failed;
        }

        string reason = OpenSslLibrary.DrainErrors();
        Failure ??= reason;
        return LoopChannel.Failed;
    }
}
