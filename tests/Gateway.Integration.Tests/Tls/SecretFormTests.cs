using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Tls;

/// <summary>Istio reads certificates from Secrets of several forms; one that cannot be used ends its own server's handshakes only.</summary>
public sealed class SecretFormTests : IAsyncLifetime, IDisposable
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _stranger = new("Somebody else");
    private EchoUpstream _echo = null!;

    public static TheoryData<string, string> Forms => new()
    {
        { "cert: {cert}, key: {key}, cacert: {ca}", "" },
        { "cert: {cert}, key: {key}", "cacert: {ca}" },
        { "tls.crt: {cert}, tls.key: {key}, ca.crt: {ca}", "" },
        { "tls.crt: {cert}, tls.key: {key}", "ca.crt: {ca}" },
        { "tls.crt: {cert}, tls.key: {key}", "cacert: {ca}" },
    };

    public static TheoryData<string, string> BadForms => new()
    {
        { "no certificate in it", "tls.crt: aW52YWxpZA==, tls.key: {key}" },
        { "key of another certificate", "tls.crt: {cert}, tls.key: {otherkey}" },
        { "no key", "tls.crt: {cert}" },
        { "no certificate", "tls.key: {key}" },
        { "nothing", "" },
        { "a key that is none", "tls.crt: {cert}, tls.key: aW52YWxpZA==" },
    };

    public async Task InitializeAsync() => _echo = await EchoUpstream.StartAsync();

    public async Task DisposeAsync() => await _echo.DisposeAsync();

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_mutual_server_reads_its_certificates_from_every_form(string secret, string caSecret)
    {
        using TestCertificate server = _authority.IssueServer("a.test");
        using TestCertificate client = _authority.IssueClient("good");
        using TestCertificate wrong = _stranger.IssueClient("wrong");
        string[] secrets = [Secret("cert", Fill(secret, server)), .. caSecret.Length == 0 ? (string[])[] : [Secret("cert-cacert", Fill(caSecret, server))]];
        await using TestGateway gateway = await TestGateway.StartAsync([.. Config("MUTUAL"), .. secrets]);

        Assert.True(await IsServedAsync(gateway, "a.test", client.Certificate));
        Assert.False(await IsServedAsync(gateway, "a.test", wrong.Certificate));
        Assert.False(await IsServedAsync(gateway, "a.test", null));
    }

    [Theory]
    [MemberData(nameof(BadForms))]
    public async Task A_Secret_that_cannot_be_used_ends_its_servers_handshakes_and_no_others(string what, string secret)
    {
        _ = what;
        using TestCertificate server = _authority.IssueServer("a.test");
        using TestCertificate good = _authority.IssueServer("b.test");
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);

        IReadOnlyList<string> errors = await gateway.ApplyAsync(
            [.. Config("SIMPLE"), Secret("cert", Fill(secret, server)), TestConfig.HttpsGateway("good", name: "other", hosts: "b.test"), TestConfig.Secret("good", good)]);

        Assert.NotEmpty(errors);
        Assert.All(errors, error => Assert.DoesNotContain(Base64(server.KeyPem)[..40], error, StringComparison.Ordinal));
        Assert.False(await IsServedAsync(gateway, "a.test", null));
        await using RawHttpConnection other = await RawHttpConnection.ConnectAsync(gateway.Port(443), ClientTls.Http1("b.test"));
        Assert.Equal(good.Certificate.Thumbprint, (other.Tls!.RemoteCertificate as X509Certificate2)?.Thumbprint);
    }

    [Theory]
    [InlineData("configmap://elsewhere/authorities", true)]
    [InlineData("configmap://elsewhere/authorities-cacert", true)]
    [InlineData("configmap://elsewhere/others", false)]
    [InlineData("configmap://authorities", false)]
    public async Task Authorities_may_stand_in_a_ConfigMap_of_any_namespace(string name, bool isServed)
    {
        using TestCertificate server = _authority.IssueServer("a.test");
        using TestCertificate client = _authority.IssueClient("good");
        using TestCertificate wrong = _stranger.IssueClient("wrong");
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);

        IReadOnlyList<string> errors = await gateway.ApplyAsync(
        [
            .. Config("MUTUAL").Select(text => text.Replace("credentialName: cert", $"credentialName: cert, caCertCredentialName: '{name}'", StringComparison.Ordinal)),
            TestConfig.Secret("cert", server),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: authorities, namespace: elsewhere}\ndata: {ca.crt: " + System.Text.Json.JsonSerializer.Serialize(_authority.AuthorityPem) + "}",
        ]);

        Assert.Equal(isServed, errors.Count == 0);
        Assert.Equal(isServed, await IsServedAsync(gateway, "a.test", client.Certificate));
        Assert.False(await IsServedAsync(gateway, "a.test", wrong.Certificate));
    }

    [Fact]
    public async Task A_Secret_that_comes_later_is_used_as_soon_as_it_is_there()
    {
        using TestCertificate server = _authority.IssueServer("a.test");
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);
        await gateway.ApplyAsync(Config("SIMPLE"));
        Assert.False(await IsServedAsync(gateway, "a.test", null));

        Assert.Empty(await gateway.ApplyAsync([.. Config("SIMPLE"), TestConfig.Secret("cert", server)]));

        Assert.True(await IsServedAsync(gateway, "a.test", null));
    }

    private static string Secret(string name, string data) =>
        $"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: istio-system}}\ndata: {{{data}}}";

    private static async Task<bool> IsServedAsync(TestGateway gateway, string serverName, X509Certificate2? certificate)
    {
        try
        {
            await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(443), ClientTls.Http1(serverName, certificate));
            await connection.SendAsync(Get);
            return (await connection.ReadResponseAsync())?.Status == 200;
        }
        catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException)
        {
            return false;
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private string[] Config(string mode) =>
        [TestConfig.HttpsGateway("cert", mode: mode, hosts: "a.test"), TestConfig.Backend("up.test", _echo), TestConfig.Route("a.test", "up.test")];

    private string Fill(string data, TestCertificate server)
    {
        using TestCertificate other = _authority.IssueServer("other.test");
        return data
            .Replace("{cert}", Base64(server.CertificatePem), StringComparison.Ordinal)
            .Replace("{key}", Base64(server.KeyPem), StringComparison.Ordinal)
            .Replace("{otherkey}", Base64(other.KeyPem), StringComparison.Ordinal)
            .Replace("{ca}", Base64(_authority.AuthorityPem), StringComparison.Ordinal);
    }
}
