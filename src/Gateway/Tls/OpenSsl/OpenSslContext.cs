using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Config;

namespace Gateway.Tls.OpenSsl;

/// <summary>
/// What sessions of one filter chain are made with: its certificates, versions, suites, and whom it takes. Immutable. It
/// lives as long as anybody refers to it; sessions keep the native part.
/// </summary>
internal sealed unsafe class OpenSslContext
{
    private const string Curves = "X25519:P-256:P-384:P-521";

    private static readonly TimeSpan SessionLifetime = OpenSslTickets.Period;

    private readonly Dictionary<nint, CertificateMaterial> _certificates = [];
    private readonly OpenSslVerifier? _verifier;
    private readonly TimeProvider _time;
    private int _sessions;

    private OpenSslContext(OpenSslVerifier? verifier, TimeProvider time)
    {
        _verifier = verifier;
        _time = time;
        Tickets = new OpenSslTickets(time);
        Handle = LibSsl.NewContext(LibSsl.ServerMethod());
        if (Handle.IsInvalid)
            throw new CryptographicException("OpenSSL has no memory for a context.");
    }

    /// <summary>The native context.</summary>
    public SafeSslContextHandle Handle { get; }

    /// <summary>Keys of session tickets.</summary>
    public OpenSslTickets Tickets { get; }

    /// <summary>Whether clients are asked for a certificate.</summary>
    public bool AsksForCertificate => _verifier is not null;

