using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Config;

namespace Gateway.Tls;

/// <summary>Decides on the certificates of upstream servers: their chain, and their names as Envoy compares them.</summary>
internal static class ServerCertificateValidator
{
    /// <summary>What is wrong with a certificate; null = nothing.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="host">The host connected for.</param>
    /// <param name="certificate">The server's certificate.</param>
    /// <param name="errors">What the platform found; its comparison of names is not used.</param>
    /// <param name="revoked">Looks for certificates that were taken back and says what it found; null = no lists are given.</param>
    public static string? Fault(UpstreamTlsConfig config, string host, X509Certificate2? certificate, SslPolicyErrors errors, Func<string?>? revoked = null)
    {
        if (config.SkipsVerification)
            return null;
        if (certificate is null || (errors & SslPolicyErrors.RemoteCertificateNotAvailable) != 0)
            return "the server has shown no certificate";
        if ((errors & SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            return "certificate verify failed: no valid chain to a trusted authority";
        if (revoked?.Invoke() is { } fault)
            return $"certificate verify failed: {fault}";
        if (!config.SubjectAltNames.IsEmpty)
            return HasOneOf(certificate, config.SubjectAltNames) ? null : "certificate verify failed: none of the wanted subject alternative names";
        if (config.IsPerHost && !HasOneOf(certificate, [host]))
            return $"certificate verify failed: not for {host}";
        return null;
    }

    /// <summary>Whether a DNS name of a certificate covers a host: <c>*</c> stands for exactly the first label.</summary>
    public static bool Covers(ReadOnlySpan<char> name, ReadOnlySpan<char> host)
    {
        if (name.Equals(host, StringComparison.OrdinalIgnoreCase))
            return true;
        if (!name.StartsWith("*.", StringComparison.Ordinal))
            return false;
        int dot = host.IndexOf('.');
        return dot > 0 && name[1..].Equals(host[dot..], StringComparison.OrdinalIgnoreCase);
    }

    private static bool HasOneOf(X509Certificate2 certificate, EquatableArray<string> wanted)
    {
        foreach (SubjectAltName name in SubjectAltName.ReadAll(certificate))
        {
            foreach (string one in wanted)
            {
                bool same = name.Kind switch
                {
                    SubjectAltNameKind.Dns => Covers(name.Value, one),
                    SubjectAltNameKind.Ip => IPAddress.TryParse(one, out IPAddress? address) && address.Equals(IPAddress.Parse(name.Value)),
                    _ => string.Equals(name.Value, one, StringComparison.Ordinal),
                };
                if (same)
                    return true;
            }
        }
        return false;
    }
}
