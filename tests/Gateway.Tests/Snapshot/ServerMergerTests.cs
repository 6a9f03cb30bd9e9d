using Gateway.Listeners;

namespace Gateway.Tests.Snapshot;

/// <summary>
/// Which servers of several Gateways go together on a port. The rules are those of Istio's mergeGateways; the Gateways
/// are written as <c>PROTOCOL host port [bind]</c>, oldest first.
/// </summary>
public sealed class ServerMergerTests
{
    [Theory]
    // HTTP goes with HTTP, whatever it is called.
    [InlineData("HTTP a.test 80", "0.0.0.0_80: HTTP", "")]
    [InlineData("HTTP a.test 80; HTTP b.test 80", "0.0.0.0_80: HTTP", "")]
    [InlineData("HTTP a.test 80; HTTP * 80; HTTP * 81", "0.0.0.0_80: HTTP; 0.0.0.0_81: HTTP", "")]
    [InlineData("HTTP * 80; HTTP2 * 80; GRPC a.test 80", "0.0.0.0_80: HTTP", "")]
    // Binds of their own are ports of their own.
    [InlineData("HTTP a.test 80; HTTP b.test 80 127.0.0.1", "0.0.0.0_80: HTTP; 127.0.0.1_80: HTTP", "")]
    [InlineData("HTTP a.test 80 0.0.0.0; HTTP b.test 80", "0.0.0.0_80: HTTP", "")]
    [InlineData("TCP * 80 10.0.0.1; TCP * 80 10.0.0.2", "10.0.0.1_80: TCP; 10.0.0.2_80: TCP", "")]
    [InlineData("HTTPS *.test 443 10.0.0.1; HTTP *.test 443 10.0.0.2", "10.0.0.1_443: HTTPS; 10.0.0.2_443: HTTP", "")]
    [InlineData("HTTP *.test 443 10.0.0.2; HTTPS *.test 443 10.0.0.1", "10.0.0.1_443: HTTPS; 10.0.0.2_443: HTTP", "")]
    [InlineData("HTTPS *.test 443 10.0.0.1; HTTPS *.test 443 10.0.0.2", "10.0.0.1_443: HTTPS; 10.0.0.2_443: HTTPS", "")]
    // TCP in plain text is alone with what came before it.
    [InlineData("TCP * 80; HTTP * 80", "0.0.0.0_80: TCP", "GW0204 g2")]
    [InlineData("HTTP * 80; TCP * 80", "0.0.0.0_80: HTTP", "GW0204 g2")]
    [InlineData("TCP a.test 80; TCP b.test 80", "0.0.0.0_80: TCP", "GW0204 g2")]
    [InlineData("HTTP a.test 80; TCP * 81", "0.0.0.0_80: HTTP; 0.0.0.0_81: TCP", "")]
    // TLS goes with TLS as long as the hosts are different ones.
    [InlineData("HTTPS *.example.test 443; PASSTHROUGH foo.example.test 443", "0.0.0.0_443: HTTPS PASSTHROUGH", "")]
    [InlineData("PASSTHROUGH foo.example.test 443; HTTPS *.example.test 443; TLS db.test 443", "0.0.0.0_443: PASSTHROUGH HTTPS TLS", "")]
    [InlineData("HTTPS a.test 443; HTTPS a.test 443", "0.0.0.0_443: HTTPS", "GW0203 g2")]
    [InlineData("HTTPS a.test 443; PASSTHROUGH a.test 443", "0.0.0.0_443: HTTPS", "GW0203 g2")]
    // Plain text may come after TLS, and TLS not after plain text.
    [InlineData("HTTP a.test 443; HTTPS b.test 443", "0.0.0.0_443: HTTP", "GW0204 g2")]
    [InlineData("TCP * 443; HTTPS b.test 443", "0.0.0.0_443: TCP", "GW0204 g2")]
    [InlineData("HTTPS b.test 443; HTTP a.test 443", "0.0.0.0_443: HTTPS HTTP", "GW0209 g2")]
    [InlineData("HTTPS b.test 443; HTTP a.test 443; HTTP c.test 443", "0.0.0.0_443: HTTPS HTTP", "GW0209 g2")]
    [InlineData("HTTPS b.test 443; HTTP a.test 443; HTTPS c.test 443", "0.0.0.0_443: HTTPS HTTP", "GW0209 g2; GW0204 g3")]
    [InlineData("PASSTHROUGH b.test 443; TCP * 443; HTTP a.test 443", "0.0.0.0_443: PASSTHROUGH TCP", "GW0209 g2; GW0204 g3")]
    public void Servers_go_together_as_in_Istio(string gateways, string listeners, string findings)
    {
        string[] written = gateways.Split("; ");
        Compiled compiled = Compiled.From(string.Concat(written.Select((gateway, index) => Gateway($"g{index + 1}", gateway.Split(' ')))) + Routes(written.Length));

        Assert.Equal(listeners, string.Join("; ", compiled.Snapshot.Listeners.OrderBy(listener => listener.Name, StringComparer.Ordinal)
            .Select(listener => $"{listener.Name}: {string.Join(' ', listener.FilterChains.Select(Kind))}")));
        Assert.Equal(findings, string.Join("; ", compiled.Result.Diagnostics
            .Where(finding => finding.Code is "GW0203" or "GW0204" or "GW0209").Select(finding => $"{finding.Code} {finding.Resource?.Name}")));
    }

