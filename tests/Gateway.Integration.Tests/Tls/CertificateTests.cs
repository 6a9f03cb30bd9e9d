using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Tls;

public sealed class CertificateTests : IAsyncLifetime, IDisposable
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
    private readonly TestCertificates _authority = new();
    private EchoUpstream _echo = null!;

    public async Task InitializeAsync() => _echo = await EchoUpstream.StartAsync();

    public async Task DisposeAsync() => await _echo.DisposeAsync();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData(KeyKind.Ecdsa)]
    [InlineData(KeyKind.Rsa)]
    public async Task A_rotated_certificate_is_shown_to_the_next_handshake_and_ends_no_connection(KeyKind kind)
    {
        using TestCertificate first = _authority.IssueServer(kind, "a.test");
        using TestCertificate second = _authority.IssueServer(kind, "a.test");
        await using TestGateway gateway = await TestGateway.StartAsync(Config("SIMPLE", TestConfig.Secret("cert", first)));
        await using RawHttpConnection established = await ConnectAsync(gateway, "a.test");
        Assert.Equal(200, await AskAsync(established));

        Assert.Empty(await gateway.ApplyAsync(Config("SIMPLE", TestConfig.Secret("cert", second))));
        await using RawHttpConnection next = await ConnectAsync(gateway, "a.test");

        Assert.Equal((first.Certificate.Thumbprint, second.Certificate.Thumbprint), (Thumbprint(established), Thumbprint(next)));
        Assert.Equal((200, 200), (await AskAsync(established), await AskAsync(next)));
    }

    [Fact]
    public async Task A_Secret_that_turns_bad_leaves_the_last_good_certificate_in_use()
    {
        using TestCertificate good = _authority.IssueServer("a.test");
        using TestCertificate other = _authority.IssueServer("a.test");
        await using TestGateway gateway = await TestGateway.StartAsync(Config("SIMPLE", TestConfig.Secret("cert", good)));

        IReadOnlyList<string> errors = await gateway.ApplyAsync(Config("SIMPLE", TestConfig.Secret("cert", good with { KeyPem = other.KeyPem })));
        await using RawHttpConnection connection = await ConnectAsync(gateway, "a.test");

        Assert.NotEmpty(errors);
        Assert.DoesNotContain(errors, error => error.Contains("PRIVATE", StringComparison.Ordinal));
        Assert.Equal(good.Certificate.Thumbprint, Thumbprint(connection));
    }

    [Fact]
    public async Task The_certificate_is_chosen_by_server_name()
    {
        using TestCertificate a = _authority.IssueServer("a.test");
        using TestCertificate wildcard = _authority.IssueServer("*.b.test");
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpsGateway("cert-a", name: "gateway-a", hosts: "a.test"),
            TestConfig.HttpsGateway("cert-b", name: "gateway-b", hosts: "*.b.test"),
            TestConfig.Secret("cert-a", a),
            TestConfig.Secret("cert-b", wildcard));

        await using RawHttpConnection toA = await ConnectAsync(gateway, "A.test");
        await using RawHttpConnection toB = await ConnectAsync(gateway, "x.b.test");

        Assert.Equal((a.Certificate.Thumbprint, wildcard.Certificate.Thumbprint), (Thumbprint(toA), Thumbprint(toB)));
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(gateway, "c.test"));
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(gateway, ""));
    }

    [Fact]
    public async Task A_mutual_server_takes_only_clients_of_its_authority()
    {
        using var stranger = new TestCertificates("Somebody else");
        using TestCertificate server = _authority.IssueServer("a.test");
        using TestCertificate good = _authority.IssueClient("good");
        using TestCertificate wrong = stranger.IssueClient("wrong");
        await using TestGateway gateway = await TestGateway.StartAsync(Config("MUTUAL", TestConfig.Secret("cert", server, _authority.AuthorityPem)));

        await using RawHttpConnection connection = await ConnectAsync(gateway, "a.test", good.Certificate);

        Assert.Equal(200, await AskAsync(connection));
        Assert.False(await IsServedAsync(gateway, wrong.Certificate));
        Assert.False(await IsServedAsync(gateway, null));
        Assert.Single(_echo.Requests);
    }

    [Fact]
    public async Task Connections_with_TLS_on_a_plain_port_and_without_on_a_TLS_port_are_closed()
    {
        using TestCertificate server = _authority.IssueServer("a.test");
        await using TestGateway gateway = await TestGateway.StartAsync([TestConfig.HttpGateway(), .. Config("SIMPLE", TestConfig.Secret("cert", server))]);
        await using RawHttpConnection plain = await RawHttpConnection.ConnectAsync(gateway.Port(443));
        using var deadline = new CancellationTokenSource(Eventually.Deadline);

        await plain.SendAsync(Get, deadline.Token);
        await plain.WaitForCloseAsync(deadline.Token);

        await Assert.ThrowsAnyAsync<Exception>(() => RawHttpConnection.ConnectAsync(gateway.Port(80), ClientTls.Http1("a.test"), cancel: deadline.Token));
        Assert.Empty(_echo.Requests);
    }

    private string[] Config(string mode, string secret) =>
        [TestConfig.HttpsGateway("cert", mode: mode), secret, TestConfig.Backend("up.test", _echo), TestConfig.Route("a.test", "up.test")];

    private static Task<RawHttpConnection> ConnectAsync(TestGateway gateway, string serverName, X509Certificate2? certificate = null) =>
        RawHttpConnection.ConnectAsync(gateway.Port(443), ClientTls.Http1(serverName, certificate));

    private static string? Thumbprint(RawHttpConnection connection) => (connection.Tls!.RemoteCertificate as X509Certificate2)?.Thumbprint;

    private static async Task<int?> AskAsync(RawHttpConnection connection)
    {
        await connection.SendAsync(Get);
        return (await connection.ReadResponseAsync())?.Status;
    }

    /// <summary>With TLS 1.3 the client learns of a refusal only when it reads.</summary>
    private static async Task<bool> IsServedAsync(TestGateway gateway, X509Certificate2? certificate)
    {
        try
        {
            await using RawHttpConnection connection = await ConnectAsync(gateway, "a.test", certificate);
            return await AskAsync(connection) is not null;
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            return false;
        }
    }
}
