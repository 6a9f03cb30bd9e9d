using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>TLS of a Gateway's server.</summary>
internal static class ServerTlsRules
{
    /// <summary>Checks the settings.</summary>
    public static void Check(Findings findings, ServerTlsSettings? tls)
    {
        if (tls is null)
            return;
        CheckVersionsAndCiphers(findings, tls);
        ServerTlsMode mode = tls.Mode ?? ServerTlsMode.Passthrough;
        if (mode == ServerTlsMode.IstioMutual)
        {
            CheckIstioMutual(findings, tls);
            return;
        }
        if (mode is ServerTlsMode.Passthrough or ServerTlsMode.AutoPassthrough && HasAnyCertificate(tls))
            findings.Warning(tls, "mode", $"{(mode == ServerTlsMode.Passthrough ? "PASSTHROUGH" : "AUTO_PASSTHROUGH")} mode does not use certificates; they will be ignored.");
        CheckOneSource(findings, tls);

        bool terminates = mode is ServerTlsMode.Simple or ServerTlsMode.Mutual or ServerTlsMode.OptionalMutual;
        // Credentials by name hold key, certificate and CA together; what is in them is not known here.
        if (terminates && (Has(tls.CredentialName) || !tls.CredentialNames.IsEmpty))
            return;
        if (terminates)
            CheckTermination(findings, tls, mode == ServerTlsMode.Simple ? "SIMPLE TLS" : "MUTUAL TLS");
        if (Has(tls.CaCrl))
        {
            if (Has(tls.CredentialName))
                findings.Error(tls, "caCrl", "A CRL is not supported with credentialName; it has to be in the credential.");
            if (mode == ServerTlsMode.Simple)
                findings.Error(tls, "caCrl", "A CRL is not supported with SIMPLE TLS.");
        }
    }

    private static void CheckVersionsAndCiphers(Findings findings, ServerTlsSettings tls)
    {
        if (tls.MinProtocolVersion is TlsProtocol.Tls10 or TlsProtocol.Tls11 && tls.CipherSuites.IsEmpty)
            findings.Warning(tls, "minProtocolVersion", "A TLS version below TLSV1_2 requires setting compatible ciphers, as by default there are none.");
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < tls.CipherSuites.Count; i++)
        {
            string suite = tls.CipherSuites[i];
            if (!CipherSuiteNames.IsKnown(suite))
                findings.Warning(tls, $"cipherSuites[{i}]", $"Ignoring the invalid cipher suite {suite}.");
            else if (!seen.Add(suite))
                findings.Warning(tls, $"cipherSuites[{i}]", $"Ignoring the duplicate cipher suite {suite}.");
        }
    }

    // The certificates of the mesh are used: from SDS or the default mount paths.
    private static void CheckIstioMutual(Findings findings, ServerTlsSettings tls)
    {
        Refuse(findings, tls, "serverCertificate", Has(tls.ServerCertificate), "server certificate");
        Refuse(findings, tls, "privateKey", Has(tls.PrivateKey), "private key");
        Refuse(findings, tls, "caCertificates", Has(tls.CaCertificates), "CA bundle");
        Refuse(findings, tls, "tlsCertificates", !tls.TlsCertificates.IsEmpty, "tlsCertificates");
        Refuse(findings, tls, "credentialName", Has(tls.CredentialName), "credentialName");
        Refuse(findings, tls, "credentialNames", !tls.CredentialNames.IsEmpty, "credentialNames");
    }

    private static void Refuse(Findings findings, ServerTlsSettings tls, string field, bool isSet, string what)
    {
        if (isSet)
            findings.Error(tls, field, $"ISTIO_MUTUAL TLS cannot have an associated {what}.");
    }

    private static void CheckOneSource(Findings findings, ServerTlsSettings tls)
    {
        int sources = (Has(tls.ServerCertificate) && Has(tls.PrivateKey) ? 1 : 0)
            + (Has(tls.CredentialName) ? 1 : 0)
            + (tls.CredentialNames.IsEmpty ? 0 : 1)
            + (tls.TlsCertificates.IsEmpty ? 0 : 1);
        if (sources > 1)
            findings.Error(tls, "", "Only one of credentialName, credentialNames, serverCertificate/privateKey and tlsCertificates should be specified.");
    }

    private static void CheckTermination(Findings findings, ServerTlsSettings tls, string mode)
    {
        if (mode == "MUTUAL TLS" && !Has(tls.CaCertificates))
            findings.Error(tls, "caCertificates", $"{mode} requires a client CA bundle: write caCertificates, caCertCredentialName or credentialName.");
        if (tls.TlsCertificates.Count > 2)
            findings.Warning(tls, "tlsCertificates", $"{mode} can support up to 2 server certificates.");
        if (tls.TlsCertificates.IsEmpty)
            CheckPair(findings, tls, tls.ServerCertificate, tls.PrivateKey, mode);
        foreach (ServerTlsCertificate pair in tls.TlsCertificates)
            CheckPair(findings, pair, pair.ServerCertificate, pair.PrivateKey, mode);
    }

    private static void CheckPair(Findings findings, SpecRecord at, string? certificate, string? key, string mode)
    {
        if (!Has(certificate))
            findings.Error(at, "serverCertificate", $"{mode} requires a server certificate: write credentialName, or serverCertificate and privateKey.");
        if (!Has(key))
            findings.Error(at, "privateKey", $"{mode} requires a private key: write credentialName, or serverCertificate and privateKey.");
    }

    private static bool HasAnyCertificate(ServerTlsSettings tls) =>
        Has(tls.CaCrl) || Has(tls.ServerCertificate) || Has(tls.PrivateKey) || Has(tls.CaCertificates)
        || !tls.TlsCertificates.IsEmpty || Has(tls.CredentialName) || !tls.CredentialNames.IsEmpty;

    private static bool Has(string? text) => !string.IsNullOrEmpty(text);
}