    [Fact]
    public void What_shares_a_port_with_TLS_says_so_and_what_is_left_out_says_why()
    {
        Compiled compiled = Compiled.From(
            Gateway("g1", ["HTTPS", "b.test", "443"]) + Gateway("g2", ["HTTP", "a.test", "443"]) + Gateway("g3", ["HTTPS", "c.test", "443"]) + Routes(3));

        Assert.Contains("GW0209 spec.servers[0].port: Port 443 is used with TLS by Gateway default/g1 spec.servers[0]; this HTTP server gets the connections that do not begin with a TLS hello. TLS servers that come after it on the port are left out.", compiled.Findings);
        Assert.Contains("GW0204 spec.servers[0].port: Port 443 is used as HTTP by Gateway default/g2 spec.servers[0]; this HTTPS server is left out.", compiled.Findings);
    }

    [Fact]
    public void Server_names_of_tls_routes_need_not_be_hosts_of_the_server_as_long_as_the_VirtualService_has_one()
    {
        Compiled compiled = Compiled.From(Gateway("g1", ["PASSTHROUGH", "a.test", "443"]) + """
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: all, namespace: default}
            spec:
              hosts: ["*.test"]
              gateways: [g1]
              tls: [{match: [{sniHosts: [a.test, B.test]}], route: [{destination: {host: a, port: {number: 80} } }]}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: other, namespace: default}
            spec:
              hosts: ["c.test"]
              gateways: [g1]
              tls: [{match: [{sniHosts: [c.test]}], route: [{destination: {host: a, port: {number: 80} } }]}]

            """ + Compiled.Services("a"));

        FilterChainConfig chain = Assert.Single(Assert.Single(compiled.Snapshot.Listeners).FilterChains);
        Assert.Equal(["a.test", "b.test"], chain.ServerNames);
    }

    [Theory]
    [InlineData("PASSTHROUGH *.a.test 443", "HTTPS x.a.test 443", "PASSTHROUGH", "GW0203 g2 spec.servers[0].hosts")]
    [InlineData("HTTPS x.a.test 443", "PASSTHROUGH *.a.test 443", "HTTPS", "GW0203 routes spec.tls[0].match[0]")]
    public void A_server_name_that_one_server_ends_and_another_passes_through_is_the_older_one_s(string first, string second, string kind, string finding)
    {
        Compiled compiled = Compiled.From(Gateway("g1", first.Split(' ')) + Gateway("g2", second.Split(' ')) + """
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: routes, namespace: default}
            spec:
              hosts: ["*.a.test"]
              gateways: [g1, g2]
              tls: [{match: [{sniHosts: [x.a.test]}], route: [{destination: {host: a, port: {number: 80} } }]}]

            """ + Compiled.Services("a"));

        var chains = new ListenerChains(Assert.Single(compiled.Snapshot.Listeners), static _ => null);
        Assert.Equal(kind, Kind(chains.Find("x.a.test", offersMeshProtocol: false)!.Config));
        Assert.Contains(finding, compiled.Result.Diagnostics.Select(one => $"{one.Code} {one.Resource?.Name} {one.FieldPath}"));
    }

    private static string Kind(FilterChainConfig chain) => chain switch
    {
        { IsPassthrough: true } => "PASSTHROUGH",
        { Tls: null, Tcp: null } => "HTTP",
        { Tls: null } => "TCP",
        { Tcp: null } => "HTTPS",
        _ => "TLS",
    };

    private static string Gateway(string name, string[] words) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: {{name}}, namespace: default}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: {{words[2]}}, name: p, protocol: {{(words[0] == "PASSTHROUGH" ? "TLS" : words[0])}}}
            hosts: ["{{words[1]}}"]
            {{(words.Length > 3 ? $"bind: {words[3]}" : "")}}
            {{(words[0] switch
    {
        "PASSTHROUGH" => "tls: {mode: PASSTHROUGH}",
        "HTTPS" or "TLS" => "tls: {mode: SIMPLE, credentialName: cert}",
        _ => "",
    })}}

        """;

    private static string Routes(int gateways) => string.Concat(Enumerable.Range(1, gateways).Select(index => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: v{{index}}, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [g{{index}}]
          http: [{route: [{destination: {host: a, port: {number: 80} } }]}]
          tcp: [{route: [{destination: {host: a, port: {number: 80} } }]}]
          tls: [{match: [{sniHosts: [passed{{index}}.test]}], route: [{destination: {host: a, port: {number: 80} } }]}]

        """)) + Compiled.Services("a");
}
