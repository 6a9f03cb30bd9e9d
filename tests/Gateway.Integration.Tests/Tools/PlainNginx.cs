using Gateway.Testing;

namespace Gateway.Integration.Tests.Tools;

/// <summary>An nginx with nothing set but its certificates.</summary>
internal static class PlainNginx
{
    /// <summary>Starts it.</summary>
    public static Task<ServerProcess> StartAsync(params TestCertificate[] certificates)
    {
        Dictionary<string, string> files = [];
        for (int i = 0; i < certificates.Length; i++)
        {
            files[$"{i}.pem"] = certificates[i].CertificatePem;
            files[$"{i}.key"] = certificates[i].KeyPem;
        }
        return Nginx.StartAsync(files, folder => $$"""
            {{string.Join('\n', certificates.Select((_, i) => $"ssl_certificate {folder}/{i}.pem; ssl_certificate_key {folder}/{i}.key;"))}}
            location / { return 200 "ok"; }
            """);
    }
}
