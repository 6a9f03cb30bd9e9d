using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Tls;

/// <summary>ISTIO_MUTUAL: the gateway is a workload of the mesh, and so must be its clients.</summary>
public sealed class WorkloadIdentityTests : IAsyncLifetime, IDisposable
{
    private const string Mesh = "trustDomain: mesh.test\ntrustDomainAliases: [old.test]";
    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _stranger = new("Somebody else");
    private readonly string _folder = Directory.CreateTempSubdirectory("workload").FullName;
    private EchoUpstream _echo = null!;

    public static TheoryData<string> Ways => TlsWays.All;

    public async Task InitializeAsync()
    {
        _echo = await EchoUpstream.StartAsync();
        using TestCertificate own = _authority.IssueServer("gateway.test", "spiffe://mesh.test/ns/istio-system/sa/gateway");
        await File.WriteAllTextAsync(Path.Combine(_folder, "cert-chain.pem"), own.CertificatePem);
        await File.WriteAllTextAsync(Path.Combine(_folder, "key.pem"), own.KeyPem);
        await File.WriteAllTextAsync(Path.Combine(_folder, "root-cert.pem"), _authority.AuthorityPem);
    }

    public async Task DisposeAsync() => await _echo.DisposeAsync();

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Only_identities_of_the_trust_domain_and_its_aliases_get_in_and_upstream_is_told_which(string way)
    {
        TlsWays.Use(way);
        await using TestGateway gateway = await TestGateway.StartTunedAsync(options => options);
        gateway.WorkloadCertificates = _folder;
        Assert.Empty(await gateway.ApplyWithMeshAsync(
            Mesh,
            """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: gateway, namespace: default}
            spec:
              servers:
              - {port: {number: 443, name: https, protocol: HTTPS}, hosts: [a.test], tls: {mode: ISTIO_MUTUAL}}
            """,
            TestConfig.Route("a.test", "echo.test"), TestConfig.Backend("echo.test", _echo)));

        foreach (string identity in (string[])["spiffe://mesh.test/ns/a/sa/alice", "spiffe://old.test/ns/a/sa/bob"])
        {
            using TestCertificate client = _authority.IssueClient("client", identity);
            Assert.Contains("URI=" + identity, await AskAsync(gateway, client), StringComparison.Ordinal);
        }
        foreach (string[] names in (string[][])[["spiffe://other.test/ns/a/sa/eve"], ["spiffe://mesh.test.evil/ns/a/sa/eve"], ["https://mesh.test/ns/a/sa/eve"], ["mesh.test"], []])
        {
            using TestCertificate client = _authority.IssueClient("client", names);
            Assert.Null(await AskAsync(gateway, client));
        }
        using TestCertificate foreign = _stranger.IssueClient("client", "spiffe://mesh.test/ns/a/sa/alice");
        Assert.Null(await AskAsync(gateway, foreign));
        Assert.Null(await AskAsync(gateway, null));

        Assert.Equal((5, 1), (gateway.RefusedCertificates["WrongIdentity"], gateway.RefusedCertificates["UnknownAuthority"]));
        Assert.Equal(2, _echo.Requests.Count);
    }

    [Fact]
    public async Task The_workload_s_certificate_may_be_named_as_builtin_and_an_invalid_one_as_invalid()
    {
        await using TestGateway gateway = await TestGateway.StartTunedAsync(options => options);
        gateway.WorkloadCertificates = _folder;

        IReadOnlyList<string> errors = await gateway.ApplyAsync(
            TestConfig.HttpsGateway("'builtin://'", name: "a", hosts: "a.test"), TestConfig.HttpsGateway("'invalid://'", name: "b", hosts: "b.test"));

        Assert.Contains("never valid", Assert.Single(errors), StringComparison.Ordinal);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(443), ClientTls.Http1("a.test"));
        Assert.Equal("CN=gateway.test", connection.Tls!.RemoteCertificate!.Subject);
        await Assert.ThrowsAnyAsync<IOException>(() => RawHttpConnection.ConnectAsync(gateway.Port(443), ClientTls.Http1("b.test")));
    }

    /// <summary>What upstream is told of the client; null = it was not served.</summary>
    private static async Task<string?> AskAsync(TestGateway gateway, TestCertificate? client)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        try
        {
            await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(
                gateway.Port(443), ClientTls.Http1("a.test", client?.Certificate), cancel: deadline.Token);
            await connection.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\nx-forwarded-client-cert: URI=spiffe://mesh.test/ns/forged\r\n\r\n", deadline.Token);
            if (await connection.ReadResponseAsync(cancel: deadline.Token) is not { Status: 200 } answer)
                return null;
            return Assert.Single(EchoRequest.Parse(Encoding.UTF8.GetString(answer.Body)).Headers["x-forwarded-client-cert"]);
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException or SocketException)
        {
            return null;
        }
    }
}
