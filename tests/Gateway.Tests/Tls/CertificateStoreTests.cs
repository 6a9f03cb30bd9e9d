using System.Collections.Immutable;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Testing;
using Gateway.Tests.Hosting;
using Gateway.Tls;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tls;

public sealed class CertificateStoreTests : IDisposable
{
    private static readonly CertificateReference Reference = new("istio-system", "web", null, null, null);
    private static readonly DownstreamTlsConfig Config = new() { Certificates = [Reference] };

    private readonly TestCertificates _authority = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly CertificateStore _store;

    public CertificateStoreTests() => _store = new CertificateStore(_time);

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void Generic_keys_are_tried_before_those_of_kubernetes()
    {
        using TestCertificate generic = _authority.IssueServer("generic.test");
        using TestCertificate tls = _authority.IssueServer("tls.test");

        Assert.Empty(Apply(("cert", generic.CertificatePem), ("key", generic.KeyPem), ("tls.crt", tls.CertificatePem), ("tls.key", tls.KeyPem)));

        Assert.Equal(generic.Certificate.SerialNumber, Leaf());
        CertificateStatus shown = Assert.Single(_store.List);
        Assert.Equal(("kubernetes://istio-system/web", generic.Certificate.SerialNumber), (shown.Name, shown.SerialNumber));
        Assert.Equal(["generic.test"], shown.SubjectAltNames);
    }

    [Fact]
    public void An_incomplete_generic_pair_falls_back()
    {
        using TestCertificate tls = _authority.IssueServer("tls.test");

        Assert.Empty(Apply(("cert", "x"), ("tls.crt", tls.CertificatePem), ("tls.key", tls.KeyPem)));

        Assert.Equal(tls.Certificate.SerialNumber, Leaf());
    }

    [Theory]
    [InlineData(KeyKind.Ecdsa)]
    [InlineData(KeyKind.Rsa)]
    public void A_key_of_another_certificate_is_reported_without_being_shown(KeyKind kind)
    {
        using TestCertificate one = _authority.IssueServer(kind, "one.test");
        using TestCertificate two = _authority.IssueServer(kind, "two.test");

        Diagnostic finding = Assert.Single(Apply(("tls.crt", one.CertificatePem), ("tls.key", two.KeyPem)));

        Assert.Equal(("GW0301", Severity.Error, "The key does not belong to the certificate."), (finding.Code, finding.Severity, finding.Message));
        Assert.False(_store.Find(Config)!.IsUsable);
        Assert.DoesNotContain("PRIVATE", finding.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no pem", "no pem")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")]
    [InlineData("", "x")]
    public void Garbage_is_a_finding(string certificate, string key)
    {
        Assert.Equal("GW0301", Assert.Single(Apply(("tls.crt", certificate), ("tls.key", key))).Code);
        Assert.False(_store.Find(Config)!.IsUsable);
    }

    [Fact]
    public void An_expired_certificate_is_refused()
    {
        using TestCertificate certificate = _authority.IssueServer("a.test");
        _time.SetUtcNow(certificate.Certificate.NotAfter.ToUniversalTime().AddMinutes(1));

        Assert.Contains("expired", Assert.Single(Apply(("tls.crt", certificate.CertificatePem), ("tls.key", certificate.KeyPem))).Message, StringComparison.Ordinal);
        Assert.False(_store.Find(Config)!.IsUsable);
    }

    [Fact]
    public void The_last_good_certificate_stays_when_its_secret_becomes_bad_or_goes()
    {
        using TestCertificate good = _authority.IssueServer("a.test");
        Apply(("tls.crt", good.CertificatePem), ("tls.key", good.KeyPem));
        DownstreamTlsContext context = _store.Find(Config)!;

        Assert.Single(Apply(("tls.crt", "broken"), ("tls.key", good.KeyPem)));
        Assert.Same(context, _store.Find(Config));
        Assert.Single(_store.Apply(ImmutableDictionary<string, Resource<SecretSpec>>.Empty, [Config]));
        Assert.Same(context, _store.Find(Config));
        Assert.NotNull(Assert.Single(_store.List).Error);
    }

    [Fact]
    public void An_unchanged_secret_keeps_its_context_so_that_sessions_resume()
    {
        using TestCertificate good = _authority.IssueServer("a.test");
        Apply(("tls.crt", good.CertificatePem), ("tls.key", good.KeyPem));
        DownstreamTlsContext context = _store.Find(Config)!;

        Apply(("tls.crt", good.CertificatePem), ("tls.key", good.KeyPem));

        Assert.Same(context, _store.Find(Config));
    }

    [Fact]
    public void Mutual_tls_without_an_authority_refuses_everybody()
    {
        using TestCertificate good = _authority.IssueServer("a.test");
        DownstreamTlsConfig mutual = Config with { ClientCertificate = ClientCertificateMode.Required, ClientAuthorities = Reference };

        Resource<SecretSpec> secret = TlsTests.Secret("web", ("tls.crt", good.CertificatePem), ("tls.key", good.KeyPem));
        Assert.Single(_store.Apply(new Dictionary<string, Resource<SecretSpec>> { ["istio-system/web"] = secret }, [mutual]));

        Assert.False(_store.Find(mutual)!.IsUsable);
    }

    [Fact]
    public async Task Files_are_read_and_read_again()
    {
        using TestCertificate first = _authority.IssueServer("a.test");
        using TestCertificate second = _authority.IssueServer("a.test");
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            string certificate = Path.Combine(folder.FullName, "tls.crt");
            string key = Path.Combine(folder.FullName, "tls.key");
            DownstreamTlsConfig files = new() { Certificates = [new CertificateReference(null, null, certificate, key, null)] };
            Diagnostic missing = Assert.Single(_store.Apply(ImmutableDictionary<string, Resource<SecretSpec>>.Empty, [files]));
            Assert.Equal(certificate, missing.Location.Source);

            foreach (TestCertificate issued in new[] { first, second })
            {
                await File.WriteAllTextAsync(certificate, issued.CertificatePem);
                await File.WriteAllTextAsync(key, issued.KeyPem);
                Assert.Empty(_store.Apply(ImmutableDictionary<string, Resource<SecretSpec>>.Empty, [files]));
                Assert.Equal(issued.Certificate.SerialNumber, Assert.Single(_store.List).SerialNumber);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private ImmutableArray<Diagnostic> Apply(params (string Key, string Text)[] data) =>
        _store.Apply(new Dictionary<string, Resource<SecretSpec>> { ["istio-system/web"] = TlsTests.Secret("web", data) }, [Config]);

    private string Leaf() => Assert.Single(_store.Find(Config)!.Certificates).Leaf.SerialNumber;
}
