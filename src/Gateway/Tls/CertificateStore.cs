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
/// <param name="openSsl">Makes handshakes by OpenSSL where it can; null = <c>SslStream</c> makes all.</param>
/// <param name="events">Told of refused client certificates; null = nobody is.</param>
/// <param name="issued">Certificates that the gateway orders by itself; they stand for Secrets that are not there.</param>
internal sealed class CertificateStore(
    TimeProvider time, X509Certificate2Collection? systemAuthorities = null, OpenSslEngine? openSsl = null, TlsEvents? events = null,
    IssuedCertificates? issued = null)
{
    // A file this large is no certificate.
    private const int MaxFileBytes = 1024 * 1024;

    private ImmutableDictionary<CertificateReference, CertificateMaterial> _certificates = ImmutableDictionary<CertificateReference, CertificateMaterial>.Empty;
    private ImmutableDictionary<CertificateReference, ClientAuthorities> _authorities = ImmutableDictionary<CertificateReference, ClientAuthorities>.Empty;
    private ImmutableDictionary<DownstreamTlsConfig, DownstreamTlsContext> _contexts = ImmutableDictionary<DownstreamTlsConfig, DownstreamTlsContext>.Empty;
    private ImmutableDictionary<UpstreamTlsConfig, UpstreamTlsContext> _upstream = ImmutableDictionary<UpstreamTlsConfig, UpstreamTlsContext>.Empty;
    private ImmutableArray<CertificateStatus> _list = [];

    /// <summary>Whether nobody is served, so that which TLS stack will do it is not known.</summary>
    public bool IsOffline { get; init; }

    /// <summary>The certificates that OpenSSL shows to clients, and with them the staples that are put into their slots.</summary>
    public IReadOnlyCollection<CertificateMaterial> Stapled =>
        [.. Volatile.Read(ref _contexts).Values.Where(context => context.OpenSsl is not null).SelectMany(context => context.Certificates).Distinct()];

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
        var authorities = ImmutableDictionary.CreateBuilder<CertificateReference, ClientAuthorities>();
        var list = ImmutableArray.CreateBuilder<CertificateStatus>();
        foreach (CertificateReference reference in configs.SelectMany(config => config.Certificates.AsSpan().ToArray())
            .Concat(upstream.Select(config => config.ClientCertificate).OfType<CertificateReference>()).Distinct())
        {
            CertificateMaterial? material = ReadCertificate(reference, secrets, findings, out string? error);
            material ??= _certificates.GetValueOrDefault(reference);
            if (material is not null)
                certificates[reference] = material;
            list.Add(CertificateStatus.Of(NameOf(reference), material?.Leaf, error) with { Staple = IsOffline || openSsl is null ? null : material?.Staple });
        }
        foreach (CertificateReference reference in configs.Select(config => config.ClientAuthorities)
            .Concat(upstream.Select(config => config.Authorities)).OfType<CertificateReference>().Distinct())
        {
            ClientAuthorities? material = ReadAuthorities(reference, secrets, findings, out string? error) ?? _authorities.GetValueOrDefault(reference);
            if (material is not null)
                authorities[reference] = material;
            if (material is null)
                list.Add(CertificateStatus.Of($"{NameOf(reference)} (CA)", null, error));
            foreach (X509Certificate2 authority in material?.Certificates ?? [])
                list.Add(CertificateStatus.Of($"{NameOf(reference)} (CA)", authority, error));
        }
        ImmutableDictionary<DownstreamTlsConfig, DownstreamTlsContext> contexts = Contexts(configs, certificates, authorities);
        if (!IsOffline)
            ReportGroups(contexts, secrets, findings);
        ImmutableDictionary<UpstreamTlsConfig, UpstreamTlsContext> upstreamContexts = upstream.Distinct().ToImmutableDictionary(
            config => config,
            config => UpstreamContext(
                config,
                config.ClientCertificate is { } own ? certificates.GetValueOrDefault(own) : null,
                config.Authorities is { } ca ? authorities.GetValueOrDefault(ca) : null));
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
        ImmutableDictionary<CertificateReference, ClientAuthorities>.Builder authorities)
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
            ClientAuthorities? trusted = config.ClientAuthorities is { } ca ? authorities.GetValueOrDefault(ca) : null;
            ClientAuthorities? before = config.ClientAuthorities is { } caBefore ? _authorities.GetValueOrDefault(caBefore) : null;
            // The same object while nothing changed: clients can then resume their sessions.
            contexts[config] = _contexts.GetValueOrDefault(config) is { } known && ReferenceEquals(trusted, before) && known.Certificates.SequenceEqual(own)
                ? known
                : new DownstreamTlsContext(config, own, trusted, time, events, openSsl);
        }
        return contexts.ToImmutable();
    }

    private UpstreamTlsContext UpstreamContext(UpstreamTlsConfig config, CertificateMaterial? client, ClientAuthorities? named)
    {
        X509Certificate2Collection? authorities = config.Authorities is null ? systemAuthorities : named?.Certificates;
        // Other lists of revoked certificates come with other authorities.
        return _upstream.GetValueOrDefault(config) is { } known && ReferenceEquals(known.Client, client) && ReferenceEquals(known.Authorities, authorities)
            ? known
            : new UpstreamTlsContext(config, client, authorities, named?.Revocations, time, openSsl);
    }

    private CertificateMaterial? ReadCertificate(
        CertificateReference reference, IReadOnlyDictionary<string, Resource<SecretSpec>> secrets, ImmutableArray<Diagnostic>.Builder findings, out string? error)
    {
        error = reference.Forbidden;
        byte[] certificate = [];
        byte[] key = [];
        Resource<SecretSpec>? secret = FindSecret(reference, "", secrets);
        if (error is not null)
        {
            Report(findings, reference, secret, error);
            return null;
        }
        if (reference.SecretName is not null)
        {
            IssuedCertificate? own = secret is null ? issued?.Find($"{reference.SecretNamespace}/{reference.SecretName}") : null;
            if (own is { Chain.Length: 0 })
            {
                error = $"The certificate is being ordered from {own.Issuer}.";
                Report(findings, reference, null, error, DiagnosticCatalogue.CertificatePending);
                return null;
            }
            if (own is not null)
                (certificate, key) = (own.Chain, own.Key);
            else if (secret is null)
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
            string problem = "";
            CertificateMaterial? material = _certificates.TryGetValue(reference, out CertificateMaterial? known) && known.Fingerprint.AsSpan().SequenceEqual(CertificateMaterial.Hash(certificate, key))
                ? known
                : CertificateMaterial.TryParse(certificate, key, time.GetUtcNow(), out problem);
            if (material is not null)
            {
                GiveStaple(material, secret, findings);
                return material;
            }
            error = problem;
        }
        Report(findings, reference, secret, error);
        return null;
    }

    private ClientAuthorities? ReadAuthorities(
        CertificateReference reference, IReadOnlyDictionary<string, Resource<SecretSpec>> secrets, ImmutableArray<Diagnostic>.Builder findings, out string? error)
    {
        error = reference.Forbidden;
        byte[] pem = [];
        byte[]? crl = null;
        // Istio: the Secret NAME-cacert wins; its CA may also stand beside the certificate.
        Resource<SecretSpec>? secret = FindSecret(reference, "-cacert", secrets) ?? FindSecret(reference, "", secrets);
        if (error is not null)
        {
            Report(findings, reference, null, error);
            return null;
        }
        if (reference.SecretName is not null)
        {
            if (secret is null)
                error = reference.IsConfigMap
                    ? $"{reference.SecretNamespace}/{reference.SecretName} does not exist or holds no authorities."
                    : $"Neither the Secret {reference.SecretNamespace}/{reference.SecretName}-cacert nor {reference.SecretName} exists.";
            else if (!SecretReader.TryReadAuthorities(secret.Spec, out pem))
                error = "The Secret has neither cacert nor ca.crt, so nobody's certificate can be checked.";
            else if (SecretReader.TryReadRevocations(secret.Spec, out byte[] revocations))
                crl = revocations;
        }
        else if (TryReadFile(reference.CaFile, out pem, out error) && !string.IsNullOrEmpty(reference.CrlFile) && TryReadFile(reference.CrlFile, out byte[] revocations, out error, long.MaxValue))
        {
            crl = revocations;
        }
        if (error is null)
        {
            byte[] fingerprint = SHA256.HashData([.. SHA256.HashData(pem), .. crl is null ? [] : SHA256.HashData(crl)]);
            if (_authorities.TryGetValue(reference, out ClientAuthorities? known) && known.Fingerprint.AsSpan().SequenceEqual(fingerprint))
                return known;
            if (ParseAuthorities(pem) is not { Count: > 0 } certificates)
                error = "The CA text holds no certificate that can be parsed.";
            else if (TryReadRevocations(crl, out IReadOnlyList<RevocationList>? lists, out error))
                return new ClientAuthorities(fingerprint, certificates, lists);
        }
        Report(findings, reference, secret, error!);
        return null;
    }

    private static bool TryReadRevocations(byte[]? crl, out IReadOnlyList<RevocationList>? lists, out string? error)
    {
        lists = null;
        error = null;
        try
        {
            lists = crl is null ? null : RevocationList.ReadAll(crl);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            error = $"The list of revoked certificates cannot be read ({e.Message}), so none can be known to be good.";
            return false;
        }
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

    private static bool TryReadFile(string? path, out byte[] content, out string? error, long limit = MaxFileBytes)
    {
        content = [];
        error = null;
        try
        {
            if (path is null)
                error = "No file is named.";
            else if (new FileInfo(path).Length > limit)
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

    private static void Report(ImmutableArray<Diagnostic>.Builder findings, CertificateReference reference, Resource<SecretSpec>? secret, string error, DiagnosticDescriptor? code = null)
    {
        DiagnosticDescriptor descriptor = code ?? DiagnosticCatalogue.BadCertificate;
        SourceLocation location = secret?.Location ?? new SourceLocation(reference.CertificateFile ?? reference.CaFile ?? "", 0, 0);
        ResourceId? resource = secret?.Id ?? (reference.SecretName is { } name && !reference.IsConfigMap ? new ResourceId("Secret", reference.SecretNamespace ?? "", name) : null);
        findings.Add(new Diagnostic(descriptor.Code, descriptor.Severity, error, location, resource));
    }

    private void GiveStaple(CertificateMaterial material, Resource<SecretSpec>? secret, ImmutableArray<Diagnostic>.Builder findings)
    {
        byte[]? staple = secret is not null && SecretReader.TryReadStaple(secret.Spec, out byte[] bytes) ? bytes : null;
        if (material.Staple.Give(staple, time.GetUtcNow()) is { } problem)
            ReportStaple(findings, secret!, $"The OCSP staple is not shown to clients: {problem}");
        else if (staple is not null && openSsl is null && !IsOffline)
            ReportStaple(findings, secret!, "The TLS stack takes no OCSP staple from a Secret; it is not shown to clients.");
    }

    private static void ReportGroups(
        ImmutableDictionary<DownstreamTlsConfig, DownstreamTlsContext> contexts, IReadOnlyDictionary<string, Resource<SecretSpec>> secrets, ImmutableArray<Diagnostic>.Builder findings)
    {
        foreach ((DownstreamTlsConfig config, DownstreamTlsContext context) in contexts)
        {
            if (!config.Groups.IsEmpty && context is { IsUsable: true, OpenSsl: null })
                Report(findings, config.Certificates[0], FindSecret(config.Certificates[0], "", secrets), "ecdhCurves: SslStream, which makes these handshakes, offers the platform's own list.", DiagnosticCatalogue.NotHonoured);
        }
    }

    private static void ReportStaple(ImmutableArray<Diagnostic>.Builder findings, Resource<SecretSpec> secret, string message)
    {
        DiagnosticDescriptor descriptor = DiagnosticCatalogue.NotHonoured;
        findings.Add(new Diagnostic(descriptor.Code, descriptor.Severity, message, secret.Location, secret.Id, "data[tls.ocsp-staple]"));
    }

    private static string NameOf(CertificateReference reference) => reference.SecretName is { } name
        ? (reference.IsConfigMap ? "" : "kubernetes://") + $"{reference.SecretNamespace}/{name}"
        : reference.CertificateFile ?? reference.CaFile ?? "";
}
