using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Tls;

/// <summary>Client certificates in every mode, on both TLS stacks: who gets in, and why the others do not.</summary>
public sealed class ClientCertificateTests : IAsyncLifetime, IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _stranger = new("Somebody else");
    private readonly TestCertificate _server;
    private EchoUpstream _echo = null!;

    public ClientCertificateTests() => _server = _authority.IssueServer("a.test");

    public static TheoryData<bool> Stacks => OperatingSystem.IsLinux() && TestMode.HasOpenSsl ? [false, true] : [false];

    public async Task InitializeAsync() => _echo = await EchoUpstream.StartAsync();

    public async Task DisposeAsync() => await _echo.DisposeAsync();

    public void Dispose()
    {
        _server.Dispose();
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public async Task Each_bad_certificate_is_refused_with_its_reason_counted(bool openSsl)
    {
        using TestCertificate good = _authority.IssueClient("good");
        using TestCertificate expired = _authority.IssueClient("expired", DateTimeOffset.UtcNow.AddHours(-20), DateTimeOffset.UtcNow.AddHours(-1));
        using TestCertificate early = _authority.IssueClient("early", DateTimeOffset.UtcNow.AddDays(2), DateTimeOffset.UtcNow.AddDays(3));
        using TestCertificate wrongUsage = _authority.IssueServer("server.test");
        using TestCertificate foreign = _stranger.IssueClient("foreign");
        using TestCertificate revoked = _authority.IssueClient("revoked");
        await using TestGateway gateway = await StartAsync(openSsl, "mode: MUTUAL", _authority.RevocationListPem(DateTimeOffset.UtcNow.AddDays(1), revoked));

        Assert.True(await IsServedAsync(gateway, good));
        foreach (TestCertificate bad in (TestCertificate[])[expired, early, wrongUsage, foreign, revoked])
            Assert.False(await IsServedAsync(gateway, bad));

        Assert.Equal(
            ["Expired 1", "NotYetValid 1", "Revoked 1", "UnknownAuthority 1", "WrongUsage 1"],
            gateway.RefusedCertificates.Select(reason => $"{reason.Key} {reason.Value.ToString(CultureInfo.InvariantCulture)}").Order(StringComparer.Ordinal));
        await Eventually.HoldsAsync(() => gateway.Handshakes == (1, 5), "all handshakes are counted");
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public async Task A_client_without_a_certificate_is_served_only_where_it_is_optional(bool openSsl)
    {
        await using TestGateway required = await StartAsync(openSsl, "mode: MUTUAL");
        Assert.False(await IsServedAsync(required, null));

        await using TestGateway optional = await StartAsync(openSsl, "mode: OPTIONAL_MUTUAL");
        using TestCertificate good = _authority.IssueClient("good");
        using TestCertificate foreign = _stranger.IssueClient("foreign");
        Assert.True(await IsServedAsync(optional, null));
        Assert.True(await IsServedAsync(optional, good));
        Assert.False(await IsServedAsync(optional, foreign));
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public async Task An_expired_list_of_revoked_certificates_lets_nobody_in(bool openSsl)
    {
        using TestCertificate good = _authority.IssueClient("good");
        await using TestGateway gateway = await StartAsync(openSsl, "mode: MUTUAL", _authority.RevocationListPem(DateTimeOffset.UtcNow.AddMinutes(-1)));

        Assert.False(await IsServedAsync(gateway, good));
        Assert.Equal(1, gateway.RefusedCertificates["RevocationUnknown"]);
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public async Task Names_and_pins_choose_among_the_authority_s_certificates(bool openSsl)
    {
        using TestCertificate alice = _authority.IssueClient("alice", "spiffe://mesh/ns/a/sa/alice");
        using TestCertificate bob = _authority.IssueClient("bob", "spiffe://mesh/ns/a/sa/bob");

        await using TestGateway named = await StartAsync(openSsl, "mode: MUTUAL, subjectAltNames: ['spiffe://mesh/ns/a/sa/alice']");
        Assert.Equal((true, false), (await IsServedAsync(named, alice), await IsServedAsync(named, bob)));
        Assert.Equal(1, named.RefusedCertificates["WrongName"]);

        string hash = alice.Certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();
        await using TestGateway pinned = await StartAsync(openSsl, $"mode: MUTUAL, verifyCertificateHash: ['{hash}']");
        Assert.Equal((true, false), (await IsServedAsync(pinned, alice), await IsServedAsync(pinned, bob)));

        string spki = Convert.ToBase64String(SHA256.HashData(bob.Certificate.PublicKey.ExportSubjectPublicKeyInfo()));
        await using TestGateway keyed = await StartAsync(openSsl, $"mode: MUTUAL, verifyCertificateSpki: ['{spki}']");
        Assert.Equal((false, true), (await IsServedAsync(keyed, alice), await IsServedAsync(keyed, bob)));
        Assert.Equal(1, keyed.RefusedCertificates["NotPinned"]);
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public async Task Strangers_are_taken_where_verification_is_skipped(bool openSsl)
    {
        using TestCertificate foreign = _stranger.IssueClient("foreign");
        await using TestGateway gateway = await StartAsync(openSsl, "mode: MUTUAL, insecureSkipVerify: true");

        Assert.True(await IsServedAsync(gateway, foreign));
    }

    private async Task<TestGateway> StartAsync(bool openSsl, string tls, string? revocations = null)
    {
        if (openSsl)
            TestMode.UseOpenSsl();
        string secret = TestConfig.Secret("cert", _server, _authority.AuthorityPem)
            + (revocations is null ? "" : $"\n  ca.crl: {Convert.ToBase64String(Encoding.UTF8.GetBytes(revocations))}");
        return await TestGateway.StartAsync(
            $$"""
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: gateway, namespace: default}
            spec:
              servers:
              - port: {number: 443, name: https, protocol: HTTPS}
                hosts: [a.test]
                tls: { {{tls}}, credentialName: cert }
            """,
            secret,
            TestConfig.Route("a.test", "echo.test"),
            TestConfig.Backend("echo.test", _echo));
    }

    private static async Task<bool> IsServedAsync(TestGateway gateway, TestCertificate? client)
    {
        try
        {
            await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(
                gateway.Port(443), ClientTls.Http1("a.test", client?.Certificate), null, CancellationToken.None);
            await connection.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"u8.ToArray(), CancellationToken.None);
            // With TLS 1.3 a client learns only now that its certificate was refused.
            return await connection.ReadResponseAsync(false, CancellationToken.None) is { Status: 200 };
        }
        catch (Exception e) when (e is IOException or AuthenticationException or SocketException)
        {
            return false;
        }
    }
}
