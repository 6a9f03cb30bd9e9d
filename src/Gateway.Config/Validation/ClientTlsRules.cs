using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>TLS towards an upstream.</summary>
internal static class ClientTlsRules
{
    private const string ConfigMapPrefix = "configmap://";

    /// <summary>Checks the settings.</summary>
    public static void Check(Findings findings, ClientTlsSettings? tls)
    {
        if (tls is null)
            return;
        bool hasCredential = !string.IsNullOrEmpty(tls.CredentialName);
        bool hasCa = !string.IsNullOrEmpty(tls.CaCertificates);
        bool hasClientCertificate = !string.IsNullOrEmpty(tls.ClientCertificate);
        bool hasKey = !string.IsNullOrEmpty(tls.PrivateKey);
        if (hasCredential)
            CheckConfigMapReference(findings, tls);

        if (tls.InsecureSkipVerify is true)
        {
            // With MUTUAL the credential may be there for the client certificate alone.
            if (tls.Mode == ClientTlsMode.Simple && (hasCa || hasCredential || !tls.SubjectAltNames.IsEmpty))
                findings.Error(tls, "insecureSkipVerify", "caCertificates, credentialName and subjectAltNames cannot be specified when insecureSkipVerify is set true.");
            if (tls.Mode == ClientTlsMode.Mutual && (hasCa || !tls.SubjectAltNames.IsEmpty))
                findings.Error(tls, "insecureSkipVerify", "caCertificates and subjectAltNames cannot be specified when insecureSkipVerify is set true.");
        }

        if (hasCredential && tls.Mode is ClientTlsMode.Simple or ClientTlsMode.Mutual)
        {
            if (hasClientCertificate || hasCa || hasKey || !string.IsNullOrEmpty(tls.CaCrl))
                findings.Error(tls, "credentialName", "Client certificates, private key, CA certificate and CA CRL cannot be specified if credentialName is set: write the one or the other.");
            return;
        }
        if (tls.Mode == ClientTlsMode.Mutual)
        {
            if (!hasClientCertificate)
                findings.Error(tls, "clientCertificate", "A client certificate is required for mutual tls: write clientCertificate and privateKey, or credentialName.");
            if (!hasKey)
                findings.Error(tls, "privateKey", "A private key is required for mutual tls: write clientCertificate and privateKey, or credentialName.");
        }
    }

    private static void CheckConfigMapReference(Findings findings, ClientTlsSettings tls)
    {
        if (!tls.CredentialName!.StartsWith(ConfigMapPrefix, StringComparison.Ordinal))
            return;
        string[] parts = tls.CredentialName[ConfigMapPrefix.Length..].Split('/');
        string ns = findings.Resource.Metadata.Namespace;
        if (parts.Length < 2 || parts[0].Length == 0 || parts[1].Length == 0)
            findings.Error(tls, "credentialName", "Invalid configmap:// credentialName: namespace and name are expected.");
        else if (parts[0] != ns || ns.Length == 0)
            findings.Error(tls, "credentialName", $"Invalid configmap:// credentialName: the namespace must match that of the configuration, \"{ns}\".");
    }
}
