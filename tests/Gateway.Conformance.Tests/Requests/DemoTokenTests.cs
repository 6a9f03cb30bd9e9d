using System.Net;
using Gateway.Conformance.Tests.Cases;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>Istio's demo tokens with the policies of its task "JWT Token".</summary>
public sealed class DemoTokenTests
{
    private const string Folder = "../shared/istio/jwt/samples";

    private static readonly string Samples = Path.GetFullPath(Folder, CaseFolders.RepositoryRoot);

    [SamplesTheory(Folder)]
    [InlineData("demo.jwt", "/headers", 200)]
    [InlineData("demo.jwt", "/groups", 403)]
    [InlineData("groups-scope.jwt", "/headers", 200)]
    [InlineData("groups-scope.jwt", "/groups", 200)]
    [InlineData(null, "/headers", 403)]
    public async Task The_demo_tokens_work_with_the_sample_policies(string? file, string path, int status)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(), TestConfig.Backend("echo.test", echo), TestConfig.Route("*", "echo.test"),
            $$"""
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata: {name: jwt-example, namespace: istio-system}
            spec:
              jwtRules:
              - issuer: testing@secure.istio.io
                jwks: '{{(await File.ReadAllTextAsync(Path.Combine(Samples, "jwks.json"))).ReplaceLineEndings(" ").Trim()}}'
            """,
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: require-jwt, namespace: istio-system}
            spec:
              action: ALLOW
              rules:
              - from: [{source: {requestPrincipals: ["testing@secure.istio.io/testing@secure.istio.io"]}}]
                to: [{operation: {notPaths: ["/groups"]}}]
              - from: [{source: {requestPrincipals: ["testing@secure.istio.io/testing@secure.istio.io"]}}]
                when: [{key: "request.auth.claims[groups]", values: ["group1"]}]
            """);
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", "shop.test", path);
        if (file is not null)
            request.Headers.TryAddWithoutValidation("authorization", "Bearer " + (await File.ReadAllTextAsync(Path.Combine(Samples, file))).Trim());

        Assert.Equal(status, (int)(await client.SendAsync(request)).StatusCode);
    }
}
