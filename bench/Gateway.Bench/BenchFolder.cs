using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Bench;

/// <summary>A temporary folder with configurations, logs and a certificate; removed at the end.</summary>
internal sealed class BenchFolder : IDisposable
{
    public BenchFolder()
    {
        Path = Directory.CreateTempSubdirectory("gateway-bench-").FullName;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(7));
        string keyPem = key.ExportPkcs8PrivateKeyPem();
        Write("cert.pem", certificate.ExportCertificatePem());
        Write("key.pem", keyPem);
        Write("both.pem", certificate.ExportCertificatePem() + "\n" + keyPem);
        Write("upload.lua", "wrk.method = \"POST\"\nwrk.body = string.rep(\"x\", 1024 * 1024)\n");
        // One gRPC message of 100 bytes: flag, length, message.
        File.WriteAllBytes(System.IO.Path.Combine(Path, "grpc.bin"), [0, 0, 0, 0, 100, .. new byte[100]]);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private void Write(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Path, name), text);
}
