using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Bench;

/// <summary>A temporary folder with configurations, logs, a certificate, tokens and scripts of wrk; removed at the end.</summary>
internal sealed class BenchFolder : IDisposable
{
    // More than the gateway remembers, so that each is new when its turn comes again.
    private const int ManyTokens = 20_000;

    public BenchFolder()
    {
        Path = Directory.CreateTempSubdirectory("gateway-bench-").FullName;
        WriteCertificate();
        Write("upload.lua", "wrk.method = \"POST\"\nwrk.body = string.rep(\"x\", 1024 * 1024)\n");
        File.WriteAllBytes(System.IO.Path.Combine(Path, "grpc.bin"), GrpcMessage.Bytes);
    }

    public string Path { get; }

    public BenchTokens Tokens { get; } = new();

    /// <summary>Scripts that send one token, and one token after the other.</summary>
    public void WriteTokens()
    {
        const string Script = """
            local requests, turn = {}, 0
            function init()
              for line in io.lines("FILE") do
                requests[#requests + 1] = wrk.format("GET", nil, {["Authorization"] = "Bearer " .. line})
              end
            end
            function request()
              turn = turn % #requests + 1
              return requests[turn]
            end

            """;
        Write("token.txt", Tokens.For("one") + "\n");
        Write("tokens.txt", string.Concat(Enumerable.Range(0, ManyTokens).Select(i => Tokens.For($"user-{i}") + "\n")));
        foreach (string name in (string[])["token", "tokens"])
            Write(name + ".lua", Script.Replace("FILE", System.IO.Path.Combine(Path, name + ".txt"), StringComparison.Ordinal));
    }

    public void Dispose()
    {
        Tokens.Dispose();
        Directory.Delete(Path, recursive: true);
    }

    private void WriteCertificate()
    {
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
    }

    private void Write(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Path, name), text);
}
