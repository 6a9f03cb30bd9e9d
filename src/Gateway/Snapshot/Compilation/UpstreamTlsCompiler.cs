using System.Globalization;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Resolution;
using Gateway.Tls;

namespace Gateway.Snapshot.Compilation;

/// <summary>
/// Turns the <c>tls</c> of the policy in force into a cluster's TLS settings. What cannot be honoured makes the cluster
/// unreachable, and so does a rule with errors that may ask for TLS: nothing goes out in plain text instead.
/// </summary>
internal sealed class UpstreamTlsCompiler(CompilationContext context)
{
    private const string HowToVerify = "With --verify-servers the gateway verifies always.";
    private const string WhereToName = "Write subjectAltNames, here or in the ServiceEntry, or the serviceAccount of its endpoints.";
    private const string AnyWorkload = "ISTIO_MUTUAL without subjectAltNames: any workload of the mesh is taken for the server. " + WhereToName + " " + HowToVerify;
    private const string NobodyNamed = "nothing says who the server is, as --verify-servers asks: ISTIO_MUTUAL without subjectAltNames. " + WhereToName;
    private const string AuthoritySuffix = "-cacert";

    private readonly Dictionary<string, SecretSpec> _secrets = context.Config.Secrets
        .GroupBy(secret => $"{secret.Metadata.Namespace}/{secret.Metadata.Name}")
        .ToDictionary(secrets => secrets.Key, secrets => secrets.First().Spec, StringComparer.Ordinal);

    /// <summary>The settings; null = plain text.</summary>
    /// <param name="service">The destination's service.</param>
    /// <param name="subset">Subset; empty = none.</param>
    /// <param name="port">Service port.</param>
    /// <param name="rule">What is said about the host; null = nothing.</param>
    /// <param name="tls">The part of the policy in force.</param>
    public UpstreamTlsConfig? Compile(MeshService service, string subset, int port, EffectiveDestinationRule? rule, ClientTlsSettings? tls)
    {
        if (RefusedDemand(service, subset, port, rule) is { } refused)
            return new UpstreamTlsConfig { Unavailable = $"its DestinationRule {refused} has errors" };
        ClientTlsMode mode = tls?.Mode ?? ClientTlsMode.Disable;
        if (mode == ClientTlsMode.Disable)
            return null;
        return mode == ClientTlsMode.IstioMutual ? OfMesh(service, subset, port, tls!) : OfRule(service, tls!);
    }

    private UpstreamTlsConfig OfRule(MeshService service, ClientTlsSettings tls)
    {
        bool isMutual = tls.Mode == ClientTlsMode.Mutual;
        bool skips = tls.InsecureSkipVerify is true && !context.Identity.VerifiesServers;
        string? credential = string.IsNullOrEmpty(tls.CredentialName) ? null : tls.CredentialName;
        CertificateReference? secret = credential is null ? null : CredentialName.ToReference(credential, context.Identity.Namespace);
        // Istio: the names of the service do not stand for that of the host, they are wanted beside it.
        EquatableArray<string> names = tls.SubjectAltNames.IsEmpty ? Identities(service) : tls.SubjectAltNames;
        if (names.IsEmpty && context.Identity.VerifiesServers && !string.IsNullOrEmpty(tls.Sni))
            names = [tls.Sni];
        return new UpstreamTlsConfig
        {
            ClientCertificate = !isMutual ? null : secret ?? new CertificateReference(null, null, tls.ClientCertificate, tls.PrivateKey, null),
            Authorities = skips ? null : secret is not null ? AuthoritiesOf(secret) : Authorities(tls),
            ServerName = tls.Sni ?? "",
            SubjectAltNames = names,
            ChecksHost = tls.SubjectAltNames.IsEmpty,
            CipherSuites = context.Config.Mesh.TlsCipherSuites,
            SkipsVerification = skips,
            Unavailable = Unavailable(tls, credential),
        };
    }

    // Istio: whoever has a certificate of the mesh's authorities, unless names are given; the server name tells the
    // destination's sidecar the port and subset.
    private UpstreamTlsConfig OfMesh(MeshService service, string subset, int port, ClientTlsSettings tls)
    {
        CertificateReference workload = WorkloadCertificate.In(context.Identity.WorkloadCertificates);
        EquatableArray<string> names = tls.SubjectAltNames.IsEmpty ? Identities(service) : tls.SubjectAltNames;
        return new UpstreamTlsConfig
        {
            ClientCertificate = workload,
            Authorities = workload,
            ServerName = string.IsNullOrEmpty(tls.Sni) ? string.Create(CultureInfo.InvariantCulture, $"outbound_.{port}_.{subset}_.{service.Host}") : tls.Sni,
            SubjectAltNames = names,
            Unavailable = names.IsEmpty && context.Identity.VerifiesServers ? NobodyNamed : null,
        };
    }

