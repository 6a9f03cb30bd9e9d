using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Testing;

/// <summary>The kind of key of a certificate.</summary>
public enum KeyKind
{
    /// <summary>ECDSA over P-256.</summary>
    Ecdsa,

    /// <summary>RSA with 2048 bits.</summary>
    Rsa,
}

/// <summary>A certificate with its key, made for a test.</summary>
/// <param name="Certificate">With its private key, usable by SslStream on every system.</param>
/// <param name="CertificatePem">PEM of the certificate.</param>
/// <param name="KeyPem">PEM (PKCS#8) of the key.</param>
public sealed record TestCertificate(X509Certificate2 Certificate, string CertificatePem, string KeyPem) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();
}

/// <summary>A certificate authority made at run time, and the certificates it issues.</summary>
public sealed class TestCertificates : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string OcspSigning = "1.3.6.1.5.5.7.3.9";
    private static readonly DateTimeOffset From = DateTimeOffset.UtcNow.AddDays(-1);
    private static readonly DateTimeOffset To = From.AddDays(30);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>Makes an authority.</summary>
    public TestCertificates(string name = "Gateway test authority")
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Authority = request.CreateSelfSigned(From, To);
    }

    /// <summary>The authority's own certificate.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>PEM of the authority's certificate.</summary>
    public string AuthorityPem => Authority.ExportCertificatePem();

    /// <summary>Issues a server certificate for DNS names and IP addresses.</summary>
    public TestCertificate IssueServer(KeyKind kind, params string[] names) => Issue(names[0], kind, names, ServerAuthentication);

    /// <summary>Issues an ECDSA server certificate.</summary>
    public TestCertificate IssueServer(params string[] names) => IssueServer(KeyKind.Ecdsa, names);

    /// <summary>Issues a server certificate that was good until an hour ago.</summary>
    public TestCertificate IssueExpiredServer(string name) =>
        Issue(name, KeyKind.Ecdsa, [name], ServerAuthentication, From, DateTimeOffset.UtcNow.AddHours(-1));

    /// <summary>Issues an ECDSA server certificate that names an OCSP responder.</summary>
    public TestCertificate IssueServerWithResponder(string responder, params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return Issue(names[0], KeyKind.Ecdsa, names, ServerAuthentication, responder: responder);
    }

    /// <summary>Issues the certificate of an OCSP responder that answers for this authority.</summary>
    public TestCertificate IssueResponder() => Issue("responder", KeyKind.Ecdsa, [], OcspSigning);

    /// <summary>What a responder says of a certificate: that it is good, signed by this authority.</summary>
    public OcspAnswer Answer(TestCertificate certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return new OcspAnswer { Certificate = certificate.Certificate, Issuer = Authority, SignerKey = _key };
    }

    /// <summary>PEM (PKCS#8) of the authority's key.</summary>
    public string AuthorityKeyPem => _key.ExportPkcs8PrivateKeyPem();

    /// <summary>Issues a client certificate; subject alternative names are optional.</summary>
    public TestCertificate IssueClient(string commonName, params string[] names) => Issue(commonName, KeyKind.Ecdsa, names, ClientAuthentication);

    /// <summary>Issues a client certificate for a time of its own.</summary>
    public TestCertificate IssueClient(string commonName, DateTimeOffset from, DateTimeOffset to) => Issue(commonName, KeyKind.Ecdsa, [], ClientAuthentication, from, to);

    /// <summary>A signed list of revoked certificates, in PEM.</summary>
    /// <param name="nextUpdate">When the next one is due.</param>
    /// <param name="revoked">Those on it.</param>
    public string RevocationListPem(DateTimeOffset nextUpdate, params IEnumerable<TestCertificate> revoked)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (TestCertificate certificate in revoked)
            builder.AddEntry(certificate.Certificate);
        byte[] der = builder.Build(
            Authority.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), 1, nextUpdate, HashAlgorithmName.SHA256,
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Authority, true, false), thisUpdate: From);
        return PemEncoding.WriteString("X509 CRL", der);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Authority.Dispose();
        _key.Dispose();
    }

    private TestCertificate Issue(string commonName, KeyKind kind, string[] names, string usage, DateTimeOffset? from = null, DateTimeOffset? to = null, string? responder = null)
    {
        using AsymmetricAlgorithm key = kind == KeyKind.Rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedName($"CN={commonName}");
        CertificateRequest request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        if (responder is not null)
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([responder], []));
        if (names.Length > 0)
            request.CertificateExtensions.Add(AlternativeNames(names));
        using X509Certificate2 certificate = request.Create(
            Authority.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), from ?? From, to ?? To.AddHours(-1), RandomNumberGenerator.GetBytes(16));
        using X509Certificate2 withKey = key is RSA own ? certificate.CopyWithPrivateKey(own) : certificate.CopyWithPrivateKey((ECDsa)key);
        return new TestCertificate(
            X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null),
            certificate.ExportCertificatePem(),
            key.ExportPkcs8PrivateKeyPem());
    }

    private static X509Extension AlternativeNames(string[] names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
                builder.AddIpAddress(address);
            else if (name.Contains("://", StringComparison.Ordinal))
                builder.AddUri(new Uri(name));
            else
                builder.AddDnsName(name);
        }
        return builder.Build();
    }
}
