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
    // Envoy's list for TLS 1.2 and the three of TLS 1.3: forward secrecy and AEAD only.
    private static readonly TlsCipherSuite[] CipherSuites =
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ];

    private readonly SslServerAuthenticationOptions? _rsa;
    private readonly SslServerAuthenticationOptions? _ecdsa;

    /// <summary>Makes the options.</summary>
    /// <param name="config">The chain's settings.</param>
    /// <param name="certificates">Its usable certificates, at most one per key type.</param>
    /// <param name="authorities">Authorities for client certificates; null = there are none.</param>
    /// <param name="openSsl">Makes handshakes by OpenSSL where it can; null = <c>SslStream</c> makes all.</param>
    public DownstreamTlsContext(
        DownstreamTlsConfig config, IReadOnlyList<CertificateMaterial> certificates, X509Certificate2Collection? authorities, OpenSslEngine? openSsl = null)
    {
        Certificates = certificates;
        // Nobody could prove who they are: refuse rather than ask for less.
        if (config.ClientCertificate == ClientCertificateMode.Required && authorities is not { Count: > 0 })
            return;
        foreach (CertificateMaterial certificate in certificates)
        {
            SslServerAuthenticationOptions options = Build(config, certificate, authorities);
            if (certificate.IsEcdsa)
                _ecdsa ??= options;
            else
                _rsa ??= options;
        }
        if (IsUsable && openSsl is not null)
        {
            OpenSslVerifier? verifier = config.ClientCertificate == ClientCertificateMode.None
                ? null
                : new OpenSslVerifier(ClientCertificateValidator.Policy(authorities!), new ClientCertificateValidator(config.SubjectAltNames).Validate, isRequired: true);
            OpenSsl = openSsl.TryCreate(config.Protocols, CipherSuites, certificates, verifier, config.OffersHttp);
        }
    }

    /// <summary>For handshakes by OpenSSL on event loops; null = <c>SslStream</c> makes them.</summary>
    public OpenSslContext? OpenSsl { get; }

    /// <summary>The certificates, for comparing and for people.</summary>
    public IReadOnlyList<CertificateMaterial> Certificates { get; }

    /// <summary>Whether any handshake can succeed.</summary>
    public bool IsUsable => _rsa is not null || _ecdsa is not null;

    /// <summary>The options for a client; null = handshakes are refused.</summary>
    public SslServerAuthenticationOptions? Choose(bool clientSupportsEcdsa) =>
        clientSupportsEcdsa ? _ecdsa ?? _rsa : _rsa ?? _ecdsa;

    private static SslServerAuthenticationOptions Build(
        DownstreamTlsConfig config, CertificateMaterial certificate, X509Certificate2Collection? authorities)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate.Context,
            EnabledSslProtocols = config.Protocols,
            ApplicationProtocols = config.OffersHttp ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] : null,
            AllowRenegotiation = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        // With TLS 1.0 or 1.1 allowed the list would leave those versions without a suite.
        if (OperatingSystem.IsLinux() && (config.Protocols & ~(SslProtocols.Tls12 | SslProtocols.Tls13)) == 0)
            options.CipherSuitesPolicy = new CipherSuitesPolicy(CipherSuites);
        if (config.ClientCertificate == ClientCertificateMode.Required)
        {
            options.ClientCertificateRequired = true;
            options.CertificateChainPolicy = ClientCertificateValidator.Policy(authorities!);
            options.RemoteCertificateValidationCallback = new ClientCertificateValidator(config.SubjectAltNames).Validate;
        }
        return options;
    }
}
