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
    private const string ConfigMapScheme = "configmap://";
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
        switch (tls?.Mode ?? ClientTlsMode.Disable)
        {
            case ClientTlsMode.Disable:
                return null;
            case ClientTlsMode.IstioMutual:
                return new UpstreamTlsConfig { Unavailable = "mode ISTIO_MUTUAL needs a workload certificate, which this gateway does not have" };
        }
        bool isMutual = tls!.Mode == ClientTlsMode.Mutual;
        bool skips = tls.InsecureSkipVerify is true;
        string? credential = string.IsNullOrEmpty(tls.CredentialName) ? null : tls.CredentialName;
        CertificateReference? secret = credential is null ? null : CredentialName.ToReference(credential, context.Identity.Namespace);
        return new UpstreamTlsConfig
        {
            ClientCertificate = !isMutual ? null : secret ?? new CertificateReference(null, null, tls.ClientCertificate, tls.PrivateKey, null),
            Authorities = skips ? null : secret is not null ? AuthoritiesOf(secret) : Authorities(tls.CaCertificates),
            ServerName = tls.Sni ?? "",
            SubjectAltNames = tls.SubjectAltNames.IsEmpty ? service.SubjectAltNames : tls.SubjectAltNames,
            SkipsVerification = skips,
            Unavailable = Unavailable(tls, credential, secret),
        };
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

    private string? Unavailable(ClientTlsSettings tls, string? credential, CertificateReference? secret)
    {
        if (!string.IsNullOrEmpty(tls.CaCrl))
            return "caCrl: lists of revoked certificates are not read";
        if (credential is null)
            return null;
        if (credential.StartsWith(ConfigMapScheme, StringComparison.Ordinal))
            return "credentialName: authorities are not read from a ConfigMap";
        return HasRevocations(secret!) || HasRevocations(AuthoritiesOf(secret!))
            ? $"the Secret {credential} holds a list of revoked certificates, which is not read"
            : null;
    }

    private bool HasRevocations(CertificateReference secret) =>
        Find(secret) is { } spec && (spec.Data.ContainsKey("crl") || spec.Data.ContainsKey("ca.crl"));

    private CertificateReference AuthoritiesOf(CertificateReference secret)
    {
        CertificateReference separate = secret with { SecretName = secret.SecretName + AuthoritySuffix };
        return Find(separate) is null ? secret : separate;
    }

    private SecretSpec? Find(CertificateReference secret) => _secrets.GetValueOrDefault($"{secret.SecretNamespace}/{secret.SecretName}");

    private static CertificateReference? Authorities(string? file) =>
        string.IsNullOrEmpty(file) || file == "system" ? null : new CertificateReference(null, null, null, null, file);
}
