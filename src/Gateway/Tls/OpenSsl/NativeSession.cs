using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using Gateway.Transport;

namespace Gateway.Tls.OpenSsl;

/// <summary>
/// A native session and the way its bytes take. OpenSSL calls back while it is called: the callbacks reach the session that
/// the thread is in, so that no native object holds a reference to a managed one. One call at a time.
/// </summary>
internal abstract unsafe class NativeSession
{
    [ThreadStatic]
    private static NativeSession? _active;

    private readonly SafeSslHandle _handle;
    private bool _retryFlagged;

    /// <exception cref="AuthenticationException">OpenSSL has no memory.</exception>
    protected NativeSession(SafeSslContextHandle context)
    {
        _handle = LibSsl.NewSession(context);
        Ssl = _handle.DangerousGetHandle();
        nint bio = _handle.IsInvalid ? 0 : LibCrypto.NewBio(OpenSslLibrary.BioMethod);
        if (bio == 0)
        {
            _handle.Dispose();
            throw new AuthenticationException("OpenSSL has no memory for a session.");
        }

        LibCrypto.SetBioInitialized(bio, 1);
        LibSsl.SetBio(Ssl, bio, bio);
    }

    /// <summary>The session whose OpenSSL call this thread is in.</summary>
    public static NativeSession? Active => _active;

    /// <summary>What OpenSSL calls it.</summary>
    protected nint Ssl { get; }

    /// <summary>Whether the peer's socket has ended.</summary>
    protected bool SocketEnded { get; private set; }

    // "RB": the header of a record has been read and its body has not.
    protected bool IsInRecord => LibSsl.HasPending(Ssl) != 0 || LibSsl.ReadState(Ssl)[1] == (byte)'B';

    /// <summary>Gives OpenSSL what has come.</summary>
    public int OnReceive(nint bio, Span<byte> buffer)
    {
        int received = Receive(buffer);
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
            SocketEnded = true;
        return received == LoopChannel.Failed ? -1 : received;
    }

    /// <summary>Takes what OpenSSL sends; never refuses, so that no write has to be made again.</summary>
    public abstract void OnSend(ReadOnlySpan<byte> data);

    /// <summary>Decides on the peer's certificate.</summary>
    public abstract bool OnVerify(nint verification);

    /// <summary>An exception in a callback: the operation under way fails with it.</summary>
    public abstract void Fail(Exception exception);

    /// <summary>Receives, with results as <see cref="LoopChannel.TryReceive"/>.</summary>
    protected abstract int Receive(Span<byte> buffer);

    // The queue of errors is the thread's: what others left in it is not ours.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected void Enter()
    {
        LibCrypto.ClearErrors();
        _active = this;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static void Leave() => _active = null;

    /// <summary>Looks for data without taking it; OpenSSL's result, which is to be explained where it is none.</summary>
    protected int TryPeek()
    {
        Enter();
        byte first;
        int result = LibSsl.Peek(Ssl, &first, 1);
        if (result > 0)
            Leave();
        return result;
    }

    /// <summary>Takes data; as <see cref="TryPeek"/>.</summary>
    protected int TryTake(Span<byte> buffer)
    {
        Enter();
        int result;
        fixed (byte* start = buffer)
            result = LibSsl.Read(Ssl, start, buffer.Length);
        if (result > 0)
            Leave();
        return result;
    }

    /// <summary>Frees the native session. After the last call.</summary>
    /// <returns>False = it was freed before.</returns>
    protected bool TryFree()
    {
        Debug.Assert(_active != this, "A session is not freed while OpenSSL works on it.");
        if (_handle.IsClosed)
            return false;
        _handle.Dispose();
        return true;
    }
}
