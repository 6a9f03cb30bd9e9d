using System.Collections.Immutable;
using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Routing;
using Gateway.Tls;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Snapshot.Compilation;

/// <summary>Finds the certificates that Gateways ask an ACME issuer for, in cert-manager's words. Servers that share a Secret share its certificate.</summary>
internal sealed class AcmeCompiler(CompilationContext context)
{
    private const string IssuerAnnotation = "cert-manager.io/issuer";
    private const string ClusterIssuerAnnotation = "cert-manager.io/cluster-issuer";
    private const string ChallengeAnnotation = "gateway/acme-challenge";
    private const string StagingAnnotation = "gateway/acme-staging-server";

    // Where cert-manager looks for the Secrets of ClusterIssuers unless it is told otherwise.
    private const string ClusterResourceNamespace = "cert-manager";
    private const int HttpPort = 80;
    private const int HttpsPort = 443;

    private readonly Dictionary<string, AcmeRequest> _requests = new(StringComparer.Ordinal);
    private readonly HashSet<(ResourceId, string)> _seen = [];
    private readonly Dictionary<ResourceId, AcmeIssuerConfig?> _issuers = [];

    /// <summary>All certificates to be ordered.</summary>
    public ImmutableArray<AcmeRequest> Compile(IReadOnlyCollection<MergedPort> ports)
    {
        bool hasHttp = ports.Any(port => port.Servers.Any(server => server is { Port: HttpPort, IsTls: false, RouteName: not null }));
        foreach (MergedServer server in ports.SelectMany(port => port.Servers))
        {
            EquatableMap<string> annotations = server.Gateway.Metadata.Annotations;
            if ((annotations.ContainsKey(IssuerAnnotation) || annotations.ContainsKey(ClusterIssuerAnnotation)) && _seen.Add((server.Gateway.Id, server.FieldPath)))
                Guard.Run(context, server.Gateway, () => Add(server, hasHttp));
        }
        return [.. _requests.Values];
    }

    private void Add(MergedServer server, bool hasHttp)
    {
        if (Secret(server) is not { Forbidden: null, IsConfigMap: false } secret || IssuerOf(server.Gateway) is not { } issuer)
            return;
        string key = $"{secret.SecretNamespace}/{secret.SecretName}";
        string path = $"{server.FieldPath}.tls.credentialName";
        if (context.Config.Secrets.Any(known => known.Metadata.Namespace == secret.SecretNamespace && known.Metadata.Name == secret.SecretName))
        {
            context.Report(DiagnosticCatalogue.OrderOverridden, server.Gateway, path, $"The Secret {key} is in the configuration: it is used, and no certificate is ordered from {issuer.Name}.");
            return;
        }
        SortedSet<string> hosts = Hosts(server);
        if (hosts.Count == 0)
            return;
        AcmeChallengeKind challenge = Challenge(server, hasHttp);
        if (!_requests.TryGetValue(key, out AcmeRequest? known))
        {
            var certificate = new AcmeCertificateConfig
            {
                SecretNamespace = secret.SecretNamespace!,
                SecretName = secret.SecretName!,
                Hosts = hosts.ToEquatableArray(),
                Issuer = issuer,
                Challenge = challenge,
            };
            _requests.Add(key, new AcmeRequest(certificate, new ConfigOrigin(server.Gateway.Id, server.Gateway.Document.Locate(path).Location, path)));
            return;
        }
        if (known.Certificate.Issuer != issuer)
        {
            context.Report(DiagnosticCatalogue.NotOrdered, server.Gateway, path, $"The certificate {key} is ordered from {known.Certificate.Issuer.Name} already; the hosts of this server are not added to it.");
            return;
        }
        SortedSet<string> all = new(known.Certificate.Hosts, StringComparer.Ordinal);
        all.UnionWith(hosts);
        _requests[key] = known with { Certificate = known.Certificate with { Hosts = all.ToEquatableArray() } };
    }

    private CertificateReference? Secret(MergedServer server)
    {
        if (!server.IsTls || server.Spec.Tls is not { } tls || MergedServer.IsPassthrough(tls) || tls.Mode == ServerTlsMode.IstioMutual)
            return null;
        if (tls.CredentialNames.Count > 1)
        {
            context.Report(DiagnosticCatalogue.NotOrdered, server.Gateway, $"{server.FieldPath}.tls.credentialNames", "Of several credentialNames none is ordered; write credentialName.");
            return null;
        }
        string? name = tls.CredentialNames.Count == 1 ? tls.CredentialNames[0] : tls.CredentialName;
        return string.IsNullOrEmpty(name) ? null : CredentialName.ToReference(name, context.Identity.Namespace);
    }

    private SortedSet<string> Hosts(MergedServer server)
    {
        SortedSet<string> hosts = new(StringComparer.Ordinal);
        foreach (string written in server.Hosts)
        {
            string host = written[(written.IndexOf('/', StringComparison.Ordinal) + 1)..].ToLowerInvariant();
            if (host.Contains('*', StringComparison.Ordinal))
                context.Report(DiagnosticCatalogue.NotOrdered, server.Gateway, $"{server.FieldPath}.hosts", $"A certificate for {host} cannot be ordered: wildcards are proven by DNS records, which the gateway does not write. The other hosts of the server are ordered.");
            else
                hosts.Add(host);
        }
        return hosts;
    }

