using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Gateway.Integration.Tests.Tools;
using Gateway.Testing;

namespace Gateway.Integration.Tests.Tls;

/// <summary>Which certificates a client is shown of those that stand in a Secret.</summary>
public sealed class ShownChainTests : IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _stranger = new("Somebody else");

    public static TheoryData<string> Ways => TlsWays.All;

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    [ToolTheory("openssl")]
    [MemberData(nameof(Ways))]
    public async Task OpenSSL_shows_what_the_Secret_has_as_nginx_does_and_NET_leaves_out_roots(string way)
    {
        TlsWays.Use(way);
        using TestCertificate leaf = _authority.IssueServer("a.test");
        // A root, which nobody needs to be shown, and one that has nothing to do with the leaf.
        TestCertificate whole = leaf with { CertificatePem = string.Join('\n', leaf.CertificatePem, _authority.AuthorityPem, _stranger.AuthorityPem) };
        string[] all = [leaf.Certificate.Thumbprint, _authority.Authority.Thumbprint, _stranger.Authority.Thumbprint];
        await using TestGateway gateway = await TestGateway.StartAsync(TestConfig.HttpsGateway("cert"), TestConfig.Secret("cert", whole));

        Assert.Equal(way == TlsWays.OpenSsl ? all : all[..1], await ShownAsync(gateway.Port(443)));
        if (new ToolFactAttribute("nginx").Skip is not null)
            return;
        await using ServerProcess nginx = await PlainNginx.StartAsync(whole);
        Assert.Equal(all, await ShownAsync(nginx.Port));
    }

    [ToolTheory("openssl")]
    [MemberData(nameof(Ways))]
    public async Task A_leaf_alone_is_shown_alone_though_its_authority_is_known_as_one_of_clients(string way)
    {
        TlsWays.Use(way);
        using TestCertificate leaf = _authority.IssueServer("a.test");
        await using TestGateway gateway = await TestGateway.StartAsync(TestConfig.HttpsGateway("cert", mode: "OPTIONAL_MUTUAL"), TestConfig.Secret("cert", leaf, _authority.AuthorityPem));

        Assert.Equal([leaf.Certificate.Thumbprint], await ShownAsync(gateway.Port(443)));
    }

    private static async Task<IEnumerable<string>> ShownAsync(int port)
    {
        string address = "127.0.0.1:" + port.ToString(CultureInfo.InvariantCulture);
        string output = await CommandLineTool.TalkAsync("openssl", [("", "Verify return code")], "s_client", "-connect", address, "-servername", "a.test", "-showcerts");
        X509Certificate2Collection shown = [];
        // The leaf is printed once more after the chain.
        shown.ImportFromPem(output.AsSpan(0, output.IndexOf("Server certificate", StringComparison.Ordinal)));
        return shown.Select(certificate => certificate.Thumbprint);
    }
}
