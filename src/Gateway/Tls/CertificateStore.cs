using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Tls.OpenSsl;

namespace Gateway.Tls;

/// <summary>
/// All certificates in use, from Secrets of the snapshot and from files. <see cref="Apply"/> reads what is new and keeps
/// the last good version of what has become bad; it is called by one publisher at a time. Look-ups may come from any thread.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="systemAuthorities">Whom upstream servers are trusted by where nothing is said; null = whom the system trusts.</param>
/// <param name="openSsl">Makes downstream handshakes by OpenSSL where it can; null = <c>SslStream</c> makes all.</param>
internal sealed class CertificateStore(TimeProvider time, X509Certificate2Collection? systemAuthorities = null, OpenSslEngine? openSsl = null)
{
    // A file this large is no certificate.
    private const int MaxFileBytes = 1024 * 1024;

    private ImmutableDictionary<CertificateReference, CertificateMaterial> _certificates = ImmutableDictionary<CertificateReference, CertificateMaterial>.Empty;
    private ImmutableDictionary<CertificateReference, Authorities> _authorities = ImmutableDictionary<CertificateReference, Authorities>.Empty;
    private ImmutableDictionary<DownstreamTlsConfig, DownstreamTlsContext> _contexts = ImmutableDictionary<DownstreamTlsConfig, DownstreamTlsContext>.Empty;
    private ImmutableDictionary<UpstreamTlsConfig, UpstreamTlsContext> _upstream = ImmutableDictionary<UpstreamTlsConfig, UpstreamTlsContext>.Empty;
    private ImmutableArray<CertificateStatus> _list = [];

    /// <summary>All certificates, for people and metrics.</summary>
    public ImmutableArray<CertificateStatus> List => _list;

    /// <summary>The context for a chain's settings; null = they were not applied.</summary>
    public DownstreamTlsContext? Find(DownstreamTlsConfig config) => Volatile.Read(ref _contexts).GetValueOrDefault(config);

    /// <summary>The context for a cluster's settings; null = they were not applied.</summary>
    public UpstreamTlsContext? Find(UpstreamTlsConfig config) => Volatile.Read(ref _upstream).GetValueOrDefault(config);

    /// <summary>Reads all certificates that the settings name, and drops those that none names.</summary>
    /// <returns>What is wrong with them, at their Secrets or files.</returns>
    public ImmutableArray<Diagnostic> Apply(
        IReadOnlyDictionary<string, Resource<SecretSpec>> secrets,
        IReadOnlyCollection<DownstreamTlsConfig> configs,
        IReadOnlyCollection<UpstreamTlsConfig>? upstream = null)
    {
        upstream ??= [];
        var findings = ImmutableArray.CreateBuilder<Diagnostic>();
        var certificates = ImmutableDictionary.CreateBuilder<CertificateReference, CertificateMaterial>();
        var authorities = ImmutableDictionary.CreateBuilder<CertificateReference, Authorities>();
        var list = ImmutableArray.CreateBuilder<CertificateStatus>();
        foreach (CertificateReference reference in configs.SelectMany(config => config.Certificates.AsSpan().ToArray())
            .Concat(upstream.Select(config => config.ClientCertificate).OfType<CertificateReference>()).Distinct())
        {
            CertificateMaterial? material = ReadCertificate(reference, secrets, findings, out string? error);
            material ??= _certificates.GetValueOrDefault(reference);
            if (material is not null)
                certificates[reference] = material;
            list.Add(StatusOf(NameOf(reference), material?.Leaf, error));
        }
        foreach (CertificateReference reference in configs.Select(config => config.ClientAuthorities)
            .Concat(upstream.Select(config => config.Authorities)).OfType<CertificateReference>().Distinct())
        {
            Authorities? material = ReadAuthorities(reference, secrets, findings, out string? error) ?? _authorities.GetValueOrDefault(reference);
            if (material is not null)
                authorities[reference] = material;
            if (material is null)
                list.Add(StatusOf($"{NameOf(reference)} (CA)", null, error));
            foreach (X509Certificate2 authority in material?.Certificates ?? [])
                list.Add(StatusOf($"{NameOf(reference)} (CA)", authority, error));
        }
        ImmutableDictionary<DownstreamTlsConfig, DownstreamTlsContext> contexts = Contexts(configs, certificates, authorities);
        ImmutableDictionary<UpstreamTlsConfig, UpstreamTlsContext> upstreamContexts = upstream.Distinct().ToImmutableDictionary(
            config => config,
            config => UpstreamContext(
                config,
                config.ClientCertificate is { } own ? certificates.GetValueOrDefault(own) : null,
                config.Authorities is { } ca ? authorities.GetValueOrDefault(ca)?.Certificates : systemAuthorities));
        _certificates = certificates.ToImmutable();
        _authorities = authorities.ToImmutable();
        _list = list.ToImmutable();
        Volatile.Write(ref _contexts, contexts);
        Volatile.Write(ref _upstream, upstreamContexts);
        return findings.ToImmutable();
    }