    private AcmeChallengeKind Challenge(MergedServer server, bool hasHttp)
    {
        if (server.Gateway.Metadata.Annotations.TryGetValue(ChallengeAnnotation, out string? wanted))
        {
            switch (wanted)
            {
                case "http-01":
                    return AcmeChallengeKind.Http01;
                case "tls-alpn-01":
                    return AcmeChallengeKind.TlsAlpn01;
                default:
                    context.Report(DiagnosticCatalogue.BadAnnotation, server.Gateway, "metadata.annotations", $"The annotation {ChallengeAnnotation} must be http-01 or tls-alpn-01, not '{wanted}'.");
                    break;
            }
        }
        if (!hasHttp && server.Port != HttpsPort)
            context.Report(DiagnosticCatalogue.NotOrdered, server.Gateway, $"{server.FieldPath}.port", "The authority asks on port 80 (HTTP) or 443 (TLS), and no Gateway has either; the order can only succeed if something in front brings these ports here.");
        return hasHttp || server.Port != HttpsPort ? AcmeChallengeKind.Http01 : AcmeChallengeKind.TlsAlpn01;
    }

    private AcmeIssuerConfig? IssuerOf(Resource<GatewaySpec> gateway)
    {
        EquatableMap<string> annotations = gateway.Metadata.Annotations;
        bool isOwn = annotations.TryGetValue(IssuerAnnotation, out string? name);
        if (!isOwn)
            annotations.TryGetValue(ClusterIssuerAnnotation, out name);
        var id = new ResourceId(isOwn ? "Issuer" : "ClusterIssuer", isOwn ? gateway.Metadata.Namespace : "", name ?? "");
        if (context.Config.Issuers.FirstOrDefault(issuer => issuer.Id == id) is not { } found)
        {
            if (_seen.Add((gateway.Id, "")))
                context.Report(DiagnosticCatalogue.UnknownReference, gateway, "metadata.annotations", $"There is no {id.Kind} {name}; no certificate is ordered.");
            return null;
        }
        if (!_issuers.TryGetValue(id, out AcmeIssuerConfig? config))
            _issuers.Add(id, config = Read(found));
        return config;
    }

    private AcmeIssuerConfig? Read(Resource<IssuerSpec> issuer)
    {
        if (issuer.Spec.Acme is not { } acme)
        {
            context.Report(DiagnosticCatalogue.NotOrdered, issuer, "spec", "The issuer does not speak ACME; no certificate is ordered from it.");
            return null;
        }
        if (!acme.Solvers.IsEmpty && !acme.Solvers.Any(solver => solver.IsHttp01))
        {
            context.Report(DiagnosticCatalogue.NotOrdered, issuer, "spec.acme.solvers", "No solver has http01, and the gateway writes no DNS records; no certificate is ordered.");
            return null;
        }
        string ns = issuer.Metadata.Namespace.Length == 0 ? ClusterResourceNamespace : issuer.Metadata.Namespace;
        AcmeExternalAccount? external = null;
        if (acme.ExternalAccount is { } binding)
        {
            external = External(binding, ns);
            if (external is null)
            {
                context.Report(DiagnosticCatalogue.UnknownReference, issuer, "spec.acme.externalAccountBinding.keySecretRef",
                    $"The Secret {ns}/{binding.Key?.Name} has no usable key (base64url) for the external account; no certificate is ordered.");
                return null;
            }
        }
        return new AcmeIssuerConfig
        {
            Name = issuer.Metadata.Namespace.Length == 0 ? $"ClusterIssuer {issuer.Metadata.Name}" : $"Issuer {issuer.Metadata.Namespace}/{issuer.Metadata.Name}",
            Directory = new Uri(acme.Server),
            Staging = Staging(issuer),
            Email = acme.Email,
            AccountName = $"{ns}/{acme.PrivateKey?.Name}",
            ExternalAccount = external,
            CaBundle = acme.CaBundle.Length == 0 ? "" : Encoding.UTF8.GetString(Convert.FromBase64String(acme.CaBundle)),
            PreferredChain = acme.PreferredChain,
        };
    }

    private Uri? Staging(Resource<IssuerSpec> issuer)
    {
        if (!issuer.Metadata.Annotations.TryGetValue(StagingAnnotation, out string? text))
            return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttps)
            return uri;
        context.Report(DiagnosticCatalogue.BadAnnotation, issuer, "metadata.annotations", $"The annotation {StagingAnnotation} must be the https URL of an ACME directory; nothing is rehearsed.");
        return null;
    }

    private AcmeExternalAccount? External(ExternalAccountBinding binding, string ns)
    {
        Resource<SecretSpec>? secret = context.Config.Secrets.FirstOrDefault(one => one.Metadata.Namespace == ns && one.Metadata.Name == binding.Key?.Name);
        string name = binding.Key is { Key.Length: > 0 } written ? written.Key : "secret";
        if (secret is null || !secret.Spec.Data.TryGetValue(name, out EquatableArray<byte> text))
            return null;
        try
        {
            byte[] key = Base64UrlEncoder.DecodeBytes(Encoding.ASCII.GetString(text.AsSpan()).Trim());
            return key.Length == 0 ? null : new AcmeExternalAccount(binding.KeyId, EquatableArray.Create<byte>(key));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
