using System.Net;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Tls;

/// <summary>TLS towards the destination, with real servers: what is checked, what is shown, and that nothing ever goes out in plain text instead.</summary>
public sealed class OriginationTests : IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _stranger = new("Somebody else");

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Theory]
    [InlineData("HTTP", "HTTP/1.1")]
    [InlineData("HTTP2", "HTTP/2")]
    public async Task The_host_of_the_request_is_the_server_name_and_must_stand_in_the_certificate(string protocol, string seenProtocol)
    {
        await using EchoUpstream echo = await StartAsync("good.test");
        await using TestGateway gateway = await TestGateway.StartAsync(
            [TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo, protocol), Authorities("ca", _authority), Rule("mode: SIMPLE, credentialName: ca")]);

        EchoRequest seen = await AskAsync(gateway, "good.test:8080");
        (int status, string flags) = await FailAsync(gateway, "other.test");

        Assert.Equal((true, "good.test", seenProtocol), (seen.Tls, seen.ServerName, seen.Protocol));
        Assert.Equal((503, "UF,URX"), (status, flags));
        Assert.Single(echo.Requests);
    }

    [Fact]
    public async Task A_server_of_an_unknown_authority_gets_nothing()
    {
        await using EchoUpstream echo = await StartAsync("good.test");
        await using TestGateway gateway = await StartGatewayAsync(echo, Rule("mode: SIMPLE, credentialName: ca"), Authorities("ca", _stranger));

        Assert.Equal((503, "UF,URX"), await FailAsync(gateway, "good.test"));
        Assert.Empty(echo.Requests);
    }

    [Theory]
    [InlineData("mode: SIMPLE, credentialName: ca, sni: other.test", 200)]
    [InlineData("mode: SIMPLE, credentialName: ca, subjectAltNames: [good.test]", 200)]
    [InlineData("mode: SIMPLE, credentialName: ca, subjectAltNames: [spiffe://test/good]", 200)]
    [InlineData("mode: SIMPLE, credentialName: ca, subjectAltNames: [other.test], sni: good.test", 503)]
    [InlineData("mode: SIMPLE, insecureSkipVerify: true", 200)]
    [InlineData("mode: SIMPLE", 503)]
    [InlineData("mode: DISABLE", 200)]
    public async Task Names_are_checked_as_the_rule_says(string tls, int status)
    {
        await using EchoUpstream echo = await StartAsync("good.test", "spiffe://test/good");
        await using TestGateway gateway = await StartGatewayAsync(echo, Rule(tls), Authorities("ca", _authority));

        (int seen, _) = await SendAsync(gateway, "whatever.test");

        Assert.Equal(status, seen);
        Assert.All(echo.Requests, request => Assert.Equal(!tls.Contains("DISABLE", StringComparison.Ordinal), request.Tls));
    }

    [Theory]
    [InlineData("configmap://default/authorities", 200)]
    [InlineData("configmap://default/others", 503)]
    [InlineData("configmap://elsewhere/authorities", 503)]
    public async Task Authorities_may_stand_in_a_ConfigMap_of_the_rule_s_namespace(string name, int status)
    {
        await using EchoUpstream echo = await StartAsync("good.test");
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);
        string map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: authorities, namespace: default}\ndata: {cacert: " + System.Text.Json.JsonSerializer.Serialize(_authority.AuthorityPem) + "}";

        IReadOnlyList<string> errors = await gateway.ApplyAsync(TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo), map, Rule($"mode: SIMPLE, credentialName: '{name}'"));

        Assert.Equal(status == 200, errors.Count == 0);
        Assert.Equal(status, (await SendAsync(gateway, "good.test")).Status);
    }

    [Theory]
    [InlineData("good.test", 200)]
    [InlineData("other.test", 503)]
    public async Task A_ServiceEntry_says_the_names_where_the_rule_does_not(string name, int status)
    {
        await using EchoUpstream echo = await StartAsync("good.test");
        string backend = TestConfig.Backend("up.test", echo) + $"\n  subjectAltNames: [{name}]";
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), backend, Authorities("ca", _authority), Rule("mode: SIMPLE, credentialName: ca, sni: any.test"));

        Assert.Equal(status, (await SendAsync(gateway, "whatever.test")).Status);
    }

    [Fact]
    public async Task Mutual_tls_shows_the_certificate_of_the_Secret_also_one_that_comes_later()
    {
        using TestCertificate server = _authority.IssueServer("good.test");
        using TestCertificate client = _authority.IssueClient("gateway");
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { Certificate = server.Certificate, ClientAuthority = _authority.Authority });
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);
        string[] config = [TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo), Rule("mode: MUTUAL, credentialName: own")];

        Assert.NotEmpty(await gateway.ApplyAsync(config));
        Assert.Equal((503, "UF,URX"), await FailAsync(gateway, "good.test"));
        Assert.Equal(0, echo.Connections);
        Assert.Empty(await gateway.ApplyAsync([.. config, TestConfig.Secret("own", client, _authority.AuthorityPem)]));
        EchoRequest seen = await AskAsync(gateway, "good.test");

        Assert.Equal("CN=gateway", seen.ClientCertificateSubject);
    }

    [Fact]
    public async Task A_server_that_wants_a_certificate_refuses_a_gateway_without()
    {
        using TestCertificate server = _authority.IssueServer("good.test");
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { Certificate = server.Certificate, ClientAuthority = _authority.Authority });
        await using TestGateway gateway = await StartGatewayAsync(echo, Rule("mode: SIMPLE, credentialName: ca"), Authorities("ca", _authority));

        Assert.Equal(503, (await SendAsync(gateway, "good.test")).Status);
        Assert.Empty(echo.Requests);
    }

    [Theory]
    [InlineData("mode: ISTIO_MUTUAL")]
    [InlineData("mode: SIMPLE, caCrl: /none.pem")]
    [InlineData("mode: SIMPEL")]
    [InlineData("mode: MUTUAL")]
    [InlineData("mode: SIMPLE, unknown: field")]
    public async Task What_asks_for_tls_that_cannot_be_made_is_never_reached_in_plain_text(string tls)
    {
        await using EchoUpstream echo = await StartAsync("good.test");
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);

        await gateway.ApplyAsync(TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo), Rule(tls));

        Assert.Equal((503, "UF,URX"), await FailAsync(gateway, "good.test"));
        Assert.Equal(0, echo.Connections);
    }

    [Theory]
    [InlineData(false, 200)]
    [InlineData(true, 503)]
    public async Task A_certificate_that_was_taken_back_is_refused(bool revoked, int status)
    {
        using TestCertificate server = _authority.IssueServer("good.test");
        using TestCertificate other = _authority.IssueServer("other.test");
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { Certificate = server.Certificate });
        string list = _authority.RevocationListPem(DateTimeOffset.UtcNow.AddDays(1), revoked ? server : other);
        string secret = Authorities("ca", _authority).Replace("data: {", $"data: {{crl: {Convert.ToBase64String(Encoding.UTF8.GetBytes(list))}, ", StringComparison.Ordinal);
        string folder = Directory.CreateTempSubdirectory("gateway-crl").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "ca.pem"), _authority.AuthorityPem);
        await File.WriteAllTextAsync(Path.Combine(folder, "crl.pem"), list);
        await using TestGateway bySecret = await StartGatewayAsync(echo, Rule("mode: SIMPLE, credentialName: ca"), secret);
        await using TestGateway byFile = await StartGatewayAsync(echo, Rule($"mode: SIMPLE, caCertificates: {folder}/ca.pem, caCrl: {folder}/crl.pem"));

        Assert.Equal(status, (await SendAsync(bySecret, "good.test")).Status);
        Assert.Equal(status, (await SendAsync(byFile, "good.test")).Status);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("", "outbound_.80_._.up.test", 200)]
    [InlineData(", sni: named.test", "named.test", 200)]
    [InlineData(", subjectAltNames: [spiffe://test/ns/a/sa/good]", "outbound_.80_._.up.test", 200)]
    [InlineData(", subjectAltNames: [spiffe://test/ns/a/sa/other]", "", 503)]
    public async Task With_ISTIO_MUTUAL_the_workload_certificate_is_shown_and_the_mesh_is_trusted(string more, string serverName, int status)
    {
        using TestCertificate server = _authority.IssueServer("good.test", "spiffe://test/ns/a/sa/good");
        using TestCertificate workload = _authority.IssueClient("gateway", "spiffe://test/ns/istio-system/sa/gateway");
        string folder = Directory.CreateTempSubdirectory("gateway-workload").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "cert-chain.pem"), workload.CertificatePem);
        await File.WriteAllTextAsync(Path.Combine(folder, "key.pem"), workload.KeyPem);
        await File.WriteAllTextAsync(Path.Combine(folder, "root-cert.pem"), _authority.AuthorityPem);
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { Certificate = server.Certificate, ClientAuthority = _authority.Authority });
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);
        gateway.WorkloadCertificates = folder;
        Assert.Empty(await gateway.ApplyAsync(TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo), Rule("mode: ISTIO_MUTUAL" + more)));

        Assert.Equal(status, (await SendAsync(gateway, "whatever.test")).Status);
        Directory.Delete(folder, recursive: true);
        if (status != 200)
        {
            Assert.Empty(echo.Requests);
            return;
        }
        EchoRequest seen = Assert.Single(echo.Requests);
        Assert.Equal(("CN=gateway", serverName), (seen.ClientCertificateSubject, seen.ServerName));
    }

    [Theory]
    [InlineData("mode: SIMPLE, credentialName: ca, sni: other.test", 503)]
    [InlineData("mode: SIMPLE, credentialName: ca, sni: good.test", 200)]
    [InlineData("mode: SIMPLE, insecureSkipVerify: true", 503)]
    public async Task Servers_are_always_verified_where_the_gateway_is_told_to(string tls, int status)
    {
        await using EchoUpstream echo = await StartAsync("good.test");
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);
        gateway.VerifiesServers = true;
        Assert.Empty(await gateway.ApplyAsync(TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo), Rule(tls), Authorities("ca", _authority)));

        Assert.Equal(status, (await SendAsync(gateway, "whatever.test")).Status);
    }

    [Theory]
    [InlineData("", "", 503, true)]
    [InlineData(", subjectAltNames: [spiffe://cluster.local/ns/default/sa/good]", "", 200, true)]
    [InlineData("", "good", 200, true)]
    [InlineData("", "other", 503, true)]
    [InlineData("", "other", 503, false)]
    [InlineData(", subjectAltNames: [spiffe://cluster.local/ns/default/sa/good]", "other", 200, false)]
    public async Task A_workload_is_known_by_its_account_and_one_that_nothing_names_is_nobody_where_servers_are_always_verified(string more, string account, int status, bool always)
    {
        using TestCertificate server = _authority.IssueServer("spiffe://cluster.local/ns/default/sa/good");
        string folder = Directory.CreateTempSubdirectory("gateway-workload").FullName;
        using TestCertificate workload = _authority.IssueClient("gateway", "spiffe://cluster.local/ns/istio-system/sa/gateway");
        await File.WriteAllTextAsync(Path.Combine(folder, "cert-chain.pem"), workload.CertificatePem);
        await File.WriteAllTextAsync(Path.Combine(folder, "key.pem"), workload.KeyPem);
        await File.WriteAllTextAsync(Path.Combine(folder, "root-cert.pem"), _authority.AuthorityPem);
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { Certificate = server.Certificate, ClientAuthority = _authority.Authority });
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);
        gateway.WorkloadCertificates = folder;
        gateway.VerifiesServers = always;
        string backend = TestConfig.Backend("up.test", echo);
        if (account.Length > 0)
            backend = backend.Replace("address: 127.0.0.1,", $"address: 127.0.0.1, serviceAccount: {account},", StringComparison.Ordinal);
        Assert.Equal(account.Length > 0, backend.Contains("serviceAccount", StringComparison.Ordinal));
        Assert.Empty(await gateway.ApplyAsync(TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), backend, Rule("mode: ISTIO_MUTUAL" + more)));

        Assert.Equal(status, (await SendAsync(gateway, "whatever.test")).Status);
        Assert.Equal(always && more.Length + account.Length == 0, gateway.Warnings.Any(one => one.Contains("as --verify-servers asks", StringComparison.Ordinal)));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("", 200)]
    [InlineData("spiffe://test/good", 200)]
    [InlineData("spiffe://test/other", 503)]
    public async Task The_names_of_a_service_are_wanted_beside_that_of_the_host(string name, int status)
    {
        await using EchoUpstream echo = await StartAsync("good.test", "spiffe://test/good");
        string backend = TestConfig.Backend("up.test", echo) + (name.Length > 0 ? $"\n  subjectAltNames: ['{name}']" : "");
        await using TestGateway gateway = await TestGateway.StartAsync(
            [TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), backend, Rule("mode: SIMPLE, credentialName: ca"), Authorities("ca", _authority)]);

        Assert.Equal(status, (await SendAsync(gateway, "good.test")).Status);
        Assert.Equal(503, (await SendAsync(gateway, "elsewhere.test")).Status);
    }

    [Fact]
    public async Task A_list_of_revoked_certificates_counts_beside_the_authorities_only()
    {
        using TestCertificate server = _authority.IssueServer("good.test");
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { Certificate = server.Certificate });
        string list = Convert.ToBase64String(Encoding.UTF8.GetBytes(_authority.RevocationListPem(DateTimeOffset.UtcNow.AddDays(1), server)));
        string unused = $$"""
            apiVersion: v1
            kind: Secret
            metadata: {name: ca, namespace: istio-system}
            data: {crl: {{list}}}
            """;
        string used = Authorities("ca", _authority).Replace("data: {", $"data: {{crl: {list}, ", StringComparison.Ordinal);
        await using TestGateway ignoring = await StartGatewayAsync(echo, Rule("mode: SIMPLE, credentialName: ca"), Authorities("ca", _authority), unused);
        await using TestGateway looking = await StartGatewayAsync(echo, Rule("mode: SIMPLE, credentialName: ca"), used);

        Assert.Equal(200, (await SendAsync(ignoring, "good.test")).Status);
        Assert.Contains(ignoring.Warnings, one => one.Contains("holds a list of revoked certificates that has no effect", StringComparison.Ordinal));
        Assert.Equal(503, (await SendAsync(looking, "good.test")).Status);
    }

    [Theory]
    [InlineData("mode: SIMPLE, sni: good.test", "sni is set and there are no subjectAltNames")]
    [InlineData("mode: SIMPLE, insecureSkipVerify: true", "insecureSkipVerify: any server's certificate is taken")]
    [InlineData("mode: ISTIO_MUTUAL", "any workload of the mesh is taken for the server")]
    [InlineData("mode: ISTIO_MUTUAL, subjectAltNames: [spiffe://test/ns/a/sa/good]", null)]
    [InlineData("mode: SIMPLE, sni: good.test, subjectAltNames: [good.test]", null)]
    [InlineData("mode: SIMPLE", null)]
    public async Task A_rule_that_leaves_the_server_open_is_warned_of_at_its_line(string tls, string? warning)
    {
        await using EchoUpstream echo = await StartAsync("good.test");
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);
        await gateway.ApplyAsync(TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo), Rule(tls));

        string[] warnings = [.. gateway.Warnings.Where(one => one.Contains("GW0306", StringComparison.Ordinal))];

        if (warning is null)
            Assert.Empty(warnings);
        else
            Assert.Contains(warning, Assert.Single(warnings), StringComparison.Ordinal);
        Assert.All(warnings, one => Assert.StartsWith("document-3.yaml:7:", one, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_rule_closes_only_the_subsets_and_ports_it_covers()
    {
        await using EchoUpstream echo = await StartAsync("good.test");
        const string Refused = """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: refused, namespace: default}
            spec:
              host: up.test
              unknown: field
              trafficPolicy:
                portLevelSettings: [{port: {number: 443}, tls: {mode: SIMPLE}}]
            """;
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);
        string closed = Refused.Replace("443", "80", StringComparison.Ordinal);

        await gateway.ApplyAsync(TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo), Refused);
        Assert.Equal(200, (await SendAsync(gateway, "good.test")).Status);
        await gateway.ApplyAsync(TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo), closed);
        Assert.Equal(503, (await SendAsync(gateway, "good.test")).Status);
    }

    [Theory]
    [InlineData("mode: SIMPLE, credentialName: ca", 2)]
    [InlineData("mode: SIMPLE, credentialName: ca, sni: good.test", 1)]
    public async Task Hosts_share_a_connection_only_if_its_handshake_names_neither(string tls, int connections)
    {
        await using EchoUpstream echo = await StartAsync("*.good.test");
        await using TestGateway gateway = await StartGatewayAsync(echo, Rule(tls), Authorities("ca", _authority));

        string[] ids = [(await AskAsync(gateway, "a.good.test")).ConnectionId, (await AskAsync(gateway, "b.good.test")).ConnectionId, (await AskAsync(gateway, "a.good.test")).ConnectionId];

        Assert.Equal(connections, ids.Distinct().Count());
        Assert.Equal(ids[0], ids[2]);
    }

    private static string Rule(string tls) => $$"""
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: up, namespace: default}
        spec:
          host: up.test
          trafficPolicy:
            tls: {{{tls}}}
        """;

    private static string Authorities(string name, TestCertificates authority) => $$"""
        apiVersion: v1
        kind: Secret
        metadata: {name: {{name}}-cacert, namespace: istio-system}
        data: {cacert: {{Convert.ToBase64String(Encoding.UTF8.GetBytes(authority.AuthorityPem))}}}
        """;

    private static Task<TestGateway> StartGatewayAsync(EchoUpstream echo, params string[] more) =>
        TestGateway.StartAsync([TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo), .. more]);

    private static async Task<(int Status, string Body)> SendAsync(TestGateway gateway, string host)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", host, "/");
        using HttpResponseMessage response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<EchoRequest> AskAsync(TestGateway gateway, string host)
    {
        (int status, string body) = await SendAsync(gateway, host);
        Assert.True(status == 200, body);
        return EchoRequest.Parse(body);
    }

    private static async Task<(int Status, string Flags)> FailAsync(TestGateway gateway, string host)
    {
        int before = gateway.Completed.Count;
        (int status, _) = await SendAsync(gateway, host);
        await Eventually.HoldsAsync(() => gateway.Completed.Count > before, "the request has ended");
        return (status, gateway.Completed.Last().Flags);
    }

    private async Task<EchoUpstream> StartAsync(params string[] names)
    {
        TestCertificate certificate = _authority.IssueServer(names);
        return await EchoUpstream.StartAsync(new EchoOptions { Certificate = certificate.Certificate });
    }
}
