using Gateway.Testing;

namespace Gateway.Integration.Tests.Tls;

/// <summary>What only <c>openssl s_client</c> does on demand, against TLS ended by OpenSSL on event loops.</summary>
public sealed class OpenSslClientTests : IDisposable
{
    private static readonly (string Text, string Effect) Ask = ("GET / HTTP/1.1\nHost: a.test\nConnection: close\n\n", "HTTP/1.1 404");
    private readonly TestCertificates _authority = new();

    public OpenSslClientTests() => TestMode.UseOpenSsl();

    public void Dispose() => _authority.Dispose();

    [ToolFact("openssl")]
    public async Task A_key_update_is_answered_and_the_connection_goes_on()
    {
        await using TestGateway gateway = await StartAsync("SIMPLE");

        // A line of K asks for new keys on both sides.
        string output = await TalkAsync(gateway, [("K\n", "KEYUPDATE"), Ask], "-tls1_3", "-crlf");

        Assert.Contains("KEYUPDATE", output, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 404", output, StringComparison.Ordinal);
    }

    [ToolFact("openssl")]
    public async Task Key_exchanges_are_made_in_the_groups_that_the_configuration_names()
    {
        using TestCertificate certificate = _authority.IssueServer("a.test");
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpsGateway("cert").Replace("credentialName: cert", "credentialName: cert, ecdhCurves: [P-384, X25519MLKEM768, P-256]", StringComparison.Ordinal),
            TestConfig.Secret("cert", certificate));

        Assert.Contains(gateway.Warnings, warning => warning.Contains("X25519MLKEM768 cannot be offered", StringComparison.Ordinal));
        foreach (string version in (string[])["-tls1_2", "-tls1_3"])
        {
            // Up to TLS 1.2 the certificate's own curve must be among the client's as well.
            Assert.Contains("secp384r1", await TalkAsync(gateway, [], version, "-groups", "X25519:P-256:P-384"), StringComparison.Ordinal);
            Assert.Contains("Cipher is (NONE)", await TalkAsync(gateway, [], version, "-groups", "X25519:P-521"), StringComparison.Ordinal);
        }
    }

    [ToolFact("openssl")]
    public async Task Unless_the_configuration_says_otherwise_no_key_exchange_is_made_in_a_finite_field()
    {
        await using TestGateway gateway = await StartAsync("SIMPLE");

        foreach (string group in (string[])["X25519", "P-256", "P-384", "P-521"])
            Assert.Contains("New, TLSv1.3", await TalkAsync(gateway, [], "-tls1_3", "-groups", group), StringComparison.Ordinal);
        foreach (string group in (string[])["ffdhe2048", "ffdhe8192"])
            Assert.Contains("Cipher is (NONE)", await TalkAsync(gateway, [], "-tls1_3", "-groups", group), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_SslStream_makes_handshakes_the_load_says_that_groups_are_not_chosen()
    {
        TestMode.UseSslStreamOnLoops();
        using TestCertificate certificate = _authority.IssueServer("a.test");
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpsGateway("cert").Replace("credentialName: cert", "credentialName: cert, ecdhCurves: [P-384]", StringComparison.Ordinal), TestConfig.Secret("cert", certificate));

        Assert.Contains(gateway.Published, finding => finding.Contains("ecdhCurves: SslStream", StringComparison.Ordinal));
    }

    [ToolFact("openssl")]
    public async Task Renegotiation_is_refused()
    {
        await using TestGateway gateway = await StartAsync("SIMPLE");

        string output = await TalkAsync(gateway, [("R\n", "no renegotiation")], "-tls1_2", "-crlf");

        Assert.Contains("RENEGOTIATING", output, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 404", await TalkAsync(gateway, [Ask], "-tls1_2", "-crlf"), StringComparison.Ordinal);
    }

    [ToolFact("openssl")]
    public async Task Sessions_are_resumed_in_both_versions()
    {
        await using TestGateway gateway = await StartAsync("SIMPLE");

        string tls12 = await TalkAsync(gateway, [], "-tls1_2", "-reconnect");

        Assert.Contains("Reused, TLSv1.2", tls12, StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1.3", await SecondTls13Async(gateway), StringComparison.Ordinal);
    }

    [ToolFact("openssl")]
    public async Task Sessions_of_clients_with_certificates_are_never_resumed()
    {
        await using TestGateway gateway = await StartAsync("MUTUAL");
        using TestCertificate alice = _authority.IssueClient("alice");
        string certificate = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(certificate, alice.CertificatePem + "\n" + alice.KeyPem);
            string tls12 = await TalkAsync(gateway, [], "-tls1_2", "-reconnect", "-cert", certificate);
            string tls13 = await SecondTls13Async(gateway, "-cert", certificate);

            Assert.Contains("New, TLSv1.2", tls12, StringComparison.Ordinal);
            Assert.Contains("New, TLSv1.3", tls13, StringComparison.Ordinal);
            Assert.DoesNotContain("Reused", tls12 + tls13, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(certificate);
        }
    }

    // The ticket of TLS 1.3 comes with the first answer.
    private static async Task<string> SecondTls13Async(TestGateway gateway, params string[] options)
    {
        string session = Path.GetTempFileName();
        try
        {
            await TalkAsync(gateway, [Ask], ["-tls1_3", "-crlf", "-sess_out", session, .. options]);
            bool hasSession = new FileInfo(session).Length > 0;
            return await TalkAsync(gateway, [Ask], ["-tls1_3", "-crlf", .. hasSession ? new[] { "-sess_in", session } : [], .. options]);
        }
        finally
        {
            File.Delete(session);
        }
    }

    private static Task<string> TalkAsync(TestGateway gateway, (string Text, string Effect)[] talk, params string[] options)
    {
        string port = gateway.Port(443).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return CommandLineTool.TalkAsync("openssl", talk, ["s_client", "-connect", $"127.0.0.1:{port}", "-servername", "a.test", .. options]);
    }

    private async Task<TestGateway> StartAsync(string mode)
    {
        using TestCertificate certificate = _authority.IssueServer("a.test");
        return await TestGateway.StartAsync(
            TestConfig.HttpsGateway("cert", mode: mode), TestConfig.Secret("cert", certificate, mode == "MUTUAL" ? _authority.AuthorityPem : null));
    }
}
