using System.Globalization;
using System.Text.Json;
using Gateway.Testing;
using Microsoft.AspNetCore.Http;

namespace Gateway.Integration.Tests.Tls;

/// <summary>OCSP staples, seen by <c>openssl s_client -status</c>: those that Secrets bring, and those of a real responder.</summary>
[Trait("Drives", "Program")]
public sealed class StapleTests : IDisposable
{
    private const string Shown = "Cert Status: good";
    private const string NotShown = "no response sent";

    private readonly TestCertificates _authority = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-ocsp").FullName;

    public static TheoryData<string> Stacks => TestMode.HasOpenSsl ? [TlsWays.SslStream, TlsWays.OpenSsl] : [TlsWays.SslStream];

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [ToolTheory("openssl")]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task The_staple_of_a_Secret_is_shown_follows_its_changes_and_does_not_end_sessions(string version)
    {
        TestMode.UseOpenSsl();
        using TestCertificate certificate = _authority.IssueServer("a.test");
        using TestCertificate other = _authority.IssueServer("b.test");
        string gatewayConfig = TestConfig.HttpsGateway("cert");
        await using TestGateway gateway = await TestGateway.StartAsync(gatewayConfig, Secret(certificate, _authority.Answer(certificate).Encode()));
        string session = Path.Combine(_folder, "session");

        Assert.Contains(Shown, await StatusAsync(gateway.Port(443), version, "-sess_out", session), StringComparison.Ordinal);

        // Nothing but the staple has changed.
        Assert.Empty(await gateway.ApplyAsync(gatewayConfig, Secret(certificate, null)));
        Assert.Contains(NotShown, await StatusAsync(gateway.Port(443), version), StringComparison.Ordinal);
        Assert.Contains("Reused", await StatusAsync(gateway.Port(443), version, "-sess_in", session), StringComparison.Ordinal);
        Assert.Empty(await gateway.ApplyAsync(gatewayConfig, Secret(certificate, _authority.Answer(other).Encode())));
        Assert.Contains(gateway.Published, finding => finding.Contains("not shown to clients: The answer is about another certificate", StringComparison.Ordinal));
        Assert.Contains(NotShown, await StatusAsync(gateway.Port(443), version), StringComparison.Ordinal);
        Assert.Empty(await gateway.ApplyAsync(gatewayConfig, Secret(certificate, _authority.Answer(certificate).Encode())));
        Assert.Contains(Shown, await StatusAsync(gateway.Port(443), version), StringComparison.Ordinal);
    }

    [ToolFact("openssl")]
    public async Task SslStream_shows_no_staple_of_a_Secret_and_the_load_says_so()
    {
        TlsWays.Use(TlsWays.SslStream);
        using TestCertificate certificate = _authority.IssueServer("a.test");
        await using TestGateway gateway = await TestGateway.StartAsync(TestConfig.HttpsGateway("cert"), Secret(certificate, _authority.Answer(certificate).Encode()));

        Assert.Contains(gateway.Published, finding => finding.Contains("takes no OCSP staple from a Secret", StringComparison.Ordinal));
        Assert.Contains(NotShown, await StatusAsync(gateway.Port(443), "-tls1_3"), StringComparison.Ordinal);
    }

    [ToolTheory("openssl")]
    [MemberData(nameof(Stacks))]
    public async Task The_responder_that_a_certificate_names_is_asked_ahead_of_handshakes(string stack)
    {
        await using ScriptedHttpServer responder = await ScriptedHttpServer.StartAsync(AnswerAsync);
        using TestCertificate certificate = _authority.IssueServerWithResponder(responder.Url + "/", "a.test");
        await File.WriteAllTextAsync(Path.Combine(_folder, "ca.pem"), _authority.AuthorityPem);
        await File.WriteAllTextAsync(Path.Combine(_folder, "ca.key"), _authority.AuthorityKeyPem);
        // OpenSSL writes no zero in front of a number whose highest bit is set.
        string serial = certificate.Certificate.SerialNumber is ['0', '0', .. string rest] ? rest : certificate.Certificate.SerialNumber;
        await File.WriteAllTextAsync(Path.Combine(_folder, "index.txt"), $"V\t991231235959Z\t\t{serial}\tunknown\t/CN=a.test\n");
        string config = Directory.CreateDirectory(Path.Combine(_folder, "config")).FullName;
        await File.WriteAllTextAsync(Path.Combine(config, "gateway.yaml"), TestConfig.HttpsGateway("cert"));
        await File.WriteAllTextAsync(Path.Combine(config, "secret.yaml"), TestConfig.Secret("cert", certificate with { CertificatePem = certificate.CertificatePem + "\n" + _authority.AuthorityPem }));

        await using GatewayProcess gateway = await GatewayProcess.StartAsync("run", "--config", config, "--tls", stack);
        int port = await gateway.PortAsync(443);

        await Eventually.HoldsAsync(async () => (await StatusAsync(port, "-tls1_3")).Contains(Shown, StringComparison.Ordinal), "the staple is shown");
        Assert.Contains(Shown, await StatusAsync(port, "-tls1_2"), StringComparison.Ordinal);
        if (stack == TlsWays.OpenSsl)
        {
            JsonElement staple = (await gateway.AdminAsync("certs"))[0].GetProperty("staple");
            Assert.True(staple.GetProperty("until").GetDateTimeOffset() > DateTimeOffset.UtcNow);
            Assert.Equal(JsonValueKind.Null, staple.GetProperty("lastError").ValueKind);
        }
    }

    /// <summary>Has <c>openssl ocsp</c> answer; as a server it would wait for each client's whole request before it takes another client.</summary>
    private async Task AnswerAsync(HttpContext context)
    {
        string question = Path.Combine(_folder, Path.GetRandomFileName());
        string answer = question + ".answer";
        // .NET puts its question into the path, as RFC 6960 appendix A.1 allows.
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await File.WriteAllBytesAsync(question, Convert.FromBase64String(Uri.UnescapeDataString(context.Request.Path.Value![1..])));
        }
        else
        {
            await using FileStream file = File.Create(question);
            await context.Request.Body.CopyToAsync(file);
        }
        string authority = Path.Combine(_folder, "ca.pem");
        (int exit, string output) = await CommandLineTool.RunAsync(
            "openssl", "ocsp", "-index", Path.Combine(_folder, "index.txt"), "-CA", authority, "-rsigner", authority, "-rkey", Path.Combine(_folder, "ca.key"),
            "-nmin", "60", "-reqin", question, "-respout", answer);
        Assert.True(exit == 0, output);
        await context.Response.SendFileAsync(answer);
    }

    private static string Secret(TestCertificate certificate, byte[]? staple) =>
        TestConfig.Secret("cert", certificate) + (staple is null ? "" : $"\n  tls.ocsp-staple: {Convert.ToBase64String(staple)}");

    private static Task<string> StatusAsync(int port, string version, params string[] options) => CommandLineTool.TalkAsync(
        "openssl", [("GET / HTTP/1.1\nHost: a.test\nConnection: close\n\n", "HTTP/1.1 404")],
        ["s_client", "-connect", "127.0.0.1:" + port.ToString(CultureInfo.InvariantCulture), "-servername", "a.test", "-status", "-crlf", version, .. options]);
}
