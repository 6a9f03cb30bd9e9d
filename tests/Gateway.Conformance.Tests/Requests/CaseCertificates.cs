using System.Text;
using Gateway.Conformance.Tests.Cases;
using Gateway.Testing;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>Certificates for cases: those of the case folders by name, and one of our own for cases that name none.</summary>
internal sealed class CaseCertificates
{
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

    /// <summary>Finds a file of <c>tls/certs</c>, named with or without its extension.</summary>
    public static string Locate(CaseFile file, string name) =>
        file.Locate($"../tls/certs/{name}{(Path.HasExtension(name) ? "" : ".pem")}");
}
