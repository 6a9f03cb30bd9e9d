using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tls.OpenSsl;

namespace Gateway.Tls;

/// <summary>
/// What handshakes of one filter chain are answered with: prebuilt options per certificate. Immutable; a changed
/// certificate makes a new one for the handshakes to come.
/// </summary>
internal sealed class DownstreamTlsContext
{
    private readonly SslStreamOptions? _rsa;
    private readonly SslStreamOptions? _ecdsa;
    private readonly EcdsaSuites _ecdsaSuites;

    /// <summary>Makes what is needed.</summary>
    /// <param name="config">The chain's settings.</param>
    /// <param name="certificates">Its usable certificates, at most one per key type.</param>
    /// <param name="authorities">Authorities for client certificates; null = there are none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="events">Told of refused certificates; null = nobody is.</param>
    /// <param name="openSsl">Makes handshakes by OpenSSL where it can; null = <c>SslStream</c> makes all.</param>
    public DownstreamTlsContext(
        DownstreamTlsConfig config, IReadOnlyList<CertificateMaterial> certificates, ClientAuthorities? authorities, TimeProvider time,
        TlsEvents? events = null, OpenSslEngine? openSsl = null)
    {
        Certificates = certificates;
        Events = events;
        // Nobody could prove who they are: refuse rather than ask for less.
        bool asks = config.ClientCertificate != ClientCertificateMode.None;
        if (asks && !config.AcceptsUntrusted && authorities is not { Certificates.Count: > 0 })
            return;
        IReadOnlyList<TlsCipherSuite> suites = CipherSuiteTable.Of(config.CipherSuites);
        ClientCertificateValidator? validator = asks ? new ClientCertificateValidator(config, authorities?.Revocations, time, events is null ? null : events.OnRefused) : null;
        X509ChainPolicy? policy = asks ? ClientCertificateValidator.Policy(authorities?.Certificates ?? []) : null;
        if (openSsl is not null && certificates.Count > 0)
        {
            OpenSslVerifier? verifier = validator is null
                ? null
                : new OpenSslVerifier(policy!, validator, isRequired: config.ClientCertificate == ClientCertificateMode.Required);
            OpenSsl = openSsl.TryCreate(config, suites, certificates, verifier);
        }
        if (OpenSsl is not null)
            return;
        _ecdsaSuites = SetsSuites(config) ? suites.Aggregate(EcdsaSuites.None, (all, suite) => all | EcdsaSuiteSet.Of((ushort)suite)) : (EcdsaSuites)~0;
        if (!config.Protocols.HasFlag(SslProtocols.Tls13))
            _ecdsaSuites &= ~EcdsaSuites.Tls13;
        foreach (CertificateMaterial certificate in certificates)
        {
            var options = new SslStreamOptions(() => Build(config, certificate, suites, policy, validator), time);
            if (certificate.IsEcdsa)
                _ecdsa ??= options;
            else
                _rsa ??= options;
        }
    }

    /// <summary>Told of handshakes and refused certificates; null = nobody is.</summary>
    public TlsEvents? Events { get; }

    /// <summary>For handshakes by OpenSSL on event loops; null = <c>SslStream</c> makes them.</summary>
    public OpenSslContext? OpenSsl { get; }

    /// <summary>The certificates, for comparing and for people.</summary>
    public IReadOnlyList<CertificateMaterial> Certificates { get; }

    /// <summary>Whether any handshake can succeed.</summary>
    public bool IsUsable => OpenSsl is not null || _rsa is not null || _ecdsa is not null;

    /// <summary>The options for a client where <c>SslStream</c> makes the handshake; null = handshakes are refused.</summary>
    /// <param name="offered">What of the client's cipher suites goes with an ECDSA certificate.</param>
    public SslServerAuthenticationOptions? Choose(EcdsaSuites offered) =>
        ((offered & _ecdsaSuites) != 0 ? _ecdsa ?? _rsa : _rsa ?? _ecdsa)?.Current;

    // With TLS 1.0 or 1.1 allowed the default list would leave those versions without a suite.
    private static bool SetsSuites(DownstreamTlsConfig config) => (config.Protocols & ~(SslProtocols.Tls12 | SslProtocols.Tls13)) == 0 || !config.CipherSuites.IsEmpty;

    private static SslServerAuthenticationOptions Build(
        DownstreamTlsConfig config, CertificateMaterial certificate, IReadOnlyList<TlsCipherSuite> suites, X509ChainPolicy? policy, ClientCertificateValidator? validator)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate.MakeForSslStream(),
            EnabledSslProtocols = config.Protocols,
            ApplicationProtocols = config.OffersHttp ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] : null,
            AllowRenegotiation = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (OperatingSystem.IsLinux() && SetsSuites(config))
            options.CipherSuitesPolicy = new CipherSuitesPolicy(suites);
        if (validator is not null)
        {
            options.ClientCertificateRequired = true;
            options.CertificateChainPolicy = policy;
            options.RemoteCertificateValidationCallback = validator.Validate;
        }
        return options;
    }
}

/// <summary>Whom the other side's certificates must come from.</summary>
/// <param name="Fingerprint">Hash of the texts it was made from.</param>
/// <param name="Certificates">The authorities.</param>
/// <param name="Revocations">What they took back; null = no list is given.</param>
internal sealed record ClientAuthorities(byte[] Fingerprint, X509Certificate2Collection Certificates, IReadOnlyList<RevocationList>? Revocations);
