using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>An Issuer or ClusterIssuer that speaks ACME.</summary>
internal static class IssuerValidator
{
    /// <summary>Checks the whole resource.</summary>
    public static void Check(Findings findings, IssuerSpec spec)
    {
        if (spec.Acme is not { } acme)
            return;
        if (!Uri.TryCreate(acme.Server, UriKind.Absolute, out Uri? server) || server.Scheme != Uri.UriSchemeHttps)
            findings.Error(acme, "server", "The server must be the https URL of an ACME directory.");
        if (acme.PrivateKey is not { Name.Length: > 0 })
            findings.Error(acme, "privateKeySecretRef", "privateKeySecretRef.name is required: it names the account's key.");
        if (acme.Email.Length > 0 && (!acme.Email.Contains('@', StringComparison.Ordinal) || acme.Email.AsSpan().ContainsAnyExceptInRange('!', '~')))
            findings.Error(acme, "email", "The email is no mail address.");
        if (acme.ExternalAccount is { } external)
        {
            if (external.KeyId.Length == 0)
                findings.Error(external, "keyID", "keyID is required.");
            if (external.Key is not { Name.Length: > 0 })
                findings.Error(external, "keySecretRef", "keySecretRef.name is required.");
        }
        if (acme.CaBundle.Length > 0 && !HoldsCertificates(acme.CaBundle))
            findings.Error(acme, "caBundle", "The caBundle must be base64 of PEM certificates.");
        for (int i = 0; i < acme.Solvers.Count; i++)
        {
            if (acme.Solvers[i] is { IsHttp01: false, IsDns01: false })
                findings.Error(acme, "solvers", i, "A solver needs http01 or dns01.");
        }
    }

    private static bool HoldsCertificates(string base64)
    {
        try
        {
            X509Certificate2Collection certificates = [];
            certificates.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(base64)));
            return certificates.Count > 0;
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return false;
        }
    }
}
