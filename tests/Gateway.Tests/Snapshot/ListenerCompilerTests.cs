using System.Security.Authentication;
using System.Text;
using Gateway.Config;
using Gateway.Listeners;
using Gateway.Snapshot;
using Gateway.Snapshot.Explanation;
using Gateway.Testing;
using Gateway.Tls;

namespace Gateway.Tests.Snapshot;

public sealed class ListenerCompilerTests
{
    [Fact]
    public void Plain_HTTP_servers_of_all_gateways_on_a_port_share_one_table()
    {
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway("a.test") + Compiled.HttpGateway("b.test", "gw2") + Compiled.Services("a", "b")
            + Compiled.VirtualService("v", "a.test", Compiled.To("a")) + Compiled.VirtualService("w", "b.test", Compiled.To("b"), "gw2"));

        ListenerConfig listener = Assert.Single(compiled.Snapshot.Listeners);
        Assert.Equal(("0.0.0.0_80", 80, "http.80"), (listener.Name, listener.Port, Assert.Single(listener.FilterChains).Name));
        Assert.Equal("a", compiled.Where("http://a.test/"));
        Assert.Equal("b", compiled.Where("http://b.test/"));
    }

    [Fact]
    public void A_selector_that_is_not_part_of_the_labels_keeps_a_gateway_out_unless_no_labels_are_given()
    {
        string yaml = Compiled.HttpGateway().Replace("ingressgateway", "egressgateway", StringComparison.Ordinal);

        Assert.Empty(Compiled.From(yaml).Snapshot.Listeners);
        Assert.Single(Compiled.From(yaml, new GatewayIdentity()).Snapshot.Listeners);
    }

    [Fact]
    public void A_server_for_a_port_of_the_service_in_front_is_bound_to_its_target_port()
    {
        const string Service = """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: istio-ingressgateway, namespace: istio-system LABELS}
            spec:
              selector: {istio: ingressgateway}
              ports: [{name: http, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: https}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: p, namespace: istio-system, labels: {istio: ingressgateway}}
            spec: {containers: [{name: c, ports: [{name: https, containerPort: 8443}]}]}

            """;
        string gateways = Compiled.HttpGateway("a.test") + Compiled.HttpGateway("b.test", "gw2", port: 443) + Compiled.HttpGateway("c.test", "gw3", port: 81);

        string[] Names(string service) => [.. Compiled.From(service + gateways).Snapshot.Listeners.Select(listener => listener.Name).Order()];

        Assert.Equal(["0.0.0.0_8080", "0.0.0.0_81", "0.0.0.0_8443"], Names(Service.Replace(" LABELS", "", StringComparison.Ordinal)));
        Assert.Equal(["0.0.0.0_443", "0.0.0.0_80", "0.0.0.0_81"],
            Names(Service.Replace(" LABELS", ", labels: {experimental.istio.io/disable-gateway-port-translation: \"true\"}", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_server_that_does_not_go_with_an_older_one_on_its_port_is_left_out_and_reported()
    {
        Compiled compiled = Compiled.From(Compiled.HttpGateway(name: "a-first") + Tls("b-second", "h.test", port: 80));

        Assert.Null(Assert.Single(Assert.Single(compiled.Snapshot.Listeners).FilterChains).Tls);
        Assert.Contains(compiled.Findings, finding => finding.StartsWith("GW0204 spec.servers[0].port: Port 80 is used as HTTP by Gateway default/a-first", StringComparison.Ordinal));
    }

    [Fact]
    public void A_TLS_host_belongs_to_the_older_server_and_the_younger_loses_all_its_hosts()
    {
        Compiled compiled = Compiled.From(Tls("a-first", "h.test") + Tls("b-second", "other.test, h.test"));

        FilterChainConfig chain = Assert.Single(Assert.Single(compiled.Snapshot.Listeners).FilterChains);
        Assert.Equal("https.443.https.a-first.default", chain.Name);
        Assert.Equal(["h.test"], chain.ServerNames);
        Assert.Contains(compiled.Findings, finding => finding.StartsWith("GW0203 spec.servers[0].hosts: Port 443 has the host h.test already", StringComparison.Ordinal));
    }

    [Fact]
    public void A_TLS_host_is_the_same_for_every_namespace_that_may_use_it()
    {
        Compiled compiled = Compiled.From(Tls("a-first", "./h.test") + Tls("b-second", "other/H.test"));

        Assert.Equal("https.443.https.a-first.default", Assert.Single(Assert.Single(compiled.Snapshot.Listeners).FilterChains).Name);
    }

    [Fact]
    public void Each_HTTPS_server_has_its_own_table_chosen_by_server_name()
    {
        Compiled compiled = Compiled.From(
            Tls("one", "a.test") + Tls("two", "\"*.b.test\"") + Compiled.Services("a", "b")
            + Compiled.VirtualService("v", "a.test", Compiled.To("a"), "one") + Compiled.VirtualService("w", "\"*.b.test\"", Compiled.To("b"), "two")
            + Tls("three", "d.test", "{mode: SIMPLE, credentialName: other}") + Secret("other"));

        Assert.Equal("a", compiled.Where("https://a.test/"));
        Assert.Equal("b", compiled.Where("https://x.b.test/"));
        // A connection serves the hosts for which its handshake would have been the same.
        Assert.Equal("b", compiled.Where("https://a.test/", ("Host", "x.b.test")));
        Assert.Equal(421, compiled.Get("https://a.test/", ("Host", "d.test")).Status);
        Assert.Equal("connection_closed", compiled.Where("https://c.test/"));
        Assert.Equal("no_listener", compiled.Where("http://a.test/"));
    }

    [Fact]
    public void Different_bind_addresses_are_different_listeners()
    {
        string second = Compiled.HttpGateway("b.test", "gw2", extra: "bind: 127.0.0.1");
        Compiled compiled = Compiled.From(Compiled.HttpGateway("a.test") + second);

        Assert.Equal(["0.0.0.0_80", "127.0.0.1_80"], compiled.Snapshot.Listeners.Select(listener => listener.Name).Order());
    }

    [Fact]
    public void TLS_settings_become_references_and_rules()
    {
        Compiled compiled = Compiled.From(Tls("gw", "h.test",
            "{mode: MUTUAL, credentialName: cred, minProtocolVersion: TLSV1_3, subjectAltNames: [client.test]}") + Secret("cred") + Secret("cred-cacert"));

        DownstreamTlsConfig tls = compiled.Snapshot.Listeners[0].FilterChains[0].Tls!;
        Assert.Equal(new CertificateReference("istio-system", "cred", null, null, null), Assert.Single(tls.Certificates));
        Assert.Equal(new CertificateReference("istio-system", "cred-cacert", null, null, null), tls.ClientAuthorities);
        Assert.Equal((ClientCertificateMode.Required, SslProtocols.Tls13), (tls.ClientCertificate, tls.Protocols));
        Assert.Equal((EquatableArray<string>)["client.test"], tls.SubjectAltNames);
        Assert.Equal("connection_closed", compiled.Where("https://h.test/"));
    }

    [Fact]
    public void Without_a_separate_secret_the_client_authority_is_in_the_certificate_s_own() =>
        Assert.Equal("cred", Compiled.From(Tls("gw", "h.test", "{mode: MUTUAL, credentialName: cred}") + Secret("cred"))
            .Snapshot.Listeners[0].FilterChains[0].Tls!.ClientAuthorities!.SecretName);

    [Fact]
    public void A_port_knows_the_server_it_stands_for() =>
        Assert.Equal("Gateway default/gw spec.servers[0].port test.yaml:8", Compiled.From(Compiled.HttpGateway()).Snapshot.Listeners[0].Origin is { } origin
            ? $"{origin.Resource} {origin.FieldPath} {origin.Location.Source}:{origin.Location.Line}"
            : null);

    [Fact]
    public void A_passthrough_server_without_tls_routes_takes_no_port_and_is_named()
    {
        Compiled compiled = Compiled.From(Tls("gw", "h.test", "{mode: PASSTHROUGH}"));

        Assert.Empty(compiled.Snapshot.Listeners);
        Assert.StartsWith("GW0202", Assert.Single(compiled.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_secret_fails_the_handshakes_of_its_server_alone()
    {
        Compiled compiled = Compiled.From(Tls("one", "a.test", "{mode: SIMPLE, credentialName: nope}") + Tls("two", "b.test"));

        Explanation explanation = compiled.Get("https://a.test/");
        Assert.Equal("connection_closed", explanation.Outcome);
        Assert.Contains("istio-system/nope", explanation.Reason, StringComparison.Ordinal);
        Assert.Equal("not_found", compiled.Where("https://b.test/"));
    }

    private static string Secret(string name)
    {
        using TestCertificates authority = new();
        using TestCertificate certificate = authority.IssueServer("h.test");
        return $$"""
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: {{name}}, namespace: istio-system}
            data:
              tls.crt: {{Base64(certificate.CertificatePem)}}
              tls.key: {{Base64(certificate.KeyPem)}}

            """;

        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
    }

    private static string Tls(string name, string hosts, string tls = "{mode: SIMPLE, credentialName: cert}", int port = 443) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: {{name}}, namespace: default}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: {{port}}, name: https, protocol: HTTPS}
            hosts: [{{hosts}}]
            tls: {{tls}}

        """ + (name == "gw" ? "" : name is "one" or "a-first" ? Secret("cert") : "");
}
