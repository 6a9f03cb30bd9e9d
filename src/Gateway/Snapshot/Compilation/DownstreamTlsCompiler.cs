using System.Security.Authentication;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Validation;
using Gateway.Tls;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns the <c>tls</c> block of an HTTPS server into references to certificates and the rules for clients.</summary>
internal sealed class DownstreamTlsCompiler(CompilationContext context)
{
    private const string ClientAuthoritySuffix = "-cacert";

    /// <summary>Those that every OpenSSL 3 has.</summary>
    private static readonly HashSet<string> KeyExchangeGroups = new(StringComparer.Ordinal) { "X25519", "P-256", "P-384", "P-521" };

    private readonly HashSet<string> _secrets = context.Config.Secrets
        .Select(secret => $"{secret.Metadata.Namespace}/{secret.Metadata.Name}")
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>The settings; null = the server cannot be served, which has been reported.</summary>
    public DownstreamTlsConfig? Compile(MergedServer server)
    {
        ServerTlsSettings tls = server.Spec.Tls!;
        ClientCertificateMode mode = tls.Mode switch
        {
            ServerTlsMode.Mutual or ServerTlsMode.IstioMutual => ClientCertificateMode.Required,
            ServerTlsMode.OptionalMutual => ClientCertificateMode.Optional,
            _ => ClientCertificateMode.None,
        };
        bool isMesh = tls.Mode == ServerTlsMode.IstioMutual;
        ReportSuites(server, tls);
        ReportGroups(server, tls);
        return new DownstreamTlsConfig
        {
            Certificates = isMesh ? [Workload] : Certificates(tls).ToEquatableArray(),
            ClientCertificate = mode,
            ClientAuthorities = mode == ClientCertificateMode.None ? null : isMesh ? Workload : ClientAuthorities(tls),
            AcceptsUntrusted = !isMesh && tls.InsecureSkipVerify is true,
            SubjectAltNames = tls.SubjectAltNames,
            VerifyHashes = mode == ClientCertificateMode.None ? default : tls.VerifyCertificateHash,
            VerifySpki = mode == ClientCertificateMode.None ? default : tls.VerifyCertificateSpki,
            TrustDomains = isMesh ? [context.Config.Mesh.TrustDomain, .. context.Config.Mesh.TrustDomainAliases] : default,
            CipherSuites = tls.CipherSuites.IsEmpty ? context.Config.Mesh.TlsCipherSuites : tls.CipherSuites,
            Groups = (tls.EcdhCurves.IsEmpty ? context.Config.Mesh.TlsEcdhCurves : tls.EcdhCurves).Where(KeyExchangeGroups.Contains).Distinct().ToEquatableArray(),
            Protocols = Protocols(tls),
        };
    }

    private CertificateReference Workload => WorkloadCertificate.In(context.Identity.WorkloadCertificates);

    // Names that Istio does not know either have been reported where they were read.
    private void ReportSuites(MergedServer server, ServerTlsSettings tls)
    {
        for (int i = 0; i < tls.CipherSuites.Count; i++)
        {
            string suite = tls.CipherSuites[i];
            if (CipherSuiteTable.Find(suite) is null && CipherSuiteNames.IsKnown(suite))
                context.Report(DiagnosticCatalogue.NotHonoured, server.Gateway, $"{server.FieldPath}.tls.cipherSuites[{i}]", $"The cipher suite {suite} cannot be offered here; it is left out.");
        }
    }

    private void ReportGroups(MergedServer server, ServerTlsSettings tls)
    {
        for (int i = 0; i < tls.EcdhCurves.Count; i++)
        {
            if (!KeyExchangeGroups.Contains(tls.EcdhCurves[i]))
                context.Report(DiagnosticCatalogue.NotHonoured, server.Gateway, $"{server.FieldPath}.tls.ecdhCurves[{i}]", $"The group {tls.EcdhCurves[i]} cannot be offered here; it is left out.");
        }
    }

    private IEnumerable<CertificateReference> Certificates(ServerTlsSettings tls)
    {
        if (!tls.CredentialNames.IsEmpty)
            return tls.CredentialNames.Select(Secret);
        if (!string.IsNullOrEmpty(tls.CredentialName))
            return [Secret(tls.CredentialName)];
        if (!tls.TlsCertificates.IsEmpty)
            return tls.TlsCertificates.Select(certificate => Files(certificate.ServerCertificate, certificate.PrivateKey));
        return [Files(tls.ServerCertificate, tls.PrivateKey)];
    }

    /// <summary>The Secret <c>NAME-cacert</c> if there is one, else the CA inside NAME itself; or a file.</summary>
    private CertificateReference ClientAuthorities(ServerTlsSettings tls)
    {
        if (!string.IsNullOrEmpty(tls.CaCertCredentialName))
            return Secret(tls.CaCertCredentialName);
        string? name = tls.CredentialNames.IsEmpty ? tls.CredentialName : tls.CredentialNames[0];
        if (string.IsNullOrEmpty(name))
        {
            string? file = string.IsNullOrEmpty(tls.CaCertificates)
                ? tls.TlsCertificates.FirstOrDefault(certificate => !string.IsNullOrEmpty(certificate.CaCertificates))?.CaCertificates
                : tls.CaCertificates;
            return new CertificateReference(null, null, null, null, file, tls.CaCrl);
        }
        CertificateReference own = Secret(name);
        if (own.SecretName is null)
            return own;
        CertificateReference separate = own with { SecretName = own.SecretName + ClientAuthoritySuffix };
        return _secrets.Contains($"{separate.SecretNamespace}/{separate.SecretName}") ? separate : own;
    }

    private CertificateReference Secret(string credentialName) => CredentialName.IsWorkload(credentialName) ? Workload : CredentialName.ToReference(credentialName, context.Identity.Namespace);

    private static CertificateReference Files(string? certificate, string? key) => new(null, null, certificate, key, null);

    private SslProtocols Protocols(ServerTlsSettings tls)
    {
        TlsProtocol lowest = tls.MinProtocolVersion is { } min and not TlsProtocol.Auto ? min : context.Config.Mesh.TlsMinProtocolVersion ?? TlsProtocol.Auto;
        if (lowest == TlsProtocol.Auto)
            lowest = TlsProtocol.Tls12;
        TlsProtocol highest = tls.MaxProtocolVersion is { } max and not TlsProtocol.Auto ? max : TlsProtocol.Tls13;
        SslProtocols protocols = SslProtocols.None;
#pragma warning disable SYSLIB0039, CA5397, CA5398 // The versions that the user names, old ones included, as in Istio.
        if (lowest <= TlsProtocol.Tls10 && highest >= TlsProtocol.Tls10)
            protocols |= SslProtocols.Tls;
        if (lowest <= TlsProtocol.Tls11 && highest >= TlsProtocol.Tls11)
            protocols |= SslProtocols.Tls11;
#pragma warning restore SYSLIB0039, CA5397, CA5398
        if (lowest <= TlsProtocol.Tls12 && highest >= TlsProtocol.Tls12)
            protocols |= SslProtocols.Tls12;
        if (highest >= TlsProtocol.Tls13)
            protocols |= SslProtocols.Tls13;
        return protocols;
    }
}
