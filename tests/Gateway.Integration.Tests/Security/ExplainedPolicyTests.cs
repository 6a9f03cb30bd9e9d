using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;
using Gateway.Snapshot.Explanation;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Security;

/// <summary>What becomes of a request under policies is what <c>gateway explain</c> says of it.</summary>
public sealed class ExplainedPolicyTests
{
    private static readonly string[] Paths = ["/", "/closed", "/closed/x", "/groups", "/claims", "/other", "/asked", "/a/../closed"];

    [Fact]
    public async Task Live_and_explained_are_the_same()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        using var signer = new TestTokens();
        using var forger = new TestTokens();
        string[] documents =
        [
            TestConfig.HttpGateway(), TestConfig.Backend("echo.test", echo), TestConfig.Route("*", "echo.test"),
            $$"""
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata: {name: tokens, namespace: istio-system}
            spec: {jwtRules: [{issuer: "{{TestTokens.Issuer}}", audiences: [shop], jwks: '{{signer.Jwks}}'}, {issuer: "https://other.test", jwks: '{{forger.Jwks}}', fromHeaders: [{name: x-other}]}]}
            """,
            Policy("asked", "CUSTOM, provider: {name: nobody}", "{to: [{operation: {paths: [/asked]}}]}"),
            Policy("closed", "DENY", "{to: [{operation: {paths: ['/closed*']}}], from: [{source: {notRequestPrincipals: ['*/boss']}}]}, {when: [{key: 'request.headers[x-bad]', values: ['*']}]}"),
            Policy("open", "ALLOW", """
                {to: [{operation: {paths: ["/", "/closed*"], methods: [GET, HEAD]}}]},
                {to: [{operation: {paths: [/groups]}}], when: [{key: "request.auth.claims[groups]", values: ["st*"]}]},
                {to: [{operation: {paths: [/claims]}}], when: [{key: "request.auth.claims[org][team]", notValues: [red]}, {key: request.auth.audiences, values: [shop]}]},
                {from: [{source: {requestPrincipals: ["https://other.test/*"]}}], to: [{operation: {paths: [/other], hosts: ["a.test", "a.test:*"]}}]}
                """.ReplaceLineEndings(" ")),
        ];
        (string Name, string? Header)[] headers =
        [
            ("none", null),
            ("good", $"authorization: Bearer {signer.Sign("alice", more: ",\"aud\":\"shop\",\"groups\":[\"a\",\"staff\"],\"org\":{\"team\":\"blue\"}")}"),
            ("red", $"authorization: Bearer {signer.Sign("alice", more: ",\"aud\":[\"x\",\"shop\"],\"groups\":\"guests\",\"org\":{\"team\":\"red\"}")}"),
            ("boss", $"authorization: Bearer {signer.Sign("boss", more: ",\"aud\":\"shop\"")}"),
            ("wrong audience", $"authorization: Bearer {signer.Sign("boss", more: ",\"aud\":\"x\"")}"),
            ("forged", $"authorization: Bearer {forger.Sign("boss", more: ",\"aud\":\"shop\"")}"),
            ("unknown issuer", $"authorization: Bearer {signer.Sign("boss", "https://nobody.test")}"),
            ("other", $"x-other: {forger.Sign("carol", "https://other.test")}"),
            ("no token", "authorization: Basic YTpi"),
            ("bad header", "x-bad: 1"),
        ];
        LoadResult load = new ConfigLoader().Load([.. documents.Select((text, i) => new ConfigDocument($"{i}.yaml", Encoding.UTF8.GetBytes(text)))]);
        Assert.Empty(load.Diagnostics.Where(finding => finding.Severity == Severity.Error));
        GatewaySnapshot snapshot = SnapshotCompiler.Compile(load.Config, new GatewayIdentity()).Snapshot;
        await using TestGateway gateway = await TestGateway.StartAsync(documents);
        var differences = new List<string>();
        var answers = new HashSet<string>();

        foreach ((string name, string? header) in headers)
        {
            foreach (string path in Paths)
            {
                string lines = header is null ? "" : header + "\r\n";
                int before = gateway.Completed.Count;
                Assert.NotNull(await RawHttpConnection.ExchangeAsync(gateway.Port(80), $"GET {path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n{lines}\r\n"));
                await Eventually.HoldsAsync(() => gateway.Completed.Count > before, "the request has ended");
                CompletedRequest live = gateway.Completed.Last();
                int colon = header?.IndexOf(':', StringComparison.Ordinal) ?? 0;
                Explanation said = RequestExplainer.Explain(snapshot, new ExplainRequest
                {
                    Port = 80,
                    Authority = "a.test",
                    Target = path,
                    Headers = header is null ? [] : [KeyValuePair.Create(header[..colon], header[(colon + 1)..].Trim())],
                });
                string wasLive = $"{live.Status} {live.Details}";
                string wasSaid = said.Outcome == "forward" ? "200 via_upstream" : $"{said.Status} {said.Details}";
                answers.Add(wasLive);
                if (wasLive != wasSaid)
                    differences.Add($"{name} {path}: {wasLive}, explained: {wasSaid}");
            }
        }

        Assert.Empty(differences);
        Assert.True(answers.Count >= 7, string.Join('\n', answers));
    }

    private static string Policy(string name, string action, string rules) => $$"""
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: {{name}}, namespace: istio-system}
        spec: {action: {{action}}, rules: [{{rules}}]}
        """;
}