    private ImmutableDictionary<DownstreamTlsConfig, DownstreamTlsContext> Contexts(
        IReadOnlyCollection<DownstreamTlsConfig> configs,
        ImmutableDictionary<CertificateReference, CertificateMaterial>.Builder certificates,
        ImmutableDictionary<CertificateReference, Authorities>.Builder authorities)
    {
        var contexts = ImmutableDictionary.CreateBuilder<DownstreamTlsConfig, DownstreamTlsContext>();
        foreach (DownstreamTlsConfig config in configs)
        {
            List<CertificateMaterial> own = [];
            foreach (CertificateReference reference in config.Certificates)
            {
                if (certificates.TryGetValue(reference, out CertificateMaterial? material))
                    own.Add(material);
            }
            Authorities? trusted = config.ClientAuthorities is { } ca ? authorities.GetValueOrDefault(ca) : null;
            Authorities? before = config.ClientAuthorities is { } caBefore ? _authorities.GetValueOrDefault(caBefore) : null;
            // The same object while nothing changed: clients can then resume their sessions.
            contexts[config] = _contexts.GetValueOrDefault(config) is { } known && ReferenceEquals(trusted, before) && known.Certificates.SequenceEqual(own)
                ? known
                : new DownstreamTlsContext(config, own, trusted?.Certificates, openSsl);
        }
        return contexts.ToImmutable();
    }

    private UpstreamTlsContext UpstreamContext(UpstreamTlsConfig config, CertificateMaterial? client, X509Certificate2Collection? authorities) =>
        _upstream.GetValueOrDefault(config) is { } known && ReferenceEquals(known.Client, client) && ReferenceEquals(known.Authorities, authorities)
            ? known
            : new UpstreamTlsContext(config, client, authorities);

    private CertificateMaterial? ReadCertificate(
        CertificateReference reference, IReadOnlyDictionary<string, Resource<SecretSpec>> secrets, ImmutableArray<Diagnostic>.Builder findings, out string? error)
    {
        error = null;
        byte[] certificate = [];
        byte[] key = [];
        Resource<SecretSpec>? secret = FindSecret(reference, "", secrets);
        if (reference.SecretName is not null)
        {
            if (secret is null)
                error = $"The Secret {reference.SecretNamespace}/{reference.SecretName} does not exist.";
            else if (!SecretReader.TryReadCertificate(secret.Spec, out certificate, out key))
                error = "The Secret has neither cert and key nor tls.crt and tls.key.";
        }
        else if (!TryReadFile(reference.CertificateFile, out certificate, out error) || !TryReadFile(reference.KeyFile, out key, out error))
        {
            Report(findings, reference, null, error!);
            return null;
        }
        if (error is null)
        {
            if (_certificates.TryGetValue(reference, out CertificateMaterial? known) && known.Fingerprint.AsSpan().SequenceEqual(CertificateMaterial.Hash(certificate, key)))
                return known;
            if (CertificateMaterial.TryParse(certificate, key, time.GetUtcNow(), out string problem) is { } material)
                return material;
            error = problem;
        }
        Report(findings, reference, secret, error);
        return null;
    }

