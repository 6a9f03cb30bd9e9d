using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Tls.OpenSsl;

/// <summary>Whether OpenSSL 3 can be called, and what is made once for all of its users.</summary>
internal static unsafe class OpenSslLibrary
{
    private static readonly Lazy<string?> Probe = new(Load);
    private static nint _bioMethod;

    /// <summary>Why OpenSSL cannot be called; null = it can.</summary>
    public static string? Problem => Probe.Value;

    /// <summary>How sessions reach their sockets.</summary>
    public static nint BioMethod => _bioMethod;

    /// <summary>A call that returns 1 on success.</summary>
    /// <exception cref="CryptographicException">It did not.</exception>
    public static void Check(nint result)
    {
        if (result != 1)
            throw new CryptographicException("OpenSSL: " + DrainErrors());
    }

    /// <summary>Empties the calling thread's error queue.</summary>
    /// <returns>The first reason in it; empty = there was none.</returns>
    public static string DrainErrors()
    {
        string reason = "";
        while (LibCrypto.NextError() is var error and not 0)
        {
            byte* text = LibCrypto.ReasonOf(error);
            if (reason.Length == 0)
                reason = text is null ? $"error {error:x}" : Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
        }

        return reason;
    }

    private static string? Load()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
            return "OpenSSL is called on 64-bit Linux only";
        if (!NativeLibrary.TryLoad(LibCrypto.Library, out _))
            return $"{LibCrypto.Library} cannot be loaded";
        // In 3.0 and later only: what is used exists since then.
        if (!NativeLibrary.TryLoad(LibSsl.Library, out nint ssl) || !NativeLibrary.TryGetExport(ssl, "SSL_get1_peer_certificate", out _))
            return $"{LibSsl.Library} cannot be loaded";

        _bioMethod = NewMethod();
        return _bioMethod == 0 ? "OpenSSL has no memory" : null;
    }

    private static nint NewMethod()
    {
        nint method = LibCrypto.NewBioMethod(LibCrypto.NewBioIndex() | LibCrypto.BioTypeSourceSink, "gateway");
        if (method == 0)
            return 0;
        _ = LibCrypto.SetBioRead(method, &OpenSslCallbacks.Receive);
        _ = LibCrypto.SetBioWrite(method, &OpenSslCallbacks.Send);
        _ = LibCrypto.SetBioControl(method, &OpenSslCallbacks.Control);
        return method;
    }
}
