using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Tls.OpenSsl;

/// <summary>What OpenSSL calls while <see cref="OpenSslClientSession"/> calls it; as <see cref="OpenSslCallbacks"/>.</summary>
internal static unsafe class OpenSslClientCallbacks
{
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Receive(nint bio, byte* buffer, int length)
    {
        OpenSslClientSession? session = OpenSslClientSession.Active;
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
        OpenSslClientSession? session = OpenSslClientSession.Active;
        try
        {
            return session is null || length < 0 ? -1 : session.OnSend(new ReadOnlySpan<byte>(data, length));
        }
        catch (Exception e)
        {
            session!.Fail(e);
            return -1;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Verify(nint verification, nint argument)
    {
        OpenSslClientSession? session = OpenSslClientSession.Active;
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

    /// <summary>A server gave a ticket, or a session to resume.</summary>
    /// <returns>1 = it is ours now.</returns>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Keep(nint ssl, nint earlier)
    {
        try
        {
            return OpenSslClientSession.Active is { } session && session.OnResumable(earlier) ? 1 : 0;
        }
        catch (Exception)
        {
            // The next handshake is a full one.
            return 0;
        }
    }
}
