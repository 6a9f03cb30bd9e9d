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
    }

    public TestGateway Gateway { get; }

    public FakeDns Dns { get; }

    public EchoUpstream Plain { get; }

    public EchoUpstream Secure { get; }

    public TestCertificates Authority { get; }

    public string Proxy => $"http://127.0.0.1:{Gateway.Port(3128)}";

    /// <summary>Starts everything.</summary>
    /// <param name="policy">The Gateway's outboundTrafficPolicy.</param>
    /// <param name="more">Makes further documents, given the ports of the destinations.</param>
    public static async Task<EgressBed> StartAsync(string policy = "REGISTRY_ONLY", Func<int, int, string>? more = null)
    {
        var authority = new TestCertificates();
        TestCertificate certificate = authority.IssueServer("secure.test", "*.wild.test");
        var dns = new FakeDns();
        foreach (string name in (string[])["api.test", "secure.test", "a.wild.test", "b.wild.test", "free.test"])
            dns.Set(name, TimeSpan.FromSeconds(60), IPAddress.Loopback);
        EchoUpstream plain = await EchoUpstream.StartAsync("plain");
        EchoUpstream secure = await EchoUpstream.StartAsync(new EchoOptions { Name = "secure", Certificate = certificate.Certificate });
        TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline, dns: dns.EndPoint);
        IReadOnlyList<string> errors = await gateway.ApplyAsync(Documents(policy, plain.Port, secure.Port) + (more is null ? "" : "---\n" + more(plain.Port, secure.Port)));
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
