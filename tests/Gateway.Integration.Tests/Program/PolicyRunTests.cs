using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Program;

/// <summary>What libraries do by reflection where they may: tokens, policies, TLS on both sides and HTTP/2, in the program as it ships.</summary>
[Trait("Drives", "Program")]
public sealed class PolicyRunTests : IAsyncLifetime, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway").FullName;
    private readonly TestTokens _tokens = new();
    private readonly TestCertificates _authority = new();
    private EchoUpstream _echo = null!;

    public async Task InitializeAsync() => _echo = await EchoUpstream.StartAsync("a");

    public async Task DisposeAsync()
    {
        await _echo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public void Dispose()
    {
        _tokens.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData(80, "1.1")]
    [InlineData(443, "1.1")]
    [InlineData(443, "2.0")]
    public async Task A_token_decides_and_what_it_claims_is_routed_by(int port, string version)
    {
        using TestCertificate certificate = _authority.IssueServer("a.test");
        await File.WriteAllTextAsync(Path.Combine(_folder, "all.yaml"), string.Join("\n---\n",
            TestConfig.HttpGateway(), TestConfig.HttpsGateway("tls"), TestConfig.Secret("tls", certificate), TestConfig.Backend("up.test", _echo), $$"""
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: a, namespace: default}
            spec:
              hosts: [a.test]
              gateways: [gateway, gateway-tls]
              http:
              - match: [{headers: {"@request.auth.claims.tier": {exact: gold} } }]
                directResponse: {status: 202}
              - route: [{destination: {host: up.test} }]
            ---
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata: {name: tokens, namespace: istio-system}
            spec:
              jwtRules: [{issuer: "{{TestTokens.Issuer}}", jwks: '{{_tokens.Jwks}}'}]
            ---
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: named, namespace: istio-system}
            spec:
              rules: [{from: [{source: {requestPrincipals: ["{{TestTokens.Issuer}}/ann"]} }] }]
            """));
        await using GatewayProcess gateway = await GatewayProcess.StartAsync("run", "--config", _folder);
        int bound = await gateway.PortAsync(port);

        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(null));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(_tokens.Sign("ann")));
        Assert.Equal(HttpStatusCode.Accepted, await AskAsync(_tokens.Sign("ann", more: ",\"tier\":\"gold\"")));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(_tokens.Sign("bob")));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(_tokens.Sign("ann") + "x"));

        async Task<HttpStatusCode> AskAsync(string? token)
        {
            ClientTls? tls = port != 443 ? null : version == "2.0" ? ClientTls.Http2("a.test") : ClientTls.Http1("a.test");
            using HttpClient client = TestHttpClient.Create(bound, Version.Parse(version), tls);
            using HttpRequestMessage request = TestHttpClient.Request(
                HttpMethod.Get, Version.Parse(version), tls is null ? "http" : "https", "a.test", "/");
            if (token is not null)
                request.Headers.Authorization = new("Bearer", token);
            using HttpResponseMessage answer = await client.SendAsync(request);
            return answer.StatusCode;
        }
    }
}
