using System.Globalization;
using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Tls;

/// <summary>What scanners look for: old versions, weak ciphers, compression and renegotiation, none of which a default server offers.</summary>
public sealed class WeakTlsTests : IDisposable
{
    private static readonly (string Text, string Effect) Ask = ("GET / HTTP/1.1\nHost: ecdsa.test\nConnection: close\n\n", "HTTP/1.1 404");

    /// <summary>Without encryption, without authentication, for export, RC4, DES and 3DES, with ECDSA, RSA or neither.</summary>
    private static readonly ushort[] Weak =
    [
        0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x0007, 0x0008, 0x0009, 0x000A, 0x0014, 0x0015, 0x0016, 0x0017, 0x0018, 0x0019, 0x001A, 0x001B,
        0x0034, 0x003A, 0x003B, 0x006C, 0x006D, 0x00A6, 0x00A7, 0xC006, 0xC007, 0xC008, 0xC010, 0xC011, 0xC012, 0xC015, 0xC016, 0xC017, 0xC018, 0xC019,
    ];

    private readonly TestCertificates _authority = new();

    public static TheoryData<string> Ways => TlsWays.All;

    public void Dispose() => _authority.Dispose();

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Old_versions_weak_ciphers_and_compression_are_not_agreed_on(string way)
    {
        await using TestGateway gateway = await StartAsync(way);
        int port = gateway.Port(443);

        foreach (string host in (string[])["ecdsa.test", "rsa.test"])
        {
            var hello = new HandmadeHello { ServerName = host };
            (ushort version, _, byte compression) = Assert.NotNull(await (hello with { Compressions = [1, 0] }).AskAsync(port));
            Assert.Equal((0x0303, 0), (version, compression));
            // Suites of TLS 1.0, in case that the version alone is what is refused.
            foreach (ushort old in (ushort[])[0x0300, 0x0301, 0x0302])
                Assert.Null(await (hello with { Version = old, CipherSuites = [0xC009, 0xC00A, 0xC013, 0xC014, 0x002F, 0x0035] }).AskAsync(port));
            foreach (ushort suite in Weak)
                Assert.Null(await (hello with { CipherSuites = [suite] }).AskAsync(port));
        }

        await using RawHttpConnection version2 = await RawHttpConnection.ConnectAsync(port);
        byte[] sslv2 = [0x80, 46, 1, 0, 2, 0, 21, 0, 0, 0, 16, 7, 0, 0xC0, 5, 0, 0x80, 3, 0, 0x80, 1, 0, 0x80, 6, 0, 0x40, 4, 0, 0x80, 2, 0, 0x80, .. new byte[16]];
        await version2.SendAsync(sslv2);
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await version2.WaitForCloseAsync(deadline.Token);
    }

    [ToolTheory("openssl")]
    [MemberData(nameof(Ways))]
    public async Task Openssl_agrees_on_nothing_old_and_cannot_renegotiate(string way)
    {
        await using TestGateway gateway = await StartAsync(way);

        string tls12 = await TalkAsync(gateway, [Ask], "-tls1_2", "-comp", "-crlf");
        Assert.Contains("Compression: NONE", tls12, StringComparison.Ordinal);
        Assert.Contains("Secure Renegotiation IS supported", tls12, StringComparison.Ordinal);
        foreach (string version in (string[])["-tls1", "-tls1_1"])
            Assert.Contains("Cipher is (NONE)", await TalkAsync(gateway, [], version, "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), StringComparison.Ordinal);
        Assert.Contains("Cipher is (NONE)", await TalkAsync(gateway, [], "-tls1_2", "-cipher", "eNULL:aNULL:@SECLEVEL=0"), StringComparison.Ordinal);

        // A line of R asks for a new handshake; what comes back is a refusal or the end.
        string renegotiated = await TalkAsync(gateway, [("R\n", "RENEGOTIATING")], "-tls1_2", "-crlf");
        Assert.DoesNotContain("HTTP/1.1", renegotiated, StringComparison.Ordinal);
        Assert.Matches("no renegotiation|unexpected eof|closed|errno|handshake failure", renegotiated);
    }

    private static Task<string> TalkAsync(TestGateway gateway, (string Text, string Effect)[] talk, params string[] options) => CommandLineTool.TalkAsync(
        "openssl", talk, ["s_client", "-connect", "127.0.0.1:" + gateway.Port(443).ToString(CultureInfo.InvariantCulture), "-servername", "ecdsa.test", .. options]);

    private async Task<TestGateway> StartAsync(string way)
    {
        TlsWays.Use(way);
        using TestCertificate ecdsa = _authority.IssueServer("ecdsa.test");
        using TestCertificate rsa = _authority.IssueServer(KeyKind.Rsa, "rsa.test");
        return await TestGateway.StartAsync(
            TestConfig.HttpsGateway("ecdsa", name: "ecdsa", hosts: "ecdsa.test"), TestConfig.HttpsGateway("rsa", name: "rsa", hosts: "rsa.test"),
            TestConfig.Secret("ecdsa", ecdsa), TestConfig.Secret("rsa", rsa));
    }
}
