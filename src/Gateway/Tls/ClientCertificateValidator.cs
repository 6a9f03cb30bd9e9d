using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Config;

namespace Gateway.Tls;

/// <summary>Decides on client certificates: a chain to one of our authorities, and one of the wanted names.</summary>
internal sealed class ClientCertificateValidator(EquatableArray<string> subjectAltNames)
{
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
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors != SslPolicyErrors.None || certificate is not X509Certificate2 client)
            return false;
        if (subjectAltNames.IsEmpty)
            return true;
        foreach (SubjectAltName name in SubjectAltName.ReadAll(client))
        {
            foreach (string wanted in subjectAltNames)
            {
                if (string.Equals(name.Value, wanted, StringComparison.Ordinal))
                    return true;
            }
        }
        return false;
    }
}
