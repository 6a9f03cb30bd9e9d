using System.Globalization;
using System.Security.Cryptography;
using Gateway.Integration.Tests.Tools;
using Gateway.Testing;

namespace Gateway.Integration.Tests.Tls;

/// <summary>Pages opened by a real browser.</summary>
public sealed class BrowserTests : IDisposable
{
    /// <summary>X25519MLKEM768 with a share of 1,216 bytes (draft-ietf-tls-ecdhe-mlkem).</summary>
    private static readonly byte[] PostQuantumShare = [0x11, 0xEC, 0x04, 0xC0];

    private readonly TestCertificates _authority = new();
    private readonly TestCertificate _all;
    private readonly TestCertificate _c;

    public BrowserTests()
    {
        _all = _authority.IssueServer("a.shop.test", "b.shop.test", "c.shop.test");
        _c = _authority.IssueServer("c.shop.test");
    }

    public static TheoryData<string, string> Shapes
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string shape in (string[])["as it is", "single bytes", "many records"])
            {
                data.Add(TlsWays.SslStream, shape);
                if (TestMode.HasOpenSsl)
                    data.Add(TlsWays.OpenSsl, shape);
            }
            return data;
        }
    }

    public static TheoryData<string> Ways => TlsWays.All;

    public void Dispose()
    {
        _all.Dispose();
        _c.Dispose();
        _authority.Dispose();
    }

    [ToolTheory(Chromium.Name)]
    [MemberData(nameof(Shapes))]
    public async Task A_browser_s_hello_with_a_post_quantum_share_is_understood_in_any_shape(string way, string shape)
    {
        await using TestGateway gateway = await StartAsync(way);
        await using var between = new HelloReshaper(gateway.Port(443), stream => HelloReshaper.Reshape(shape, stream));

        string page = await OpenAsync("https://a.shop.test/", ("a.shop.test:443", between.Port));

        Assert.True(page.Contains("Seen over h2.", StringComparison.Ordinal), page);
        byte[] hello = between.Hellos.First();
        Assert.True(hello.AsSpan().IndexOf(PostQuantumShare) > 0, "the hello has a post-quantum key share");
        // More than one packet of Ethernet holds.
        Assert.True(hello.Length > 1460, $"{hello.Length} bytes");
        Assert.Empty(gateway.Faults);
    }

    [ToolTheory(Chromium.Name)]
    [MemberData(nameof(Ways))]
    public async Task A_browser_follows_the_redirect_to_TLS_and_sees_the_page_over_HTTP2(string way)
    {
        await using TestGateway gateway = await StartAsync(way);

        string page = await OpenAsync("http://a.shop.test/", ("a.shop.test:80", gateway.Port(80)), ("a.shop.test:443", gateway.Port(443)));

        Assert.True(page.Contains("Seen over h2.", StringComparison.Ordinal), page);
        Assert.Contains(gateway.Completed, request => request is { Path: "/", Status: 301 });
        Assert.Contains(gateway.Completed, request => request is { Path: "/", Status: 200 });
    }

    [ToolTheory(Chromium.Name)]
    [MemberData(nameof(Ways))]
    public async Task A_browser_shares_a_connection_among_hosts_of_one_certificate_and_opens_another_when_misdirected(string way)
    {
        await using TestGateway gateway = await StartAsync(way);
        int port = gateway.Port(443);

        string page = await OpenAsync("https://a.shop.test/", ("a.shop.test:443", port), ("b.shop.test:443", port), ("c.shop.test:443", port));

        // Its script has fetched from b.shop.test and then from c.shop.test, with credentials and within one site: else browsers share no connection.
        Assert.True(page.Contains("b.shop.test: 200, c.shop.test: 200.", StringComparison.Ordinal), page);
        CompletedRequest first = gateway.Completed.First(request => request.Path == "/");
        CompletedRequest shared = gateway.Completed.First(request => request.Path == "/b");
        CompletedRequest[] other = [.. gateway.Completed.Where(request => request.Path == "/c")];
        Assert.Equal(first.ClientPort, shared.ClientPort);
        Assert.Equal([421, 200], other.Select(request => request.Status));
        Assert.Equal(first.ClientPort, other[0].ClientPort);
        Assert.NotEqual(first.ClientPort, other[1].ClientPort);
    }

    private Task<string> OpenAsync(string url, params (string Host, int Port)[] hosts)
    {
        // The authority's own certificate is no part of the chain that a server shows.
        string[] keys = [.. new[] { _all, _c }.Select(one => Convert.ToBase64String(SHA256.HashData(one.Certificate.PublicKey.ExportSubjectPublicKeyInfo())))];
        return Chromium.OpenAsync(url, keys, [.. hosts.Select(host => (host.Host, "127.0.0.1:" + host.Port.ToString(CultureInfo.InvariantCulture)))]);
    }

    private async Task<TestGateway> StartAsync(string way)
    {
        TlsWays.Use(way);
        return await TestGateway.StartAsync(
            """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: gateway, namespace: default}
            spec:
              servers:
              - {port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"], tls: {httpsRedirect: true}}
              - {port: {number: 443, name: ab, protocol: HTTPS}, hosts: [a.shop.test, b.shop.test], tls: {mode: SIMPLE, credentialName: all}}
              - {port: {number: 443, name: c, protocol: HTTPS}, hosts: [c.shop.test], tls: {mode: SIMPLE, credentialName: c}}
            """,
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: page, namespace: default}
            spec:
              hosts: [a.shop.test, b.shop.test, c.shop.test]
              gateways: [gateway]
              http:
              - match: [{uri: {exact: /}}]
                directResponse:
                  status: 200
                  body:
                    string: |
                      <!doctype html><title>page</title><p id=seen></p><p id=fetched></p>
                      <script>
                      const write = (id, text) => document.getElementById(id).textContent = text;
                      write('seen', 'Seen over ' + performance.getEntriesByType('navigation')[0].nextHopProtocol + '.');
                      (async () => {
                        const statuses = [];
                        for (const host of ['b', 'c'])
                          statuses.push(host + '.shop.test: ' + (await fetch('https://' + host + '.shop.test/' + host, {credentials: 'include'})).status);
                        write('fetched', statuses.join(', ') + '.');
                      })().catch(error => write('fetched', String(error)));
                      </script>
                headers: {response: {set: {content-type: text/html}}}
              - directResponse: {status: 200, body: {string: ok}}
                headers: {response: {set: {access-control-allow-origin: "https://a.shop.test", access-control-allow-credentials: "true"}}}
            """,
            TestConfig.Secret("all", _all), TestConfig.Secret("c", _c));
    }
}
