using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
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
internal sealed unsafe class OpenSslClientSession : IDisposable
{
    private static readonly byte[] Http2 = [2, (byte)'h', (byte)'2'];

    [ThreadStatic]
    private static OpenSslClientSession? _active;

    private readonly OpenSslClientContext _context;
    private readonly SafeSslHandle _handle;
    private readonly nint _ssl;
    private readonly string _host;
    private readonly string _serverName;
    private readonly bool _isHttp2;
    private ArrayBufferWriter<byte>? _handshakeBytes = new();
    private LoopSocket? _socket;
    private OutgoingBytes? _outgoing;
    private ReadOnlyMemory<byte> _early;
    private bool _retryFlagged;
    private bool _socketEnded;
    private bool _isVerified;

    /// <summary>Makes a session that has not said anything yet.</summary>
    /// <param name="context">What with.</param>
    /// <param name="host">Whom the certificate is judged for.</param>
    /// <param name="serverName">Whom the handshake asks for; an address or nothing is not sent (RFC 6066 section 3).</param>
    /// <param name="isHttp2">Whether HTTP/2 is offered, and nothing else; otherwise no protocol is.</param>
    /// <exception cref="AuthenticationException">OpenSSL has no memory.</exception>
    public OpenSslClientSession(OpenSslClientContext context, string host, string serverName, bool isHttp2)
    {
        _context = context;
        _host = host;
        _serverName = serverName.TrimEnd('.');
        _isHttp2 = isHttp2;
        _handle = LibSsl.NewSession(context.Handle);
        _ssl = _handle.DangerousGetHandle();
        nint bio = _handle.IsInvalid ? 0 : LibCrypto.NewBio(OpenSslLibrary.ClientBioMethod);
        if (bio == 0)
        {
            _handle.Dispose();
            throw new AuthenticationException("OpenSSL has no memory for a session.");
        }

        LibCrypto.SetBioInitialized(bio, 1);
        LibSsl.SetBio(_ssl, bio, bio);
        LibSsl.SetConnectState(_ssl);
        context.SessionMade();
        Name();
        if (isHttp2)
        {
            fixed (byte* protocols = Http2)
                _ = LibSsl.OfferProtocols(_ssl, protocols, (uint)Http2.Length);
        }

        context.Resumptions.Offer(_serverName, _ssl);
    }

    /// <summary>The session whose OpenSSL call this thread is in.</summary>
    public static OpenSslClientSession? Active => _active;

    /// <summary>Why it failed; null = it did not, or the socket did.</summary>
    public string? Failure { get; private set; }

    /// <summary>Whether an earlier session was resumed.</summary>
    public bool IsResumed => LibSsl.IsResumed(_ssl) != 0;

    /// <summary>What the handshake has to send.</summary>
    public ReadOnlyMemory<byte> HandshakeBytes => _handshakeBytes!.WrittenMemory;

    /// <summary>Whether a read may bring something that is not in the socket any more.</summary>
    public bool HasPending => !_early.IsEmpty || LibSsl.HasPending(_ssl) != 0;

    /// <summary>Goes on with the handshake; <see cref="HandshakeBytes"/> are to be sent afterwards, also where it failed.</summary>
    /// <param name="received">From the server; what is left over at the end is data, and must not change before it is read.</param>
    /// <returns>Whether it is over; false also where it failed.</returns>
    public bool Handshake(ReadOnlyMemory<byte> received)
    {
        _handshakeBytes!.ResetWrittenCount();
        _early = received;
        Enter();
        int result = LibSsl.DoHandshake(_ssl);
        if (result != 1)
        {
            int state = Explain(result);
            if (state == 0)
                Failure ??= "the server ended the handshake";
            else if (state == LoopChannel.Failed)
                Failure ??= "the handshake failed";
            return false;
        }

        _active = null;
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
        byte first;
        Enter();
        int result = LibSsl.Peek(_ssl, &first, 1);
        if (result <= 0)
            return Explain(result);
        _active = null;
        return 1;
    }

    /// <summary>Reads; results as <see cref="LoopChannel.TryReceive"/>.</summary>
    public int Read(Span<byte> buffer)
    {
        Enter();
        int result;
        fixed (byte* start = buffer)
            result = LibSsl.Read(_ssl, start, buffer.Length);
        if (result <= 0)
            return Explain(result);
        _active = null;
        return result;
    }

