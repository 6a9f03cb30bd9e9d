using System.Net;
using System.Text.Json;
using Gateway.Testing;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Admin;

public sealed class AdminPortsTests
{
    [Fact]
    public async Task The_root_lists_what_there_is()
    {
        await using HostFixture gateway = await HostFixture.StartAsync(HostFixture.RootGateway);

        (HttpStatusCode status, string body) = await gateway.GetAsync(gateway.Address("admin", "/"));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.All((string[])["/config_dump", "/listeners", "/clusters", "/certs", "/logging", "/quitquitquit"], path => Assert.Contains(path, body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_dump_shows_routes_with_their_places()
    {
        await using HostFixture gateway = await HostFixture.StartAsync(HostFixture.RootGateway, HostFixture.DirectResponse);

        using JsonDocument dump = JsonDocument.Parse((await gateway.GetAsync(gateway.Address("admin", "/config_dump"))).Body);

        JsonElement chain = dump.RootElement.GetProperty("listeners")[0].GetProperty("filterChains")[0];
        Assert.Equal("http.80", chain.GetProperty("name").GetString());
        JsonElement route = chain.GetProperty("routes").GetProperty("virtualHosts")[0].GetProperty("routes")[0];
        Assert.Equal("direct", route.GetProperty("name").GetString());
        Assert.Equal("VirtualService default/vs", route.GetProperty("resource").GetString());
        Assert.Equal("memory-1.yaml:9:13", route.GetProperty("location").GetString());
        Assert.Equal("exact \"/direct\"", route.GetProperty("match").GetProperty("path").GetString());
        Assert.Equal(200, route.GetProperty("directResponse").GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task No_endpoint_ever_shows_key_material()
    {
        const string marker = "c2VjcmV0LW1hcmtlcg";
        string secret = $$"""
            apiVersion: v1
            kind: Secret
            metadata: {name: shop-cert, namespace: istio-system}
            type: kubernetes.io/tls
            stringData:
              tls.crt: {{marker}}-certificate
              tls.key: {{marker}}-key
            """;
        await using HostFixture gateway = await HostFixture.StartAsync(
            HostFixture.Options with { AllowInvalid = true }, TimeProvider.System, HostFixture.RootGateway, TestConfig.HttpsGateway("shop-cert"), secret);

        foreach (string path in (string[])["/config_dump", "/certs", "/diagnostics", "/listeners", "/clusters", "/logging"])
        {
            (HttpStatusCode status, string body) = await gateway.GetAsync(gateway.Address("admin", path));
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.DoesNotContain(marker, body, StringComparison.Ordinal);
        }
        string dump = (await gateway.GetAsync(gateway.Address("admin", "/config_dump"))).Body;
        Assert.Contains("istio-system/shop-cert", dump, StringComparison.Ordinal);
        Assert.Contains("[redacted]", dump, StringComparison.Ordinal);
        Assert.DoesNotContain(marker, (await gateway.GetAsync(gateway.Address("metrics", "/stats/prometheus"))).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificates_are_shown_without_private_parts_and_their_expiry_is_a_metric()
    {
        using TestCertificates authority = new();
        using TestCertificate certificate = authority.IssueServer("shop.example.com");
        await using HostFixture gateway = await HostFixture.StartAsync(TestConfig.HttpsGateway("shop-cert"), TestConfig.Secret("shop-cert", certificate));

        string body = (await gateway.GetAsync(gateway.Address("admin", "/certs"))).Body;

        using JsonDocument json = JsonDocument.Parse(body);
        JsonElement shown = json.RootElement.EnumerateArray().Single();
        Assert.Equal("kubernetes://istio-system/shop-cert", shown.GetProperty("name").GetString());
        Assert.Equal("shop.example.com", shown.GetProperty("subjectAltNames")[0].GetString());
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("error").ValueKind);
        Assert.DoesNotContain("PRIVATE", body, StringComparison.Ordinal);
        Assert.Contains(
            "gateway_certificate_expiry_timestamp_seconds{certificate=\"kubernetes://istio-system/shop-cert\"} ",
            (await gateway.GetAsync(gateway.Address("metrics", "/stats/prometheus"))).Body,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listeners_count_their_connections()
    {
        await using HostFixture gateway = await HostFixture.StartAsync(HostFixture.RootGateway, HostFixture.DirectResponse);
        await gateway.GetAsync(gateway.Traffic("/direct"));

        using JsonDocument json = JsonDocument.Parse((await gateway.GetAsync(gateway.Address("admin", "/listeners"))).Body);

        JsonElement listener = json.RootElement[0];
        Assert.Equal(80, listener.GetProperty("port").GetInt32());
        Assert.Equal(gateway.Host.DataPlane.Listeners.EndPointOf(80)!.ToString(), listener.GetProperty("address").GetString());
        Assert.Equal(1, listener.GetProperty("connectionsTotal").GetInt64());
    }

    [Fact]
    public async Task Findings_are_shown_with_their_places()
    {
        await using HostFixture gateway = await HostFixture.StartAsync(
            HostFixture.Options with { AllowInvalid = true }, TimeProvider.System, HostFixture.RootGateway + "\n    frobnicate: 1\n");

        using JsonDocument json = JsonDocument.Parse((await gateway.GetAsync(gateway.Address("admin", "/diagnostics"))).Body);

        JsonElement finding = json.RootElement.GetProperty("diagnostics")[0];
        Assert.Equal("GW0101", finding.GetProperty("code").GetString());
        Assert.Equal(8, finding.GetProperty("line").GetInt32());
    }

    [Fact]
    public async Task Log_levels_can_be_changed_while_running()
    {
        await using HostFixture gateway = await HostFixture.StartAsync();

        (HttpStatusCode status, string body) = await gateway.SendAsync(HttpMethod.Post, gateway.Address("admin", "/logging?level=debug&Gateway.Forwarding=trace"));

        Assert.Equal(HttpStatusCode.OK, status);
        using JsonDocument json = JsonDocument.Parse(body);
        Assert.Equal("debug", json.RootElement.GetProperty("level").GetString());
        Assert.Equal("trace", json.RootElement.GetProperty("categories").GetProperty("Gateway.Forwarding").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.SendAsync(HttpMethod.Post, gateway.Address("admin", "/logging?level=loud"))).Status);
    }

    [Fact]
    public async Task Quitquitquit_asks_for_the_end_by_POST_only()
    {
        await using HostFixture gateway = await HostFixture.StartAsync();
        Uri quit = gateway.Address("admin", "/quitquitquit");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await gateway.GetAsync(quit)).Status);
        Assert.False(gateway.Host.QuitRequested.IsCompleted);

        Assert.Equal(HttpStatusCode.OK, (await gateway.SendAsync(HttpMethod.Post, quit)).Status);
        await gateway.Host.QuitRequested.WaitAsync(Eventually.Deadline);
    }

    [Theory]
    [InlineData("Origin", "http://evil.example.com")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Host", "evil.example.com")]
    public async Task Pages_of_others_cannot_change_anything(string header, string value)
    {
        await using HostFixture gateway = await HostFixture.StartAsync();

        (HttpStatusCode status, _) = await gateway.SendAsync(HttpMethod.Post, gateway.Address("admin", "/quitquitquit"), (header, value));

        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.False(gateway.Host.QuitRequested.IsCompleted);
    }

    [Fact]
    public async Task A_rebound_name_cannot_even_read()
    {
        await using HostFixture gateway = await HostFixture.StartAsync();

        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.SendAsync(HttpMethod.Get, gateway.Address("admin", "/config_dump"), ("Host", "rebound.example.com"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.SendAsync(HttpMethod.Get, gateway.Address("admin", "/config_dump"), ("Host", "localhost:15000"))).Status);
    }

    [Fact]
    public async Task Unknown_paths_are_not_found_on_every_own_port()
    {
        await using HostFixture gateway = await HostFixture.StartAsync();

        foreach (string purpose in (string[])["admin", "health", "metrics"])
            Assert.Equal(HttpStatusCode.NotFound, (await gateway.GetAsync(gateway.Address(purpose, "/nothing"))).Status);
    }
}
