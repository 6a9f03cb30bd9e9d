using Gateway.Testing;
using Gateway.Tests.Sources;

namespace Gateway.Tests.Cli;

/// <summary>What <c>gateway explain</c> says of tokens and policies: which rule decided, what failed, and never the token.</summary>
public sealed class ExplainTokenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestTokens _signer = new();

    public ExplainTokenTests() => _folder.Write("shop.yaml", $$$"""
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: gw, namespace: default}
        spec:
          servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: shop, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [gw]
          http: [{directResponse: {status: 200}}]
        ---
        apiVersion: security.istio.io/v1
        kind: RequestAuthentication
        metadata: {name: tokens, namespace: istio-system}
        spec:
          jwtRules:
          - issuer: {{{TestTokens.Issuer}}}
            jwks: '{{{_signer.Jwks}}}'
            forwardOriginalToken: true
            outputPayloadToHeader: x-payload
            fromHeaders: [{name: authorization, prefix: "Bearer "}, {name: x-token}]
            fromParams: [token]
            fromCookies: [session]
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: closed, namespace: istio-system}
        spec: {action: DENY, rules: [{to: [{operation: {paths: ["/closed"]}}]}]}
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: staff, namespace: istio-system}
        spec:
          rules:
          - from: [{source: {requestPrincipals: ["{{{TestTokens.Issuer}}}/*"]}}]
            when: [{key: "request.auth.claims[groups]", values: [staff]}]
          - to: [{operation: {paths: ["/public*"]}}]
        """);

    public void Dispose()
    {
        _folder.Dispose();
        _signer.Dispose();
    }

    [Theory]
    [InlineData("/", ",\"groups\":[\"staff\"]", "ns[istio-system]-policy[staff]-rule[0] matches: it is allowed", "path must be \"/closed\", and is \"/\"")]
    [InlineData("/public/x", "", "ns[istio-system]-policy[staff]-rule[1] matches: it is allowed", "claims[groups] must be \"staff\", and is missing")]
    [InlineData("/", ",\"groups\":[\"guests\"]", "no rule matches: it is denied", "claims[groups] must be \"staff\", and is \"guests\"")]
    [InlineData("/closed", ",\"groups\":[\"staff\"]", "ns[istio-system]-policy[closed]-rule[0] matches: it is denied", "details        rbac_access_denied_matched_policy[ns[istio-system]-policy[closed]-rule[0]]")]
    public async Task The_rule_that_decides_is_named_and_what_failed_in_the_others(string path, string claims, string verdict, string more)
    {
        string token = _signer.Sign("alice", more: claims);

        string output = await ExplainAsync(token, $"authorization: Bearer {token}", path);

        Assert.Contains($"valid by RequestAuthentication istio-system/tokens, issuer \"{TestTokens.Issuer}\"", output, StringComparison.Ordinal);
        Assert.Contains(verdict, output, StringComparison.Ordinal);
        Assert.Contains(more, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x-token: {0}", "/")]
    [InlineData("x-other: Bearer {0}", "/")]
    [InlineData("cookie: a=b; session={0}", "/")]
    [InlineData("x: y", "/?token={0}")]
    [InlineData("x: y", "/?other={0}&b")]
    [InlineData("x: y", "/{0}/x")]
    public async Task A_token_is_shown_from_nowhere(string header, string path)
    {
        string token = _signer.Sign("alice", more: ",\"groups\":[\"staff\"]");

        await ExplainAsync(token, header.Replace("{0}", token, StringComparison.Ordinal), path.Replace("{0}", token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_forged_token_is_refused_with_the_reason_and_without_its_text()
    {
        using var forger = new TestTokens();
        string token = forger.Sign("alice");

        Assert.Contains("refused: Jwt verification fails", await ExplainAsync(token, $"authorization: Bearer {token}", "/"), StringComparison.Ordinal);
    }

    /// <summary>What is printed, which holds no part of the token, as text and as JSON.</summary>
    private async Task<string> ExplainAsync(string token, string header, string path)
    {
        string text = "";
        foreach (string format in (string[])["json", "text"])
        {
            CliRun run = await CliRun.OfAsync("explain", "--config", _folder.Path, "--output", format, "--header", header, "GET", "http://shop.test" + path);
            text = run.Out + run.Error;
            Assert.All(token.Split('.'), part => Assert.DoesNotContain(part, text, StringComparison.Ordinal));
        }
        return text;
    }
}