    /// <summary>Encrypts one record, which is collected.</summary>
    /// <param name="data">At most <see cref="OutgoingBytes.MaxRecord"/>.</param>
    /// <returns>Whether it could.</returns>
    public bool Write(ReadOnlySpan<byte> data)
    {
        Enter();
        int result;
        fixed (byte* start = data)
            result = LibSsl.Write(_ssl, start, data.Length);
        if (result <= 0)
            _ = Explain(result);
        _active = null;
        return result == data.Length;
    }

    /// <summary>Adds what tells the server that no more comes.</summary>
    public void EndSending()
    {
        Enter();
        _ = LibSsl.Shutdown(_ssl);
        _active = null;
    }

    public void Dispose()
    {
        Debug.Assert(_active != this, "A session is not freed while OpenSSL works on it.");
        if (_handle.IsClosed)
            return;
        _handle.Dispose();
        _context.SessionFreed();
    }

    /// <summary>An exception in a callback: the operation under way fails with it.</summary>
    internal void Fail(Exception exception) => Failure ??= exception.Message;

    /// <summary>Gives OpenSSL what has come.</summary>
    internal int OnReceive(nint bio, Span<byte> buffer)
    {
        int received = LoopChannel.WouldBlock;
        if (!_early.IsEmpty)
        {
            received = Math.Min(buffer.Length, _early.Length);
            _early.Span[..received].CopyTo(buffer);
            _early = _early[received..];
        }
        else if (_socket is not null)
        {
            received = _socket.TryReceive(buffer);
        }

        if (received == LoopChannel.WouldBlock)
        {
            LibCrypto.SetBioFlags(bio, LibCrypto.BioFlagsRetryRead);
            _retryFlagged = true;
            return -1;
        }

        if (_retryFlagged)
        {
            LibCrypto.ClearBioFlags(bio, LibCrypto.BioFlagsRetryRead);
            _retryFlagged = false;
        }

        if (received == 0)
            _socketEnded = true;
        return received == LoopChannel.Failed ? -1 : received;
    }

    /// <summary>Takes what OpenSSL sends; never refuses, so that no write has to be made again.</summary>
    internal int OnSend(ReadOnlySpan<byte> data)
    {
        if (_outgoing is { } outgoing)
            outgoing.Add(data);
        else
            _handshakeBytes!.Write(data);
        return data.Length;
    }

    /// <summary>Decides on the server's certificate.</summary>
    internal bool OnVerify(nint verification) =>
        IsTaken(LibCrypto.VerifiedCertificate(verification), LibCrypto.UntrustedCertificates(verification));

    /// <summary>Keeps what the server gave for later handshakes.</summary>
    internal bool OnResumable(nint earlier) => _isVerified && _context.Resumptions.Keep(_serverName, earlier);

    // Fails closed: a session that nobody has judged is none.
    private void Confirm()
    {
        // A resumed one shows no certificate again, but it may have expired or been taken back since.
        if (IsResumed)
        {
            nint leaf = LibSsl.PeerCertificate(_ssl);
            _isVerified = IsTaken(leaf, LibSsl.PeerChain(_ssl));
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
        LibSsl.SelectedAlpn(_ssl, &name, &length);
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
            _ = LibSsl.SessionControl(_ssl, LibSsl.ControlServerName, 0, (nint)start);
    }

    // The queue of errors is the thread's: what others left in it is not ours.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Enter()
    {
        LibCrypto.ClearErrors();
        _active = this;
    }

    /// <summary>What a call of OpenSSL that brought nothing means, as <see cref="LoopChannel.TryReceive"/> says it.</summary>
    private int Explain(int result)
    {
        int error = LibSsl.GetError(_ssl, result);
        _active = null;
        if (error == LibSsl.ErrorWantRead)
            return LoopChannel.WouldBlock;
        if (error == LibSsl.ErrorZeroReturn)
            return 0;
        if (error == LibSsl.ErrorSystemCall)
        {
            // An end without a word of TLS is one, unless it cuts a record.
            if (_socketEnded && Failure is null && LibSsl.HasPending(_ssl) == 0 && LibSsl.ReadState(_ssl)[1] != (byte)'B')
                return 0;
            return LoopChannel.Failed;
        }

        string reason = OpenSslLibrary.DrainErrors();
        Failure ??= reason;
        return LoopChannel.Failed;
    }
}
