using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Egress;

/// <summary>A forward proxy with a DNS server and two destinations: one in plain text, one with TLS of a test authority.</summary>
internal sealed class EgressBed : IAsyncDisposable
{
    private readonly TestCertificate _certificate;

    private EgressBed(TestGateway gateway, FakeDns dns, EchoUpstream plain, EchoUpstream secure, TestCertificates authority, TestCertificate certificate)
    {
        Gateway = gateway;
        Dns = dns;
        Plain = plain;
        Secure = secure;
        Authority = authority;
        _certificate = certificate;
        AuthorityFile = Path.GetTempFileName();
        File.WriteAllText(AuthorityFile, authority.AuthorityPem);
    }

    public TestGateway Gateway { get; }

    public FakeDns Dns { get; }

    public EchoUpstream Plain { get; }

    public EchoUpstream Secure { get; }

    public TestCertificates Authority { get; }

    /// <summary>The authority's certificate as a file, for programs.</summary>
    public string AuthorityFile { get; }

    public string SecureProxy => $"https://proxy.test:{Gateway.Port(3129)}";

    public string Proxy => $"http://127.0.0.1:{Gateway.Port(3128)}";

    /// <summary>Starts everything.</summary>
    /// <param name="policy">The Gateway's outboundTrafficPolicy.</param>
    /// <param name="more">Makes further documents, given the ports of the destinations.</param>
    /// <param name="onEventLoops">Whether event loops carry the sockets.</param>
    public static async Task<EgressBed> StartAsync(string policy = "REGISTRY_ONLY", Func<int, int, string>? more = null, bool? onEventLoops = null)
    {
        var authority = new TestCertificates();
        TestCertificate certificate = authority.IssueServer("secure.test", "proxy.test", "*.wild.test");
        var dns = new FakeDns();
        foreach (string name in (string[])["api.test", "secure.test", "a.wild.test", "b.wild.test", "free.test"])
            dns.Set(name, TimeSpan.FromSeconds(60), IPAddress.Loopback);
        EchoUpstream plain = await EchoUpstream.StartAsync("plain");
        EchoUpstream secure = await EchoUpstream.StartAsync(new EchoOptions { Name = "secure", Certificate = certificate.Certificate });
        TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline, onEventLoops: onEventLoops, dns: dns.EndPoint);
        IReadOnlyList<string> errors = await gateway.ApplyAsync(TestConfig.Secret("proxy", certificate), Documents(policy, plain.Port, secure.Port) + (more is null ? "" : "---\n" + more(plain.Port, secure.Port)));
        Assert.Empty(errors);
        return new EgressBed(gateway, dns, plain, secure, authority, certificate);
    }

    /// <summary>One exchange of raw bytes with the proxy.</summary>
    public async Task<RawHttpResponse?> ExchangeAsync(string request) => await RawHttpConnection.ExchangeAsync(Gateway.Port(3128), request);

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Plain.DisposeAsync();
        await Secure.DisposeAsync();
        await Dns.DisposeAsync();
        File.Delete(AuthorityFile);
        _certificate.Dispose();
        Authority.Dispose();
    }

    private static string Documents(string policy, int plainPort, int securePort) => $$"""
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata:
          name: proxy
          annotations: {egress.gateway/forward-proxy: "true", egress.gateway/outbound-traffic-policy: {{policy}}}
        spec:
          servers:
          - port: {number: 3128, name: http, protocol: HTTP}
            hosts: ["*"]
          - port: {number: 3129, name: https, protocol: HTTPS}
            hosts: ["*"]
            tls: {mode: SIMPLE, credentialName: proxy}
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: passthrough}
        spec:
          servers:
          - port: {number: 8443, name: tls, protocol: TLS}
            hosts: ["*.wild.test"]
            tls: {mode: PASSTHROUGH}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: passthrough}
        spec:
          hosts: ["*.wild.test"]
          gateways: [passthrough]
          tls:
          - match: [{port: 8443, sniHosts: ["*.wild.test"]}]
            route: [{destination: {host: "*.wild.test", port: {number: 443} } }]
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: api}
        spec:
          hosts: [api.test]
          resolution: DNS
          ports:
          - {number: 80, name: http, protocol: HTTP, targetPort: {{plainPort}}}
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: secure}
        spec:
          hosts: [secure.test]
          resolution: DNS_ROUND_ROBIN
          ports:
          - {number: 443, name: https, protocol: HTTPS, targetPort: {{securePort}}}
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata:
          name: wild
          annotations: {egress.gateway/allow-addresses: loopback}
        spec:
          hosts: ["*.wild.test"]
          resolution: DYNAMIC_DNS
          ports:
          - {number: 80, name: http, protocol: HTTP, targetPort: {{plainPort}}}
          - {number: 443, name: tls, protocol: TLS, targetPort: {{securePort}}}

        """;
}
