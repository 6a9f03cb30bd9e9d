using Gateway.Config.Model;
using Gateway.Http;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Http;

public sealed class EdgeHeadersTests
{
    [Fact]
    public void A_first_hop_gets_the_headers_of_an_edge()
    {
        var headers = new HeaderDictionary();

        EdgeResult result = Apply(headers);

        Assert.Equal(new EdgeResult("203.0.113.9", "http", null, false), result);
        Assert.Equal("203.0.113.9", headers["x-forwarded-for"]);
        Assert.Equal("http", headers["x-forwarded-proto"]);
        Assert.Equal("203.0.113.9", headers["x-envoy-external-address"]);
        Assert.Equal("id-1", headers["x-request-id"]);
    }

    [Fact]
    public void What_a_client_claims_of_itself_is_not_believed_without_trusted_proxies()
    {
        var headers = new HeaderDictionary
        {
            ["X-Forwarded-For"] = new(["1.1.1.1", "2.2.2.2"]),
            ["X-Forwarded-Proto"] = "https",
            ["X-Request-Id"] = "mine",
            ["X-Envoy-External-Address"] = "9.9.9.9",
            ["X-Envoy-Internal"] = "true",
        };

        EdgeResult result = Apply(headers);

        Assert.Equal(("203.0.113.9", "http"), (result.ClientAddress, result.Scheme));
        Assert.Equal("1.1.1.1,2.2.2.2,203.0.113.9", headers["x-forwarded-for"]);
        Assert.Equal("http", headers["x-forwarded-proto"]);
        Assert.Equal("id-1", headers["x-request-id"]);
        Assert.Equal("203.0.113.9", headers["x-envoy-external-address"]);
        Assert.False(headers.ContainsKey("x-envoy-internal"));
    }

    [Theory]
    [InlineData(1, "5.5.5.5, 6.6.6.6", "6.6.6.6")]
    [InlineData(2, "5.5.5.5, 6.6.6.6", "5.5.5.5")]
    [InlineData(3, "5.5.5.5, 6.6.6.6", "203.0.113.9")]
    [InlineData(1, "nonsense", "203.0.113.9")]
    [InlineData(1, null, "203.0.113.9")]
    public void Trusted_proxies_choose_the_client_from_the_right(int proxies, string? received, string expected)
    {
        var headers = new HeaderDictionary();
        if (received is not null)
            headers["x-forwarded-for"] = received;

        EdgeResult result = Apply(headers, new MeshConfig { NumTrustedProxies = proxies });

        Assert.Equal(expected, result.ClientAddress);
        Assert.Equal(expected, headers["x-envoy-external-address"]);
    }

    [Theory]
    [InlineData("https", "https")]
    [InlineData("HTTPS", "https")]
    [InlineData("gopher", "http")]
    [InlineData(null, "http")]
    public void A_trusted_proxys_scheme_is_kept_if_it_is_one(string? sent, string scheme)
    {
        var headers = new HeaderDictionary();
        if (sent is not null)
            headers["x-forwarded-proto"] = sent;

        Assert.Equal(scheme, Apply(headers, new MeshConfig { NumTrustedProxies = 1 }).Scheme);
    }

    [Fact]
    public void Control_headers_go_and_other_envoy_headers_pass()
    {
        string[] gone =
        [
            "x-envoy-retry-on", "x-envoy-retry-grpc-on", "x-envoy-max-retries", "x-envoy-retriable-status-codes", "x-envoy-retriable-header-names",
            "x-envoy-upstream-rq-timeout-ms", "x-envoy-upstream-rq-per-try-timeout-ms", "x-envoy-upstream-rq-timeout-alt-response",
            "x-envoy-upstream-alt-stat-name", "x-envoy-expected-rq-timeout-ms", "x-envoy-hedge-on-per-try-timeout", "x-envoy-force-trace",
            "x-envoy-ip-tags", "x-envoy-original-url", "x-envoy-original-path", "x-envoy-original-host", "x-envoy-decorator-operation",
            "x-envoy-downstream-service-cluster", "x-envoy-downstream-service-node", "x-envoy-internal",
        ];
        var headers = new HeaderDictionary { ["x-envoy-is-timeout-retry"] = "1", ["x-client-trace-id"] = "t" };
        foreach (string name in gone)
            headers[name] = "x";

        Apply(headers);

        Assert.All(gone, name => Assert.False(headers.ContainsKey(name)));
        Assert.True(headers.ContainsKey("x-envoy-is-timeout-retry") && headers.ContainsKey("x-client-trace-id"));
    }

