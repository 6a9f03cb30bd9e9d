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

/// <summary>Owns an <c>SSL_SESSION</c>: what a later handshake with the same server can begin with.</summary>
internal sealed class SafeSslResumptionHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    /// <summary>Takes an <c>SSL_SESSION</c> over.</summary>
    public static SafeSslResumptionHandle Of(nint session)
    {
        var owner = new SafeSslResumptionHandle();
        owner.SetHandle(session);
        return owner;
    }

    protected override bool ReleaseHandle()
    {
        LibSsl.FreeResumption(handle);
        return true;
    }
}

/// <summary>Owns an <c>EVP_PKEY</c>.</summary>
internal sealed class SafeEd25519Handle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    /// <summary>Takes an <c>EVP_PKEY</c> over.</summary>
    public static SafeEd25519Handle Of(nint key)
    {
        var owner = new SafeEd25519Handle();
        owner.SetHandle(key);
        return owner;
    }

    protected override bool ReleaseHandle()
    {
        LibCrypto.FreePrivateKey(handle);
        return true;
    }
}
