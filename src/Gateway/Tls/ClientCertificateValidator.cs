using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>
/// Decides on client certificates, whichever TLS stack makes the handshake: their chain to one of our authorities,
/// revocation, names, hashes, mesh identity. Immutable; thread-safe.
/// </summary>
/// <param name="config">The chain's settings.</param>
/// <param name="revocations">Lists of revoked certificates; null = none are given, so none is looked for.</param>
/// <param name="time">The clock.</param>
/// <param name="refused">Told of every refusal; the certificate is null where none was shown.</param>
internal sealed class ClientCertificateValidator(
    DownstreamTlsConfig config, IReadOnlyList<RevocationList>? revocations, TimeProvider time, Action<ClientCertificateFault, X509Certificate2?>? refused = null)
{
    private readonly HashSet<string> _hashes = [.. config.VerifyHashes.Select(hash => hash.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant())];
    private readonly HashSet<string> _keys = [.. config.VerifySpki];

    /// <summary>Only the given authorities count; nothing is fetched from anywhere.</summary>
    public static X509ChainPolicy Policy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>For <see cref="SslServerAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        Judge(certificate as X509Certificate2, chain, isTrusted: (errors & SslPolicyErrors.RemoteCertificateChainErrors) == 0) is null;

    /// <summary>What is wrong with a certificate; null = nothing.</summary>
    /// <param name="certificate">The client's; null = it has shown none.</param>
    /// <param name="chain">The chain as it was built with <see cref="Policy"/> and the purpose of client authentication.</param>
    /// <param name="isTrusted">Whether building it found nothing wrong.</param>
    public ClientCertificateFault? Judge(X509Certificate2? certificate, X509Chain? chain, bool isTrusted)
    {
        ClientCertificateFault? fault = Find(certificate, chain, isTrusted);
        if (fault is not null)
            refused?.Invoke(fault, certificate);
        return fault;
    }

    private ClientCertificateFault? Find(X509Certificate2? certificate, X509Chain? chain, bool isTrusted)
    {
        if (certificate is null)
        {
            return config.ClientCertificate == ClientCertificateMode.Optional
                ? null
                : new(ClientCertificateReason.Missing, "The client has shown no certificate.");
        }
        if (!config.AcceptsUntrusted && (chain is null || !isTrusted))
            return OfChain(certificate, chain);
        if (!config.AcceptsUntrusted && revocations is not null && RevocationCheck.Find(chain!, revocations, time) is { } revoked)
            return revoked;
        // As in Envoy one hash of either kind is enough.
        if (_hashes.Count + _keys.Count > 0 && !_hashes.Contains(certificate.GetCertHashString(HashAlgorithmName.SHA256)) && !IsKeyPinned(certificate))
            return new(ClientCertificateReason.NotPinned, "The certificate has none of the hashes in verifyCertificateHash and verifyCertificateSpki.");
        return OfNames(certificate);
    }

    private bool IsKeyPinned(X509Certificate2 certificate) =>
        _keys.Count > 0 && _keys.Contains(Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo())));

    private ClientCertificateFault? OfNames(X509Certificate2 certificate)
    {
        if (config.SubjectAltNames.IsEmpty && config.TrustDomains.IsEmpty)
            return null;
        IReadOnlyList<SubjectAltName> names = SubjectAltName.ReadAll(certificate);
        if (!config.TrustDomains.IsEmpty && !names.Any(IsIdentity))
            return new(ClientCertificateReason.WrongIdentity, $"The certificate is no identity of the trust domain {string.Join(" or ", config.TrustDomains)}.");
        return config.SubjectAltNames.IsEmpty || names.Any(name => config.SubjectAltNames.Contains(name.Value))
            ? null
            : new(ClientCertificateReason.WrongName, "The certificate has none of the names in subjectAltNames.");
    }

    private bool IsIdentity(SubjectAltName name)
    {
        const string Scheme = "spiffe://";
        if (name.Kind != SubjectAltNameKind.Uri || !name.Value.StartsWith(Scheme, StringComparison.Ordinal))
            return false;
        foreach (string domain in config.TrustDomains)
        {
            ReadOnlySpan<char> rest = name.Value.AsSpan(Scheme.Length);
            if (rest.StartsWith(domain, StringComparison.Ordinal) && rest.Length > domain.Length && rest[domain.Length] == '/')
                return true;
        }
        return false;
    }

    private ClientCertificateFault OfChain(X509Certificate2 certificate, X509Chain? chain)
    {
        X509ChainStatusFlags flags = X509ChainStatusFlags.NoError;
        foreach (X509ChainStatus status in chain?.ChainStatus ?? [])
            flags |= status.Status;
        if ((flags & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid)) != 0)
            return new(ClientCertificateReason.UnknownAuthority, $"No valid chain leads from the certificate to one of the authorities ({flags}); its issuer is {certificate.Issuer}.");
        if ((flags & X509ChainStatusFlags.NotTimeValid) != 0)
        {
            return certificate.NotBefore.ToUniversalTime() > time.GetUtcNow().UtcDateTime
                ? new(ClientCertificateReason.NotYetValid, $"The certificate is not valid before {certificate.NotBefore.ToUniversalTime():O}.")
                : new(ClientCertificateReason.Expired, $"The certificate or one of its authorities has expired; its own end is {certificate.NotAfter.ToUniversalTime():O}.");
        }
        return (flags & X509ChainStatusFlags.NotValidForUsage) != 0
            ? new(ClientCertificateReason.WrongUsage, "The certificate is not meant for clients.")
            : new(ClientCertificateReason.Invalid, $"The certificate is not valid: {flags}.");
    }
}