    [Fact]
    public void Hop_by_hop_headers_and_those_that_connection_names_go()
    {
        var headers = new HeaderDictionary
        {
            ["Connection"] = "keep-alive, X-Secret", ["Keep-Alive"] = "5", ["Proxy-Connection"] = "close", ["Transfer-Encoding"] = "chunked",
            ["X-Secret"] = "s", ["X-Other"] = "o", ["Upgrade"] = "websocket",
        };

        EdgeResult result = Apply(headers);

        Assert.Null(result.Upgrade);
        Assert.All(new[] { "connection", "keep-alive", "proxy-connection", "transfer-encoding", "x-secret", "upgrade" }, name => Assert.False(headers.ContainsKey(name)));
        Assert.Equal("o", headers["x-other"]);
    }

    [Theory]
    [InlineData("x-forwarded-for")]
    [InlineData("close, X-Forwarded-Host")]
    [InlineData("x-forwarded-proto")]
    [InlineData(":authority")]
    [InlineData("a,b,c,d,e,f,g,h,i,j")]
    public void Connection_may_not_name_what_others_rely_on(string connection) =>
        Assert.True(Apply(new HeaderDictionary { ["Connection"] = connection }).BadConnectionHeader);

    [Theory]
    [InlineData("trailers", "trailers")]
    [InlineData("gzip, trailers;q=0.5", "trailers")]
    [InlineData("gzip", null)]
    public void Te_is_reduced_to_trailers(string sent, string? kept)
    {
        var headers = new HeaderDictionary { ["TE"] = sent };

        Apply(headers);

        Assert.Equal(kept, headers.TryGetValue("te", out var value) ? value.ToString() : null);
    }

    [Fact]
    public void An_upgrade_keeps_its_headers_and_h2c_is_not_taken_up()
    {
        var websocket = new HeaderDictionary { ["Connection"] = "Upgrade, foo", ["Upgrade"] = "WebSocket", ["foo"] = "1" };
        var h2c = new HeaderDictionary { ["Connection"] = "Upgrade, HTTP2-Settings", ["Upgrade"] = "h2c", ["HTTP2-Settings"] = "AAMAAABk" };

        Assert.Equal("WebSocket", Apply(websocket).Upgrade);
        Assert.Null(Apply(h2c).Upgrade);

        Assert.Equal(("WebSocket", false), (websocket["upgrade"].ToString(), websocket.ContainsKey("foo")));
        Assert.All(new[] { "connection", "upgrade", "http2-settings" }, name => Assert.False(h2c.ContainsKey(name)));
    }

    [Theory]
    [InlineData("https://a.test/p?q", true)]
    [InlineData("/relative", true)]
    [InlineData("https://a.test/#f", false)]
    [InlineData("https://user@a.test/", false)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("a b", false)]
    public void A_referer_that_is_no_uri_goes(string value, bool kept)
    {
        var headers = new HeaderDictionary { ["Referer"] = value };

        Apply(headers);

        Assert.Equal(kept, headers.ContainsKey("referer"));
    }

    [Theory]
    [InlineData(null, "mine", "mine")]
    [InlineData(null, null, null)]
    [InlineData("SANITIZE", "mine", null)]
    [InlineData("FORWARD_ONLY", "mine", "forged")]
    [InlineData("APPEND_FORWARD", "mine", "forged,mine")]
    [InlineData("APPEND_FORWARD", null, null)]
    [InlineData("ALWAYS_FORWARD_ONLY", null, "forged")]
    public void The_clients_certificate_is_told_as_configured(string? mode, string? own, string? expected)
    {
        var headers = new HeaderDictionary { ["x-forwarded-client-cert"] = "forged" };

        Apply(headers, new MeshConfig { ForwardClientCertDetails = mode }, own);

        Assert.Equal(expected, headers.TryGetValue("x-forwarded-client-cert", out var value) ? value.ToString() : null);
    }

    [Fact]
    public void A_peer_on_this_host_is_told_as_the_gateway_itself()
    {
        var headers = new HeaderDictionary();
        var request = new EdgeRequest
        {
            PeerIp = "127.0.0.1", PeerIsLoopback = true, LocalIp = "10.1.1.1", IsTls = true, IsHttp1 = true, ListenerPort = 443, RequestId = "i",
        };

        EdgeResult result = EdgeHeaders.Apply(headers, request, new HttpSettings(new MeshConfig { ProxyHeaders = new ProxyHeaders { XForwardedPort = true } }));

        Assert.Equal(("127.0.0.1", "https"), (result.ClientAddress, result.Scheme));
        Assert.Equal("10.1.1.1", headers["x-forwarded-for"]);
        Assert.Equal("443", headers["x-forwarded-port"]);
    }

    private static EdgeResult Apply(IHeaderDictionary headers, MeshConfig? mesh = null, string? clientCertificate = null) => EdgeHeaders.Apply(
        headers,
        new EdgeRequest
        {
            PeerIp = "203.0.113.9", PeerIsLoopback = false, LocalIp = "10.0.0.1", IsTls = false, IsHttp1 = true, ListenerPort = 80,
            RequestId = "id-1", ForwardedClientCertificate = clientCertificate,
        },
        new HttpSettings(mesh ?? MeshConfig.Default));
}
