using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Conformance.Tests.Cases;
using Gateway.Testing;
using Gateway.Testing.Echo;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>Certificates for cases: those of the case folders by name, and some of our own for cases that name none.</summary>
internal sealed class CaseCertificates : IDisposable
{
    private const string BackendCertificate = "dns/cert-chain.pem";
    private const string BackendKey = "dns/key.pem";
    private const string BackendAuthority = "dns/root-cert.pem";
    private readonly TestCertificates _system = new("System root of the cases");
    private readonly ConcurrentDictionary<string, TestCertificate> _byServerName = new(StringComparer.OrdinalIgnoreCase);

    public CaseCertificates()
    {
        using var authority = new TestCertificates();
        using TestCertificate certificate = authority.IssueServer("*.example.com", "example.com");
        Default =
        [
            KeyValuePair.Create("tls.crt", Encoding.UTF8.GetBytes(certificate.CertificatePem)),
            KeyValuePair.Create("tls.key", Encoding.UTF8.GetBytes(certificate.KeyPem)),
            KeyValuePair.Create("ca.crt", Encoding.UTF8.GetBytes(authority.AuthorityPem)),
        ];
    }

    /// <summary>Data of a Secret of kind TLS.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> Default { get; }

    /// <summary>What stands for the roots of the system.</summary>
    public X509Certificate2Collection SystemAuthorities => [_system.Authority];

    /// <summary>Finds a file of <c>tls/certs</c>, named with or without its extension.</summary>
    public static string Locate(CaseFile file, string name) =>
        file.Locate($"../tls/certs/{name}{(Path.HasExtension(name) ? "" : ".pem")}");

    /// <summary>
    /// How the backends of a case end TLS: a case that brings Secrets with the certificate that the original test's server
    /// has; any other by a certificate of the system's roots for whatever name is asked for.
    /// </summary>
    public Func<string, EchoTls?> OfBackends(ConformanceCase test)
    {
        if (test.Node.Get("secrets") is null)
            return serverName => new EchoTls(_byServerName.GetOrAdd(serverName.Length == 0 ? "none" : serverName, name => _system.IssueServer(name)).Certificate, null);
        bool isMutual = test.OfKind("DestinationRule").SelectMany(rule => rule.Below("tls")).Any(tls => tls.Get("mode").Text() == "MUTUAL");
        return _ =>
        {
            using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(Locate(test.File, BackendCertificate), Locate(test.File, BackendKey));
            X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
            return new EchoTls(certificate, isMutual ? X509CertificateLoader.LoadCertificateFromFile(Locate(test.File, BackendAuthority)) : null);
        };
    }

    public void Dispose()
    {
        foreach (TestCertificate certificate in _byServerName.Values)
            certificate.Dispose();
        _system.Dispose();
    }
}
