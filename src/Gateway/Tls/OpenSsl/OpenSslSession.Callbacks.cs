using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Transport;

namespace Gateway.Tls.OpenSsl;

/// <content>What OpenSSL asks of a session while it is called, and what it said when the handshake ended.</content>
internal sealed unsafe partial class OpenSslSession
{
    // More than one send of data and what a handshake makes.
    private const int MaxUnsent = 256 * 1024;

    private X509Certificate2? _peer;

    /// <summary>An exception in a callback: the operation under way fails with it.</summary>
    public override void Fail(Exception exception) => Failure ??= exception;

    /// <summary>Gives OpenSSL what has come.</summary>
    protected override int Receive(Span<byte> buffer)
    {
        if (_early is { } early)
        {
            int length = Math.Min(buffer.Length, early.Length - _earlyRead);
            early.AsSpan(_earlyRead, length).CopyTo(buffer);
            _earlyRead += length;
            if (_earlyRead == early.Length)
                _early = null;
            return length;
        }

        return _socket.TryReceive(buffer);
    }

    /// <summary>Takes what OpenSSL sends; never refuses, so that no write has to be made again.</summary>
    public override void OnSend(ReadOnlySpan<byte> data)
    {
        if (_held is { } held)
        {
            _held = null;
            _outgoing.Add(held);
        }

        _outgoing.Add(data);
    }

    /// <summary>Decides on the client's certificate.</summary>
    public override bool OnVerify(nint verification)
    {
        X509Certificate2? leaf = OpenSslCertificates.Read(LibCrypto.VerifiedCertificate(verification));
        if (leaf is null)
            return false;
        X509Certificate2Collection others = OpenSslCertificates.ReadAll(LibCrypto.UntrustedCertificates(verification));
        string? fault = Context.Verify(leaf, others);
        foreach (X509Certificate2 other in others)
            other.Dispose();
        if (fault is null)
        {
            _peer = leaf;
            return true;
        }

        leaf.Dispose();
        Failure ??= new AuthenticationException("TLS: " + fault);
        return false;
    }

    /// <summary>What the handshake agreed on.</summary>
    public OpenSslFacts Facts()
    {
        byte* name;
        uint length;
        LibSsl.SelectedAlpn(Ssl, &name, &length);
        ReadOnlySpan<byte> alpn = new(name, (int)length);
        if (_peer is null && Context.AsksForCertificate)
        {
            nint peer = LibSsl.PeerCertificate(Ssl);
            if (peer != 0)
            {
                _peer = OpenSslCertificates.Read(peer);
                LibCrypto.FreeCertificate(peer);
            }
        }

        return new OpenSslFacts(
            LibSsl.Version(Ssl) == LibSsl.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12,
            (System.Net.Security.TlsCipherSuite)LibSsl.CipherId(LibSsl.CurrentCipher(Ssl)),
            alpn,
            _peer,
            Context.CertificateOf(LibSsl.OwnCertificate(Ssl)),
            LibSsl.IsResumed(Ssl) != 0);
    }

    // Keeps what was collected until something else is sent.
    private void Hold()
    {
        if (!_outgoing.Bytes.IsEmpty)
            _held = _outgoing.Bytes.ToArray();
        _outgoing.Clear();
    }

    // Sends what was collected; what the socket does not take is kept for the sender.
    private void Flush()
    {
        ReadOnlySpan<byte> bytes = _outgoing.Bytes;
        if (bytes.IsEmpty)
            return;
        if (!HasUnsent)
        {
            int sent = _socket.TrySend(bytes);
            if (sent == LoopChannel.Failed)
            {
                _outgoing.Clear();
                _ = Break(null);
                return;
            }

            bytes = bytes[Math.Max(0, sent)..];
        }

        if (!bytes.IsEmpty)
            Keep(bytes);
        _outgoing.Clear();
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        bool isFirst = _unsent.IsEmpty;
        // A client that makes us answer and does not read the answers: key updates.
        if (!_unsent.TryAdd(bytes))
            _ = Break(new IOException("TLS: the client does not read what it made us send."));
        else if (isFirst)
            _connection.SendKept();
    }
}
