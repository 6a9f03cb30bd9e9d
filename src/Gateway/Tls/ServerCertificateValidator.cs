using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Config;

namespace Gateway.Tls;

/// <summary>Decides on the certificates of upstream servers: their chain, and their names as Envoy compares them.</summary>
internal static class ServerCertificateValidator
{
    // The rest would fill the log.
    private const int MaxNames = 5;
    private const string NoChain = "no valid chain to a trusted authority";

    /// <summary>What is wrong with a certificate; null = nothing.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="host">The host connected for.</param>
    /// <param name="certificate">The server's certificate.</param>
    /// <param name="errors">What the platform found; its comparison of names is not used.</param>
    /// <param name="chain">The chain that the platform built; null = none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="revoked">Looks for certificates that were taken back and says what it found; null = no lists are given.</param>
    public static string? Fault(UpstreamTlsConfig config, string host, X509Certificate2? certificate, SslPolicyErrors errors, X509Chain? chain, TimeProvider time, Func<string?>? revoked = null)
    {
        if (config.SkipsVerification)
            return null;
        if (certificate is null || (errors & SslPolicyErrors.RemoteCertificateNotAvailable) != 0)
            return "the server has shown no certificate";
        if ((errors & SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            return $"certificate verify failed: {ChainFault(chain, time)}";
        if (revoked?.Invoke() is { } fault)
            return $"certificate verify failed: {fault}";
        if (!config.SubjectAltNames.IsEmpty && !HasOneOf(certificate, config.SubjectAltNames))
            return $"certificate verify failed: none of the wanted subject alternative names; it is for {NamesOf(certificate)}";
        if (config.IsPerHost && config.ChecksHost && !HasOneOf(certificate, [host]))
            return $"certificate verify failed: not for {host}; it is for {NamesOf(certificate)}";
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

    private static string ChainFault(X509Chain? chain, TimeProvider time)
    {
        if (chain is null)
            return NoChain;
        DateTime now = time.GetUtcNow().UtcDateTime;
        foreach (X509ChainElement element in chain.ChainElements)
        {
            X509Certificate2 one = element.Certificate;
            if (one.NotAfter.ToUniversalTime() < now)
                return $"{one.Subject} has expired on {one.NotAfter.ToUniversalTime():u}";
            if (one.NotBefore.ToUniversalTime() > now)
                return $"{one.Subject} is good from {one.NotBefore.ToUniversalTime():u} on";
        }
        string status = string.Join(", ", chain.ChainStatus.Select(one => one.Status));
        return status.Length > 0 ? $"{NoChain} ({status})" : NoChain;
    }

    private static string NamesOf(X509Certificate2 certificate)
    {
        string names = string.Join(", ", SubjectAltName.ReadAll(certificate).Take(MaxNames).Select(name => name.Value));
        return names.Length > 0 ? names : "no name at all";
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
