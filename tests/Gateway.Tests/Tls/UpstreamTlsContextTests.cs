using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Testing;
using Gateway.Tls;

namespace Gateway.Tests.Tls;

/// <summary>What is offered to servers.</summary>
public sealed class UpstreamTlsContextTests : IDisposable
{
    private readonly TestCertificates _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("", true)]
    [InlineData("ECDHE-RSA-AES256-GCM-SHA384", true)]
    [InlineData("ECDHE-RSA-AES128-GCM-SHA256", false)]
    public async Task Servers_are_offered_the_meshs_cipher_suites(string offered, bool agrees)
    {
        (Stream here, Stream there) = await LoopbackAsync();
        using TestCertificate certificate = _authority.IssueServer("up.test");
        await using var server = new SslStream(there);
        Task serving = server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate.Certificate,
            EnabledSslProtocols = SslProtocols.Tls12,
            CipherSuitesPolicy = OperatingSystem.IsLinux() ? new CipherSuitesPolicy([TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]) : null,
        });
        var context = new UpstreamTlsContext(
            new UpstreamTlsConfig { SkipsVerification = true, CipherSuites = offered.Length == 0 ? default : [offered, offered.Replace("RSA", "ECDSA", StringComparison.Ordinal)] }, null, null, null, TimeProvider.System);

        if (agrees)
        {
            await using SslStream client = await context.ConnectAsync(here, "up.test", isHttp2: false, CancellationToken.None);
            await serving;
            Assert.EndsWith("AES_256_GCM_SHA384", client.NegotiatedCipherSuite.ToString(), StringComparison.Ordinal);
        }
        else
        {
            await Assert.ThrowsAsync<AuthenticationException>(() => context.ConnectAsync(here, "up.test", isHttp2: false, CancellationToken.None));
            await Assert.ThrowsAnyAsync<Exception>(() => serving);
        }
    }

    private static async Task<(Stream Here, Stream There)> LoopbackAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new TcpClient();
        Task<TcpClient> accepting = listener.AcceptTcpClientAsync();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        return (client.GetStream(), (await accepting).GetStream());
    }
}
