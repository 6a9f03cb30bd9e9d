using System.Runtime.InteropServices;

namespace Gateway.Tls.OpenSsl;

/// <summary>Owns an <c>SSL_CTX</c>.</summary>
internal sealed class SafeSslContextHandle : SafeHandle
{
    private static int _live;

    public SafeSslContextHandle()
        : base(0, ownsHandle: true) => Interlocked.Increment(ref _live);

    /// <summary>How many there are, those without a finalizer's visit included.</summary>
    public static int Live => Volatile.Read(ref _live);

    public override bool IsInvalid => handle == 0;

    // Not called for a handle that was never set; such a one is counted until the process ends, and only where memory is out.
    protected override bool ReleaseHandle()
    {
        LibSsl.FreeContext(handle);
        Interlocked.Decrement(ref _live);
        return true;
    }
}

/// <summary>Owns an <c>SSL</c> and, with it, its <c>BIO</c>.</summary>
internal sealed class SafeSslHandle : SafeHandle
{
    private static int _live;

    public SafeSslHandle()
        : base(0, ownsHandle: true) => Interlocked.Increment(ref _live);

    /// <summary>How many there are.</summary>
    public static int Live => Volatile.Read(ref _live);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        LibSsl.FreeSession(handle);
        Interlocked.Decrement(ref _live);
        return true;
    }
}
