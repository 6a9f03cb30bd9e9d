using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls.OpenSsl;

/// <summary>
/// What sessions with the servers of one <see cref="UpstreamTlsContext"/> are made with. Immutable but for the sessions that
/// can be resumed; it lives as long as anybody refers to it, and sessions keep the native part.
/// </summary>
internal sealed unsafe class OpenSslClientContext
{
    // What .NET offers of TLS 1.2 on Linux, the shorter key first as for our own servers, and ChaCha20 for servers without AES.
    private static readonly TlsCipherSuite[] Suites =
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    private readonly UpstreamTlsContext _rules;
    private int _sessions;

    private OpenSslClientContext(UpstreamTlsContext rules)
    {
        _rules = rules;
        Handle = LibSsl.NewContext(LibSsl.ClientMethod());
        if (Handle.IsInvalid)
            throw new CryptographicException("OpenSSL has no memory for a context.");
    }

    /// <summary>The native context.</summary>
    public SafeSslContextHandle Handle { get; }

    /// <summary>Sessions that can be resumed.</summary>
    public OpenSslResumptions Resumptions { get; } = new();

    /// <summary>Sessions made with it that have not been freed.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>Makes a context.</summary>
    /// <param name="rules">Whom to take, and what to show.</param>
    /// <param name="problem">Why there is none.</param>
    /// <returns>Null = OpenSSL cannot be used for these settings.</returns>
    public static OpenSslClientContext? TryCreate(UpstreamTlsContext rules, out string problem)
    {
        problem = OpenSslLibrary.Problem ?? "";
        if (problem.Length > 0)
            return null;
        OpenSslClientContext? context = null;
        try
        {
            context = new OpenSslClientContext(rules);
            context.Configure();
            return context;
        }
        catch (CryptographicException e)
        {
            problem = e.Message;
            context?.Handle.Dispose();
            return null;
        }
    }

    /// <summary>A session was made.</summary>
    public void SessionMade() => Interlocked.Increment(ref _sessions);

    /// <summary>A session was freed.</summary>
    public void SessionFreed() => Interlocked.Decrement(ref _sessions);

    /// <summary>Decides on a server's certificate.</summary>
    /// <returns>What is wrong with it; null = nothing.</returns>
    public string? Verify(X509Certificate2 leaf, X509Certificate2Collection others, string host) => _rules.Judge(leaf, others, host);

    private void Configure()
    {
        _ = LibSsl.SetOptions(Handle, LibSsl.OptionNoCompression | LibSsl.OptionNoRenegotiation);
        _ = LibSsl.Control(Handle, LibSsl.ControlMode, LibSsl.ModeReleaseBuffers, 0);
        _ = LibSsl.Control(Handle, LibSsl.ControlReadAhead, 1, 0);
        _ = LibSsl.Control(Handle, LibSsl.ControlSessionCacheMode, LibSsl.SessionCacheOurs, 0);
        LibSsl.SetNewSessionCallback(Handle, &OpenSslCallbacks.KeepResumable);
        OpenSslLibrary.Check(LibSsl.Control(Handle, LibSsl.ControlMinProtocol, LibSsl.Tls12, 0));
        IReadOnlyList<TlsCipherSuite> suites = _rules.CipherSuites ?? Suites;
        OpenSslLibrary.Check(LibSsl.SetCipherList(Handle, OpenSslCipherNames.Tls12(suites)!));
        OpenSslLibrary.Check(LibSsl.SetCipherSuites(Handle, OpenSslCipherNames.Tls13(suites)));
        LibSsl.SetVerify(Handle, LibSsl.VerifyPeer, 0);
        LibSsl.SetVerifyCallback(Handle, &OpenSslCallbacks.Verify, 0);
        if (_rules.Client is { } own)
            _ = OpenSslCertificates.Use(Handle, own);
    }
}