    /// <summary>Who may be a service: the names that it is given, and the accounts of its endpoints under every name of the trust domain.</summary>
    private EquatableArray<string> Identities(MeshService service)
    {
        MeshConfig mesh = context.Config.Mesh;
        IEnumerable<string> accounts = service.Ports.SelectMany(port => port.Endpoints).Select(endpoint => endpoint.Account).OfType<string>().Distinct(StringComparer.Ordinal)
            .SelectMany(account => mesh.TrustDomainAliases.Prepend(mesh.TrustDomain), (account, domain) => $"spiffe://{domain}/{account}");
        return [.. service.SubjectAltNames.Concat(accounts).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Warns, at the line, of a rule that leaves open who the server is.</summary>
    /// <param name="rule">The rule in force; null = none.</param>
    /// <param name="tls">Its part that counts.</param>
    /// <param name="compiled">What it was compiled to.</param>
    public void ReportUnverified(EffectiveDestinationRule? rule, ClientTlsSettings? tls, UpstreamTlsConfig? compiled)
    {
        if (compiled is not { Unavailable: null } || tls is null || rule is null)
            return;
        if (tls.Mode == ClientTlsMode.IstioMutual)
        {
            if (compiled.SubjectAltNames.IsEmpty)
                context.Report(DiagnosticCatalogue.ServerUnverified, PolicyOrigins.OwnerOf(rule, tls), "spec.trafficPolicy.tls", AnyWorkload, tls.Node);
            return;
        }
        if (!compiled.SkipsVerification)
            ReportUnusedList(rule, tls);
        bool always = context.Identity.VerifiesServers;
        string? message = compiled.SkipsVerification ? $"insecureSkipVerify: any server's certificate is taken. {HowToVerify}"
            : compiled.ChecksNoName ? $"sni is set and there are no subjectAltNames: a certificate of the authorities for any name is taken, as in Istio. Write subjectAltNames. {HowToVerify}"
            : always && tls.InsecureSkipVerify is true ? "insecureSkipVerify has no effect: the gateway runs with --verify-servers."
            : null;
        if (message is not null)
            context.Report(DiagnosticCatalogue.ServerUnverified, PolicyOrigins.OwnerOf(rule, tls), "spec.trafficPolicy.tls", message, tls.Node);
    }

    /// <summary>A refused rule that asks for TLS where the accepted ones do not say the same thing; null = there is none.</summary>
    private string? RefusedDemand(MeshService service, string subset, int port, EffectiveDestinationRule? accepted)
    {
        if (context.TlsDemands?.Find(service.Host, service.Namespace) is not { } all || TlsDemand.Find(all, subset, port) is not { } writer)
            return null;
        if (accepted is not null && ReferenceEquals(TlsDemand.Find(accepted, subset, port), writer))
            return null;
        Resource<DestinationRuleSpec> refused = all.Rules.First(rule => context.Config.RefusedDestinationRules.Contains(rule));
        return $"{refused.Id.Namespace}/{refused.Id.Name} ({refused.Location})";
    }

    private static string? Unavailable(ClientTlsSettings tls, string? credential)
    {
        return string.IsNullOrEmpty(tls.CaCrl) ? null
            : credential is not null ? "caCrl: with credentialName, lists of revoked certificates belong into the Secret"
            : Authorities(tls) is null ? "caCrl: it needs caCertificates, whose lists it holds"
            : null;
    }

    /// <summary>Warns of a list of revoked certificates beside a client's certificate where, as in Istio, the Secret of the authorities is the one that counts.</summary>
    private void ReportUnusedList(EffectiveDestinationRule rule, ClientTlsSettings tls)
    {
        if (string.IsNullOrEmpty(tls.CredentialName))
            return;
        CertificateReference secret = CredentialName.ToReference(tls.CredentialName, context.Identity.Namespace);
        if (AuthoritiesOf(secret) != secret && Find(secret) is { } spec && SecretReader.TryReadRevocations(spec, out _))
        {
            context.Report(DiagnosticCatalogue.ServerUnverified, PolicyOrigins.OwnerOf(rule, tls), "spec.trafficPolicy.tls",
                $"the Secret {tls.CredentialName} holds a list of revoked certificates that has no effect: the authorities are in {tls.CredentialName}{AuthoritySuffix}, and so must be their lists.", tls.Node);
        }
    }

    private CertificateReference AuthoritiesOf(CertificateReference secret)
    {
        CertificateReference separate = secret with { SecretName = secret.SecretName + AuthoritySuffix };
        return Find(separate) is null ? secret : separate;
    }

    private SecretSpec? Find(CertificateReference secret) => _secrets.GetValueOrDefault($"{secret.SecretNamespace}/{secret.SecretName}");

    private static CertificateReference? Authorities(ClientTlsSettings tls) => string.IsNullOrEmpty(tls.CaCertificates) || tls.CaCertificates == "system"
        ? null
        : new CertificateReference(null, null, null, null, tls.CaCertificates, string.IsNullOrEmpty(tls.CaCrl) ? null : tls.CaCrl);
}
