using System.Runtime.InteropServices;

namespace Gateway.Tls.OpenSsl;

/// <summary>Owns an <c>SSL_CTX</c>.</summary>
internal sealed class SafeSslContextHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        LibSsl.FreeContext(handle);
        return true;
    }
}

/// <summary>Owns an <c>SSL</c> and, with it, its <c>BIO</c>.</summary>
internal sealed class SafeSslHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        LibSsl.FreeSession(handle);
        return true;
    }
}
