using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Gateway.Config;
using Gateway.Integration.Tests.Tcp;
using Gateway.Integration.Tests.Tls;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;
using Gateway.Snapshot.Explanation;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Google.Protobuf;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Integration.Tests.Security;

/// <summary>AuthorizationPolicies on connections whose bytes are passed on: what asks for HTTP is dropped from ALLOW policies and left out of the others.</summary>
public sealed class TcpPolicyTests : IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TcpListener _backend = new(IPAddress.Loopback, 0);

    public TcpPolicyTests() => _backend.Start();

    private int BackendPort => ((IPEndPoint)_backend.LocalEndpoint).Port;

    public static TheoryData<string, bool> Specs => new()
    {
        { "action: DENY, rules: [{from: [{source: {ipBlocks: [127.0.0.0/8]}}]}]", false },
        { "action: DENY, rules: [{from: [{source: {notIpBlocks: [127.0.0.0/8]}}]}]", true },
        { "action: DENY, rules: [{from: [{source: {remoteIpBlocks: [127.0.0.1]}}]}]", false },
        { "rules: [{from: [{source: {ipBlocks: [127.0.0.1]}}]}]", true },
        { "rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]", false },
        { "rules: [{to: [{operation: {ports: ['9000']}}]}]", true },
        { "rules: [{to: [{operation: {ports: ['80']}}]}]", false },
        { "rules: [{to: [{operation: {notPorts: ['9000']}}]}]", false },
        { "rules: [{when: [{key: destination.port, values: ['9000']}]}]", true },
        { "rules: [{when: [{key: destination.port, notValues: ['9000']}]}]", false },
        { "rules: [{when: [{key: source.ip, values: [127.0.0.1]}]}]", true },
        { "rules: [{when: [{key: remote.ip, notValues: [127.0.0.1]}]}]", false },
        // The second is what explanations take for the gateway's own address.
        { "rules: [{when: [{key: destination.ip, values: [127.0.0.0/8, 192.0.2.254]}]}]", true },
        { "{}", false },
        { "rules: [{}]", true },
        { "action: DENY, rules: [{}]", false },
        // HTTP in ALLOW: the rule is dropped.
        { "rules: [{to: [{operation: {methods: [GET]}}]}]", false },
        { "rules: [{to: [{operation: {ports: ['9000'], methods: [GET]}}]}]", false },
        { "rules: [{to: [{operation: {notMethods: [GET]}}]}]", false },
        { "rules: [{to: [{operation: {hosts: ['*']}}, {operation: {ports: ['9000']}}]}]", false },
        { "rules: [{from: [{source: {requestPrincipals: ['*']}}]}]", false },
        { "rules: [{when: [{key: 'request.headers[x]', notValues: [y]}]}]", false },
        { "rules: [{when: [{key: 'request.auth.claims[a]', values: [b]}]}]", false },
        { "rules: [{to: [{operation: {paths: ['/x']}}]}, {from: [{source: {ipBlocks: [127.0.0.1]}}]}]", true },
        // HTTP in DENY: the rule goes without.
        { "action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]", false },
        { "action: DENY, rules: [{to: [{operation: {paths: ['/x'], ports: ['9000']}}]}]", false },
        { "action: DENY, rules: [{to: [{operation: {paths: ['/x'], ports: ['9001']}}]}]", true },
        { "action: DENY, rules: [{from: [{source: {requestPrincipals: [a/b], ipBlocks: [10.0.0.0/8]}}]}]", true },
        { "action: DENY, rules: [{when: [{key: 'request.headers[x]', values: [y]}]}]", false },
        // There is no identity, and no server name.
        { "rules: [{from: [{source: {namespaces: ['*']}}]}]", false },
        { "rules: [{from: [{source: {principals: ['*']}}]}]", false },
        { "rules: [{from: [{source: {notNamespaces: [a]}}]}]", true },
        { "action: DENY, rules: [{from: [{source: {notPrincipals: ['*']}}]}]", false },
        { "rules: [{when: [{key: connection.sni, values: ['*']}]}]", false },
        { "rules: [{when: [{key: connection.sni, notValues: ['*']}]}]", true },
        { "action: AUDIT, rules: [{}]", true },
        { "action: CUSTOM, provider: {name: nobody}, rules: [{to: [{operation: {ports: ['9000']}}]}]", false },
        { "action: CUSTOM, provider: {name: nobody}, rules: [{to: [{operation: {paths: ['/x'], ports: ['9001']}}]}]", true },
        { "action: CUSTOM, provider: {name: http}, rules: [{}]", true },
    };

    public void Dispose()
    {
        _backend.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [MemberData(nameof(Specs))]
    public async Task A_policy_decides_about_a_connection(string spec, bool passes)
    {
        await using TestGateway gateway = await TestGateway.StartOnAsync(OperatingSystem.IsLinux(), [.. TcpBed.Documents(BackendPort, "{}"), Policy(spec), Mesh("envoyExtAuthzHttp", 1)]);

        Assert.Equal(passes, await PassesAsync(gateway));
        Explanation said = Explain([.. TcpBed.Documents(BackendPort, "{}"), Policy(spec), Mesh("envoyExtAuthzHttp", 1)]);
        Assert.Equal(passes ? "forward" : "connection_closed", said.Outcome);
        if (!passes)
        {
            CompletedRequest session = await gateway.CompletionAsync(_ => true);
            Assert.StartsWith("rbac_access_denied_matched_policy[", session.TerminationDetails, StringComparison.Ordinal);
            Assert.Equal(session.TerminationDetails, said.Details);
        }
    }

    [Theory]
    [InlineData("action: DENY, rules: [{}]")]
    [InlineData("action: ALLOW")]
    public async Task A_dry_run_denies_no_connection(string spec)
    {
        await using TestGateway gateway = await TestGateway.StartAsync([.. TcpBed.Documents(BackendPort, "{}"), Policy(spec, "annotations: {istio.io/dry-run: \"true\"}")]);

        Assert.True(await PassesAsync(gateway));
    }

    [Theory]
    [InlineData("rules: [{when: [{key: connection.sni, values: [a.test]}]}]", "a.test")]
    [InlineData("rules: [{when: [{key: connection.sni, values: ['*.test']}]}]", "a.test b.test")]
    [InlineData("rules: [{when: [{key: connection.sni, values: ['b*']}]}]", "b.test")]
    [InlineData("rules: [{when: [{key: connection.sni, notValues: [a.test]}]}]", "b.test")]
    [InlineData("action: DENY, rules: [{when: [{key: connection.sni, values: [a.test]}], to: [{operation: {paths: [/x]}}]}]", "b.test")]
    [InlineData("action: DENY, rules: [{from: [{source: {namespaces: [a]}}]}]", "a.test b.test")]
    public async Task A_policy_decides_by_the_server_name_of_TLS_that_passes_unopened(string spec, string passing)
    {
        await using TestGateway gateway = await TestGateway.StartOnAsync(
            OperatingSystem.IsLinux(),
            """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: tls, namespace: default}
            spec: {servers: [{port: {number: 9000, name: tls, protocol: TLS}, hosts: ["*.test"], tls: {mode: PASSTHROUGH} }]}
            """,
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: tls, namespace: default}
            spec: {hosts: ["*.test"], gateways: [tls], tls: [{match: [{port: 9000, sniHosts: ["*.test"]}], route: [{destination: {host: db.test} }] }]}
            """,
            TestConfig.Backend("db.test", "TCP", BackendPort),
            Policy(spec));
        using TestCertificate server = _authority.IssueServer("a.test", "b.test");

        var passed = new List<string>();
        foreach (string name in (string[])["a.test", "b.test"])
        {
            if (await PassesAsync(gateway, ClientTls.Http1(name), server))
                passed.Add(name);
        }

        Assert.Equal(passing, string.Join(' ', passed));
    }

    [Theory]
    [InlineData("rules: [{from: [{source: {namespaces: [a]}}]}]", "alice")]
    [InlineData("rules: [{from: [{source: {principals: ['mesh.test/ns/*']}}]}]", "alice bob")]
    [InlineData("rules: [{from: [{source: {serviceAccounts: [b/bob]}}]}]", "bob")]
    [InlineData("rules: [{from: [{source: {trustDomains: [mesh.test], notNamespaces: [a]}}]}]", "bob")]
    [InlineData("action: DENY, rules: [{from: [{source: {namespaces: [a], requestPrincipals: ['*']}}]}]", "bob nobody")]
    [InlineData("action: DENY, rules: [{from: [{source: {notPrincipals: ['*/ns/a/sa/alice']}}]}]", "alice")]
    public async Task A_policy_decides_by_the_identity_of_TLS_that_ends_here(string spec, string passing)
    {
        TlsWays.Use(TestMode.HasOpenSsl ? "openssl" : "sslstream");
        using TestCertificate server = _authority.IssueServer("a.test");
        await using TestGateway gateway = await TestGateway.StartAsync(
            """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: tcp, namespace: default}
            spec: {servers: [{port: {number: 9000, name: tls, protocol: TLS}, hosts: [a.test], tls: {mode: OPTIONAL_MUTUAL, credentialName: cert} }]}
            """,
            TcpBed.Documents(BackendPort, "{}")[1],
            TestConfig.Backend("db.test", "TCP", BackendPort),
            TestConfig.Secret("cert", server, _authority.AuthorityPem),
            Policy(spec));
        using TestCertificate alice = _authority.IssueClient("alice", "spiffe://mesh.test/ns/a/sa/alice");
        using TestCertificate bob = _authority.IssueClient("bob", "spiffe://mesh.test/ns/b/sa/bob");

        var passed = new List<string>();
        foreach ((string name, TestCertificate? client) in ((string, TestCertificate?)[])[("alice", alice), ("bob", bob), ("nobody", null)])
        {
            if (await PassesAsync(gateway, ClientTls.Http1("a.test", client?.Certificate)))
                passed.Add(name);
        }

        Assert.Equal(passing, string.Join(' ', passed));
    }

    [Theory]
    [InlineData(0, "failOpen: false", true, null)]
    [InlineData(7, "failOpen: false", false, "ext_authz_denied")]
    [InlineData(7, "failOpen: true", false, "ext_authz_denied")]
    [InlineData(-1, "failOpen: false", false, "ext_authz_error")]
    [InlineData(-1, "failOpen: true", true, null)]
    public async Task A_server_that_speaks_gRPC_is_asked_about_a_connection(int code, string settings, bool passes, string? details)
    {
        byte[]? seen = null;
        await using ScriptedHttpServer authorizer = await ScriptedHttpServer.StartAsync(http => ExtAuthzBed.AnswerAsync(http, check =>
        {
            seen = check;
            return ExtAuthzBed.Message(response => ExtAuthzBed.Field(response, 1, ExtAuthzBed.Message(status =>
            {
                status.WriteTag(1, WireFormat.WireType.Varint);
                status.WriteInt32(code);
            })));
        }, status: code < 0 ? 14 : 0), listen => listen.Protocols = HttpProtocols.Http2);
        await using TestGateway gateway = await TestGateway.StartOnAsync(
            OperatingSystem.IsLinux(),
            [.. TcpBed.Documents(BackendPort, "{}"), TestConfig.Backend("authz.test", "GRPC", authorizer.Port), Mesh("envoyExtAuthzGrpc", 80, settings),
                Policy("action: CUSTOM, provider: {name: http}, rules: [{to: [{operation: {ports: ['9000'], methods: [GET]}}]}]")]);

        Assert.Equal(passes, await PassesAsync(gateway));
        Assert.Contains("127.0.0.1", Encoding.Latin1.GetString(seen!), StringComparison.Ordinal);
        if (!passes)
        {
            CompletedRequest session = await gateway.CompletionAsync(_ => true);
            Assert.Equal(("UAEX", details), (session.Flags, session.Details));
        }
        Assert.Empty(gateway.Faults);
    }

    private static Explanation Explain(string[] documents)
    {
        LoadResult load = new ConfigLoader().Load([.. documents.Select((text, i) => new ConfigDocument($"{i}.yaml", Encoding.UTF8.GetBytes(text)))]);
        return RequestExplainer.Explain(
            SnapshotCompiler.Compile(load.Config, new GatewayIdentity()).Snapshot, new ExplainRequest { Port = 9000, Authority = "", Target = "", ClientAddress = IPAddress.Loopback });
    }

    private static string Policy(string spec, string metadata = "labels: {}") => $$"""
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: p, namespace: istio-system, {{metadata}}}
        spec: {{(spec == "{}" ? spec : $"{{{spec}}}")}}
        """;

    private static string Mesh(string kind, int port, string settings = "failOpen: false") => $$"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: istio, namespace: istio-system}
        data:
          mesh: |
            extensionProviders:
            - name: http
              {{kind}}: {service: {{(port == 1 ? "db.test" : "authz.test")}}, port: 80, {{settings}}}
        """;

    /// <summary>Whether a byte reaches the backend and comes back.</summary>
    /// <param name="gateway">The gateway, at port 9000.</param>
    /// <param name="tls">What the client speaks; null = plain.</param>
    /// <param name="server">The backend's certificate, where it ends TLS; null = the gateway does.</param>
    private async Task<bool> PassesAsync(TestGateway gateway, ClientTls? tls = null, TestCertificate? server = null)
    {
        using var stop = new CancellationTokenSource(Eventually.Deadline);
        Task serving = EchoAsync(server, stop.Token);
        try
        {
            await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(gateway.Port(9000), tls, cancel: stop.Token);
            await client.SendAsync("x", stop.Token);
            byte[] answer = new byte[1];
            return await client.Stream.ReadAsync(answer, stop.Token) == 1;
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException)
        {
            return false;
        }
        finally
        {
            await stop.CancelAsync();
            await serving;
        }
    }

    private async Task EchoAsync(TestCertificate? server, CancellationToken stop)
    {
        try
        {
            using Socket socket = await _backend.AcceptSocketAsync(stop);
            await using Stream plain = new NetworkStream(socket);
            await using SslStream? secure = server is null ? null : new SslStream(plain);
            if (secure is not null)
                await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = server!.Certificate }, stop);
            await (secure ?? plain).CopyToAsync(secure ?? plain, stop);
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException or OperationCanceledException)
        {
            // The client has left, or none came.
        }
    }
}
