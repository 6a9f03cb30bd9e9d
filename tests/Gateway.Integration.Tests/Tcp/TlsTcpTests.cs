using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Gateway.Integration.Tests.Tls;
using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Tcp;

/// <summary>Bytes whose TLS is ended by the gateway, and bytes that it sends on in TLS of its own.</summary>
public sealed class TlsTcpTests : IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _stranger = new("Somebody else");
    private readonly TcpListener _backend = new(IPAddress.Loopback, 0);

    public TlsTcpTests() => _backend.Start();

    public static TheoryData<string> Ways => TlsWays.All;

    public void Dispose()
    {
        _backend.Dispose();
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Ended_TLS_is_carried_as_bytes_to_the_route_of_its_server_name(string way)
    {
        using TestCertificate bob = _authority.IssueClient("bob");
        using TestCertificate foreign = _stranger.IssueClient("foreign");
        await using TestGateway gateway = await StartAsync(way, "TLS", "DISABLE");
        using var stop = new CancellationTokenSource();
        Task serving = ServeAsync(null, stop.Token);

        Assert.Equal("bytes", await EchoAsync(gateway, ClientTls.Http1("simple.test")));
        Assert.Equal("bytes", await EchoAsync(gateway, ClientTls.Http1("optional.test")));
        Assert.Equal("bytes", await EchoAsync(gateway, ClientTls.Http1("optional.test", bob.Certificate)));
        Assert.Equal("bytes", await EchoAsync(gateway, ClientTls.Http1("mutual.test", bob.Certificate)));
        foreach ((string host, TestCertificate? client) in ((string, TestCertificate?)[])[("optional.test", foreign), ("mutual.test", foreign), ("mutual.test", null), ("other.test", null)])
            Assert.Null(await EchoAsync(gateway, ClientTls.Http1(host, client?.Certificate)));

        await stop.CancelAsync();
        await serving;
        Assert.Empty(gateway.Faults);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Bytes_go_upstream_in_TLS_only_to_whom_the_rule_trusts(string way)
    {
        using TestCertificate good = _authority.IssueServer("db.test");
        using TestCertificate wrongName = _authority.IssueServer("other.test");
        using TestCertificate foreign = _stranger.IssueServer("db.test");
        await using TestGateway gateway = await StartAsync(way, "TLS", "MUTUAL, credentialName: client, sni: db.test, subjectAltNames: [db.test]");

        foreach ((TestCertificate server, string? echoed) in ((TestCertificate, string?)[])[(good, "bytes"), (wrongName, null), (foreign, null)])
        {
            using var stop = new CancellationTokenSource();
            Task serving = ServeAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = server.Certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=gateway",
            }, stop.Token);
            Assert.Equal(echoed, await EchoAsync(gateway, ClientTls.Http1("simple.test")));
            await stop.CancelAsync();
            await serving;
        }
        Assert.Empty(gateway.Faults);
    }

    private async Task<TestGateway> StartAsync(string way, string protocol, string upstreamTls)
    {
        TlsWays.Use(way);
        using TestCertificate server = _authority.IssueServer("*.test");
        using TestCertificate client = _authority.IssueClient("gateway");
        return await TestGateway.StartAsync(
            $$"""
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: tcp, namespace: default}
            spec:
              servers:
              - {port: {number: 9443, name: s, protocol: {{protocol}}}, hosts: [simple.test], tls: {mode: SIMPLE, credentialName: cert} }
              - {port: {number: 9443, name: m, protocol: {{protocol}}}, hosts: [mutual.test], tls: {mode: MUTUAL, credentialName: cert} }
              - {port: {number: 9443, name: o, protocol: {{protocol}}}, hosts: [optional.test], tls: {mode: OPTIONAL_MUTUAL, credentialName: cert} }
            """,
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: tcp, namespace: default}
            spec:
              hosts: ["*.test"]
              gateways: [tcp]
              tcp:
              - match: [{port: 9443}]
                route: [{destination: {host: db.test}}]
            """,
            $$"""
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: db, namespace: default}
            spec: {host: db.test, trafficPolicy: { tls: { mode: {{upstreamTls}} } } }
            """,
            TestConfig.Secret("cert", server, _authority.AuthorityPem),
            // The Secret of a DestinationRule stands in the namespace of the gateway.
            TestConfig.Secret("client", client, _authority.AuthorityPem),
            TestConfig.Backend("db.test", "TCP", ((IPEndPoint)_backend.LocalEndpoint).Port));
    }

    /// <summary>Sends back what comes, one connection after the other.</summary>
    private async Task ServeAsync(SslServerAuthenticationOptions? tls, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using Socket socket = await _backend.AcceptSocketAsync(stop);
                await using Stream stream = new NetworkStream(socket);
                await using SslStream? secure = tls is null ? null : new SslStream(stream);
                if (secure is not null)
                    await secure.AuthenticateAsServerAsync(tls!, stop);
                Stream own = secure ?? stream;
                await own.CopyToAsync(own, stop);
                if (secure is not null)
                    await secure.ShutdownAsync();
            }
            catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException or OperationCanceledException)
            {
                // The connection has failed, or nobody wants more.
            }
        }
    }

    /// <summary>What comes back of five bytes and the end of the client's side; null = nothing.</summary>
    private static async Task<string?> EchoAsync(TestGateway gateway, ClientTls client)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        try
        {
            await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(9443), client, cancel: deadline.Token);
            await connection.SendAsync("bytes", deadline.Token);
            await connection.Tls!.ShutdownAsync();
            using var reader = new StreamReader(connection.Stream, Encoding.ASCII);
            string all = await reader.ReadToEndAsync(deadline.Token);
            return all.Length == 0 ? null : all;
        }
        catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException)
        {
            return null;
        }
    }
}