    private Authorities? ReadAuthorities(
        CertificateReference reference, IReadOnlyDictionary<string, Resource<SecretSpec>> secrets, ImmutableArray<Diagnostic>.Builder findings, out string? error)
    {
        error = null;
        byte[] pem = [];
        // Istio: the Secret NAME-cacert wins; its CA may also stand beside the certificate.
        Resource<SecretSpec>? secret = FindSecret(reference, "-cacert", secrets) ?? FindSecret(reference, "", secrets);
        if (reference.SecretName is not null)
        {
            if (secret is null)
                error = $"Neither the Secret {reference.SecretNamespace}/{reference.SecretName}-cacert nor {reference.SecretName} exists.";
            else if (!SecretReader.TryReadAuthorities(secret.Spec, out pem))
                error = "The Secret has neither cacert nor ca.crt, so nobody's certificate can be checked.";
        }
        else
        {
            TryReadFile(reference.CaFile, out pem, out error);
        }
        if (error is null)
        {
            byte[] fingerprint = SHA256.HashData(pem);
            if (_authorities.TryGetValue(reference, out Authorities? known) && known.Fingerprint.AsSpan().SequenceEqual(fingerprint))
                return known;
            if (ParseAuthorities(pem) is { Count: > 0 } certificates)
                return new Authorities(fingerprint, certificates);
            error = "The CA text holds no certificate that can be parsed.";
        }
        Report(findings, reference, secret, error);
        return null;
    }

    private static X509Certificate2Collection? ParseAuthorities(byte[] pem)
    {
        try
        {
            X509Certificate2Collection certificates = [];
            certificates.ImportFromPem(Encoding.UTF8.GetString(pem));
            return certificates;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static Resource<SecretSpec>? FindSecret(CertificateReference reference, string suffix, IReadOnlyDictionary<string, Resource<SecretSpec>> secrets) =>
        reference.SecretName is null ? null : secrets.GetValueOrDefault($"{reference.SecretNamespace}/{reference.SecretName}{suffix}");

    private static bool TryReadFile(string? path, out byte[] content, out string? error)
    {
        content = [];
        error = null;
        try
        {
            if (path is null)
                error = "No file is named.";
            else if (new FileInfo(path) is { Length: > MaxFileBytes })
                error = $"The file {path} is too large for a certificate.";
            else
                content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error = $"The file {path} cannot be read.";
        }
        return error is null;
    }

    private static void Report(ImmutableArray<Diagnostic>.Builder findings, CertificateReference reference, Resource<SecretSpec>? secret, string error)
    {
        DiagnosticDescriptor descriptor = DiagnosticCatalogue.BadCertificate;
        SourceLocation location = secret?.Location ?? new SourceLocation(reference.CertificateFile ?? reference.CaFile ?? "", 0, 0);
        ResourceId? resource = secret?.Id ?? (reference.SecretName is { } name ? new ResourceId("Secret", reference.SecretNamespace ?? "", name) : null);
        findings.Add(new Diagnostic(descriptor.Code, descriptor.Severity, error, location, resource));
    }

    private static string NameOf(CertificateReference reference) => reference.SecretName is { } name
        ? $"kubernetes://{reference.SecretNamespace}/{name}"
        : reference.CertificateFile ?? reference.CaFile ?? "";

    private static CertificateStatus StatusOf(string name, X509Certificate2? certificate, string? error) => new(
        name,
        certificate?.Subject,
        certificate?.Issuer,
        certificate?.SerialNumber,
        certificate?.NotBefore,
        certificate?.NotAfter,
        certificate is null ? [] : [.. SubjectAltName.ReadAll(certificate).Select(san => san.Value)],
        error);

    private sealed record Authorities(byte[] Fingerprint, X509Certificate2Collection Certificates);
}
