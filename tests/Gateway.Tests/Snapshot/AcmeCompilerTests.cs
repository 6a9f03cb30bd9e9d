using System.Text;
using Gateway.Config;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;

namespace Gateway.Tests.Snapshot;

public sealed class AcmeCompilerTests
{
    private const string Issuer = """
        apiVersion: cert-manager.io/v1
        kind: Issuer
        metadata: {name: le, namespace: default}
        spec: {acme: {server: "https://ca.example/dir", privateKeySecretRef: {name: account}, solvers: [{http01: {}}]}}
        """;

    private const string Secret = """
        apiVersion: v1
        kind: Secret
        metadata: {name: site, namespace: istio-system}
        """;

    [Fact]
    public void A_wildcard_is_left_out_with_a_finding_and_the_other_hosts_are_ordered()
    {
        CompileResult result = Compile(Issuer, Server("a.example", "*.b.example"));

        AcmeCertificateConfig certificate = Assert.Single(result.Snapshot.Acme).Certificate;
        Assert.Equal(["a.example"], certificate.Hosts);
        Assert.Equal("istio-system/site", certificate.Key);
        Assert.Equal(AcmeChallengeKind.TlsAlpn01, certificate.Challenge);
        Assert.Contains(result.Diagnostics, finding => finding.Code == "GW0303" && finding.Message.Contains("*.b.example", StringComparison.Ordinal));
    }

    [Fact]
    public void A_Secret_of_the_name_wins_with_a_finding()
    {
        CompileResult result = Compile(Issuer, Secret, Server("a.example"));

        Assert.Empty(result.Snapshot.Acme);
        Assert.Contains(result.Diagnostics, finding => finding.Code == "GW0304");
    }

    [Fact]
    public void An_issuer_that_does_not_exist_is_a_finding()
    {
        CompileResult result = Compile(Server("a.example"));

        Assert.Empty(result.Snapshot.Acme);
        Assert.Contains(result.Diagnostics, finding => finding.Code == "GW0202");
    }

    private static string Server(params string[] hosts) => $$"""
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: gw, namespace: default, annotations: {cert-manager.io/issuer: le} }
        spec:
          servers:
          - port: {number: 443, name: https, protocol: HTTPS}
            hosts: [{{string.Join(", ", hosts.Select(host => $"\"{host}\""))}}]
            tls: {mode: SIMPLE, credentialName: site}
        """;

    private static CompileResult Compile(params string[] documents)
    {
        LoadResult loaded = new ConfigLoader().Load([.. documents.Select((text, i) => new ConfigDocument($"{i}.yaml", Encoding.UTF8.GetBytes(text)))]);
        return SnapshotCompiler.Compile(loaded.Config, new GatewayIdentity());
    }
}
