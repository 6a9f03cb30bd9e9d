using System.Net.Security;
using System.Text;
using Gateway.Testing;
using Gateway.Tls;
using Gateway.Tls.OpenSsl;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tls;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class DownstreamTlsContextTests : IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void The_platform_s_ticket_keys_are_made_anew_with_its_options()
    {
        DownstreamTlsContext context = Context(new DownstreamTlsConfig { Certificates = [] });
        SslServerAuthenticationOptions first = context.Choose(EcdsaSuites.Tls13)!;

        _time.Advance(OpenSslTickets.Period - TimeSpan.FromSeconds(1));
        SslServerAuthenticationOptions same = context.Choose(EcdsaSuites.Tls13)!;
        _time.Advance(TimeSpan.FromSeconds(1));
        SslServerAuthenticationOptions second = context.Choose(EcdsaSuites.Tls13)!;

        Assert.Same(first, same);
        // The key lives with the platform's context of the certificate.
        Assert.NotSame(first.ServerCertificateContext, second.ServerCertificateContext);
        Assert.Equal(first.CipherSuitesPolicy!.AllowedCipherSuites, second.CipherSuitesPolicy!.AllowedCipherSuites);
        Assert.Same(second, context.Choose(EcdsaSuites.Tls13));
    }

    [Fact]
    public void The_ECDSA_certificate_is_for_clients_that_share_a_suite_with_it()
    {
        DownstreamTlsContext defaults = Context(new DownstreamTlsConfig { Certificates = [] });
        DownstreamTlsContext old = Context(new DownstreamTlsConfig { Certificates = [], CipherSuites = ["ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256"] });

        Assert.True(IsEcdsa(defaults, EcdsaSuites.Tls13));
        Assert.True(IsEcdsa(defaults, EcdsaSuites.Aes128Gcm | EcdsaSuites.Aes128Cbc));
        Assert.False(IsEcdsa(defaults, EcdsaSuites.Aes128Cbc));
        Assert.False(IsEcdsa(defaults, EcdsaSuites.None));
        Assert.True(IsEcdsa(old, EcdsaSuites.Aes128Cbc));
        Assert.False(IsEcdsa(old, EcdsaSuites.Aes128Gcm));
    }

    private static bool IsEcdsa(DownstreamTlsContext context, EcdsaSuites offered) =>
        context.Choose(offered)!.ServerCertificateContext!.TargetCertificate.PublicKey.GetECDsaPublicKey() is not null;

    private DownstreamTlsContext Context(DownstreamTlsConfig config) =>
        new(config, [Material(KeyKind.Rsa), Material(KeyKind.Ecdsa)], null, _time);

    private CertificateMaterial Material(KeyKind kind)
    {
        using TestCertificate certificate = _authority.IssueServer(kind, "a.test");
        return CertificateMaterial.TryParse(Encoding.ASCII.GetBytes(certificate.CertificatePem), Encoding.ASCII.GetBytes(certificate.KeyPem), _time.GetUtcNow(), out _)!;
    }
}