    /// <summary>Sessions made with it that have not been freed.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>Makes a context.</summary>
    /// <param name="config">The chain's settings; of the versions 1.2 and 1.3 can be had here.</param>
    /// <param name="suites">In our order of preference.</param>
    /// <param name="certificates">At most one per key type.</param>
    /// <param name="verifier">Decides on clients' certificates; null = they are not asked for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="problem">Why there is none.</param>
    /// <returns>Null = OpenSSL cannot be used for these settings.</returns>
    public static OpenSslContext? TryCreate(
        DownstreamTlsConfig config, IReadOnlyList<TlsCipherSuite> suites, IReadOnlyList<CertificateMaterial> certificates,
        OpenSslVerifier? verifier, TimeProvider time, out string problem)
    {
        problem = "";
        SslProtocols protocols = config.Protocols;
        if (OpenSslLibrary.Problem is { } absent)
            problem = absent;
        else if ((protocols & ~(SslProtocols.Tls12 | SslProtocols.Tls13)) != 0 || protocols == SslProtocols.None)
            problem = "TLS before 1.2 is left to SslStream";
        else if (OpenSslCipherNames.Tls12(suites) is null)
            problem = "a cipher suite has no name in OpenSSL";
        if (problem.Length > 0)
            return null;

        OpenSslContext? context = null;
        try
        {
            context = new OpenSslContext(verifier, time);
            context.Configure(config, suites);
            foreach (CertificateMaterial certificate in certificates)
                context._certificates[OpenSslCertificates.Use(context.Handle, certificate)] = certificate;
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

    /// <summary>Decides on a client's certificate.</summary>
    /// <returns>What is wrong with it; null = nothing.</returns>
    public string? Verify(X509Certificate2 leaf, X509Certificate2Collection others) =>
        _verifier is null ? "no certificate was asked for" : _verifier.Fault(leaf, others);

    /// <summary>Which of ours a native certificate is.</summary>
    public CertificateMaterial? CertificateOf(nint native) => _certificates.GetValueOrDefault(native);

    /// <summary>What to show of the revocation of one of our certificates; null = nothing.</summary>
    public byte[]? StapleOf(nint native) => CertificateOf(native)?.Staple.Current(_time.GetUtcNow())?.Bytes;

    private void Configure(DownstreamTlsConfig config, IReadOnlyList<TlsCipherSuite> suites)
    {
        SslProtocols protocols = config.Protocols;
        ulong options = LibSsl.OptionNoCompression | LibSsl.OptionNoRenegotiation | LibSsl.OptionServerPreference;
        // A resumed session would carry an earlier verdict on the client's certificate past its expiry.
        bool resumes = _verifier is null;
        if (!resumes)
            options |= LibSsl.OptionNoTicket;
        _ = LibSsl.SetOptions(Handle, options);
        _ = LibSsl.Control(Handle, LibSsl.ControlMode, LibSsl.ModeReleaseBuffers, 0);
        _ = LibSsl.Control(Handle, LibSsl.ControlReadAhead, 1, 0);
        _ = LibSsl.Control(Handle, LibSsl.ControlSessionCacheMode, LibSsl.SessionCacheOff, 0);
        OpenSslLibrary.Check(LibSsl.Control(Handle, LibSsl.ControlMinProtocol, protocols.HasFlag(SslProtocols.Tls12) ? LibSsl.Tls12 : LibSsl.Tls13, 0));
        OpenSslLibrary.Check(LibSsl.Control(Handle, LibSsl.ControlMaxProtocol, protocols.HasFlag(SslProtocols.Tls13) ? LibSsl.Tls13 : LibSsl.Tls12, 0));
        if (OpenSslCipherNames.Tls12(suites) is { Length: > 0 } tls12)
            OpenSslLibrary.Check(LibSsl.SetCipherList(Handle, tls12));
        if (OpenSslCipherNames.Tls13(suites) is { Length: > 0 } tls13)
            OpenSslLibrary.Check(LibSsl.SetCipherSuites(Handle, tls13));
        SetGroups(config.Groups);
        // One ticket: a client that wants more connections at once can make them with one handshake each.
        OpenSslLibrary.Check(LibSsl.SetTicketCount(Handle, resumes ? 1u : 0u));
        _ = LibSsl.SetSessionTimeout(Handle, (nint)SessionLifetime.TotalSeconds);
        OpenSslLibrary.Check((int)LibSsl.SetTicketKeyCallback(Handle, &OpenSslCallbacks.UseTicketKey));
        // Sessions of another context, with another policy, are not taken here.
        byte* id = stackalloc byte[32];
        RandomNumberGenerator.Fill(new Span<byte>(id, 32));
        OpenSslLibrary.Check(LibSsl.SetSessionIdContext(Handle, id, 32));
        _ = LibSsl.ControlCallback(Handle, LibSsl.ControlStatusRequestCallback, (nint)(delegate* unmanaged[Cdecl]<nint, nint, int>)&OpenSslCallbacks.Staple);
        if (config.OffersHttp)
            LibSsl.SetAlpnCallback(Handle, &OpenSslCallbacks.SelectProtocol, 0);
        if (_verifier is { } verifier)
        {
            LibSsl.SetVerify(Handle, LibSsl.VerifyPeer | (verifier.IsRequired ? LibSsl.VerifyFailIfNone : 0), 0);
            LibSsl.SetVerifyCallback(Handle, &OpenSslCallbacks.Verify, 0);
        }
    }

    /// <summary>OpenSSL's own list has finite fields of 8192 bits: any client could have more than a hundred times the work of a curve done for it.</summary>
    private void SetGroups(EquatableArray<string> groups)
    {
        if (!groups.IsEmpty)
        {
            OpenSslLibrary.Check(TrySetGroups(string.Join(':', groups)));
        }
        else if (TrySetGroups($"X25519MLKEM768:{Curves}") != 1)
        {
            // OpenSSL before 3.5.
            LibCrypto.ClearErrors();
            OpenSslLibrary.Check(TrySetGroups(Curves));
        }
    }

    private nint TrySetGroups(string groups)
    {
        fixed (byte* list = (byte[])[.. Encoding.ASCII.GetBytes(groups), 0])
            return LibSsl.Control(Handle, LibSsl.ControlGroupsList, 0, (nint)list);
    }
}
