using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Tls.OpenSsl;

/// <summary>
/// What OpenSSL calls while a <see cref="NativeSession"/> calls it. No exception may leave: each is a failure of the session.
/// </summary>
internal static unsafe class OpenSslCallbacks
{
    // RFC 7301: names with their lengths, ours in the order we like them.
    private static ReadOnlySpan<byte> Http2 => "h2"u8;

    private static ReadOnlySpan<byte> Http11 => "http/1.1"u8;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Receive(nint bio, byte* buffer, int length)
    {
        NativeSession? session = NativeSession.Active;
        try
        {
            return session is null || length <= 0 ? -1 : session.OnReceive(bio, new Span<byte>(buffer, length));
        }
        catch (Exception e)
        {
            session!.Fail(e);
            return -1;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Send(nint bio, byte* data, int length)
    {
        NativeSession? session = NativeSession.Active;
        try
        {
            if (session is null || length < 0)
                return -1;
            session.OnSend(new ReadOnlySpan<byte>(data, length));
            return length;
        }
        catch (Exception e)
        {
            session!.Fail(e);
            return -1;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nint Control(nint bio, int command, nint number, nint pointer) => command == LibCrypto.BioControlFlush ? 1 : 0;

    /// <summary>Chooses the protocol; a client that offers only others is refused, as by <c>SslStream</c>.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int SelectProtocol(nint ssl, byte** selected, byte* selectedLength, byte* offered, uint offeredLength, nint argument)
    {
        ReadOnlySpan<byte> names = new(offered, (int)offeredLength);
        int at = IndexOf(names, Http2);
        if (at < 0)
            at = IndexOf(names, Http11);
        if (at < 0)
            return LibSsl.ExtensionFatal;
        *selected = offered + at + 1;
        *selectedLength = offered[at];
        return LibSsl.ExtensionOk;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Verify(nint verification, nint argument)
    {
        NativeSession? session = NativeSession.Active;
        try
        {
            if (session is not null && session.OnVerify(verification))
                return 1;
        }
        catch (Exception e)
        {
            session!.Fail(e);
        }

        LibCrypto.SetVerificationError(verification, LibCrypto.VerifyErrorRejected);
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int UseTicketKey(nint ssl, byte* name, byte* iv, nint cipherContext, nint macContext, int isEncryption)
    {
        var session = NativeSession.Active as OpenSslSession;
        try
        {
            return session is null ? -1 : session.Context.Tickets.Use(name, iv, cipherContext, macContext, isEncryption != 0);
        }
        catch (Exception e)
        {
            session!.Fail(e);
            return -1;
        }
    }

    /// <summary>Shows the staple of the certificate that was chosen to a client that asks for it.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Staple(nint ssl, nint argument)
    {
        var session = NativeSession.Active as OpenSslSession;
        try
        {
            if (session?.Context.StapleOf(LibSsl.OwnCertificate(ssl)) is not { } staple)
                return LibSsl.ExtensionNoAck;
            nint copy = LibCrypto.Allocate((nuint)staple.Length, null, 0);
            if (copy == 0)
                return LibSsl.ExtensionNoAck;
            staple.CopyTo(new Span<byte>((void*)copy, staple.Length));
            // From here on it is the session's.
            _ = LibSsl.SessionControl(ssl, LibSsl.ControlStatusResponse, staple.Length, copy);
            return LibSsl.ExtensionOk;
        }
        catch (Exception e)
        {
            session!.Fail(e);
            return LibSsl.ExtensionFatal;
        }
    }

    /// <summary>A server gave a ticket, or a session to resume.</summary>
    /// <returns>1 = it is ours now.</returns>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int KeepResumable(nint ssl, nint earlier)
    {
        try
        {
            return NativeSession.Active is OpenSslClientSession session && session.OnResumable(earlier) ? 1 : 0;
        }
        catch (Exception)
        {
            // The next handshake is a full one.
            return 0;
        }
    }

    /// <summary>Where a name stands, its length byte first; -1 = nowhere.</summary>
    private static int IndexOf(ReadOnlySpan<byte> names, ReadOnlySpan<byte> wanted)
    {
        for (int at = 0; at < names.Length; at += 1 + names[at])
        {
            if (at + 1 + names[at] <= names.Length && names.Slice(at + 1, names[at]).SequenceEqual(wanted))
                return at;
        }

        return -1;
    }
}
