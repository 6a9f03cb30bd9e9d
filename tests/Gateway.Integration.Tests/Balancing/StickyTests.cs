using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Balancing;

/// <summary>Load balancing over real sockets: who gets which request.</summary>
public sealed class StickyTests : IAsyncLifetime
{
    private EchoUpstream _echo = null!;

    public async Task InitializeAsync() => _echo = await EchoUpstream.StartAsync(new EchoOptions { PortCount = 5 });

    public async Task DisposeAsync() => await _echo.DisposeAsync();

    [Theory]
    [InlineData("httpHeaderName: x-user", "x-user")]
    [InlineData("httpHeaderName: x-user, maglev: {tableSize: 1031}", "x-user")]
    [InlineData("httpCookie: {name: user}", "cookie")]
    [InlineData("httpQueryParameterName: user", "")]
    public async Task Equal_keys_go_to_one_endpoint_and_different_ones_to_several(string hash, string header)
    {
        await using TestGateway gateway = await StartAsync($"consistentHash: {{{hash}}}");

        async Task<int> AskAsync(string user) => (await SendAsync(gateway, header.Length == 0 ? $"/?a=b&user={user}" : "/", header, header == "cookie" ? $"a=b; user={user}" : user)).Seen.LocalPort;

        var ports = new HashSet<int>();
        for (int user = 0; user < 20; user++)
        {
            int port = await AskAsync($"user-{user}");
            Assert.Equal(port, await AskAsync($"user-{user}"));
            ports.Add(port);
        }
        Assert.True(ports.Count > 1);
    }

    [Fact]
    public async Task A_cookie_is_made_for_clients_without_one_and_brings_them_back()
    {
        await using TestGateway gateway = await StartAsync("consistentHash: {httpCookie: {name: user, ttl: 30s, path: /, attributes: [{name: SameSite, value: Lax}]}}");

        (EchoRequest first, string? cookie) = await SendAsync(gateway, "/", "", "");
        Assert.Matches("^user=\"[0-9a-f]{16}\"; Max-Age=30; Path=/; SameSite=Lax; HttpOnly$", cookie);

        for (int i = 0; i < 10; i++)
        {
            (EchoRequest again, string? second) = await SendAsync(gateway, "/", "cookie", cookie!.Split(';')[0]);
            Assert.Equal((first.LocalPort, null), (again.LocalPort, second));
        }
    }

    [Fact]
    public async Task Round_robin_gives_each_endpoint_the_same_number()
    {
        await using TestGateway gateway = await StartAsync("simple: ROUND_ROBIN");

        for (int i = 0; i < 20; i++)
            await SendAsync(gateway, "/", "", "");

        Assert.All(_echo.Requests.CountBy(request => request.LocalPort), port => Assert.Equal(4, port.Value));
    }

    [Fact]
    public async Task Passthrough_has_no_endpoint_at_a_gateway()
    {
        await using TestGateway gateway = await StartAsync("simple: PASSTHROUGH");
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);

        using HttpResponseMessage response = await client.GetAsync("/");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no healthy upstream"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_keeps_its_subset_while_the_split_moves_if_the_rule_asks_for_it(bool isAsked)
    {
        const int Clients = 100;
        await using TestGateway gateway = await TestGateway.StartAsync(Split(isAsked, 100, 0));
        string[] cookies = new string[Clients];
        for (int client = 0; client < Clients; client++)
            cookies[client] = (await SendAsync(gateway, "/", "", "")).Cookie!.Split(';')[0];

        bool[] moved = new bool[Clients];
        foreach (int share in new[] { 10, 25, 50, 100 })
        {
            Assert.Empty(await gateway.ApplyAsync(Split(isAsked, 100 - share, share)));
            int returned = 0;
            for (int client = 0; client < Clients; client++)
            {
                bool isNew = (await SendAsync(gateway, "/", "cookie", cookies[client])).Seen.LocalPort == _echo.Ports[1];
                returned += moved[client] && !isNew ? 1 : 0;
                moved[client] = isNew;
            }
            if (isAsked)
                Assert.Equal(0, returned);
            else if (share == 50)
                Assert.NotEqual(0, returned);
            Shares.AssertShare(share / 100.0, moved.Count(isNew => isNew), Clients);
        }
    }

    [Fact]
    public async Task Clients_from_one_address_go_to_one_endpoint_with_useSourceIp()
    {
        await using TestGateway gateway = await StartAsync("consistentHash: {useSourceIp: true}");
        var ports = new HashSet<int>();
        for (int client = 1; client <= 20; client++)
        {
            // A connection each: it is the address that counts.
            for (int i = 0; i < 2; i++)
            {
                using HttpClient from = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11, from: new IPAddress([127, 0, 7, (byte)client]));
                await from.GetStringAsync("/");
            }
            EchoRequest[] seen = [.. _echo.Requests.TakeLast(2)];
            Assert.Equal(seen[0].LocalPort, seen[1].LocalPort);
            ports.Add(seen[0].LocalPort);
        }
        Assert.True(ports.Count > 1);
    }

    [Fact]
    public async Task Cookies_bring_clients_back_when_endpoints_come_and_go()
    {
        const int Clients = 200;
        string rule = Shares.Rule("loadBalancer: {consistentHash: {httpCookie: {name: user, ttl: 0s}, maglev: {tableSize: 65537}}}");
        string[] Documents(int endpoints) => [TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), Shares.Endpoints(_echo.Ports.Take(endpoints).Select(port => (port, ""))), rule];
        await using TestGateway gateway = await TestGateway.StartAsync(Documents(4));
        var clients = new (string Cookie, int Port)[Clients];
        for (int i = 0; i < Clients; i++)
        {
            (EchoRequest seen, string? cookie) = await SendAsync(gateway, "/", "", "");
            clients[i] = (cookie!.Split(';')[0], seen.LocalPort);
        }

        Assert.Empty(await gateway.ApplyAsync(Documents(5)));
        int moved = 0;
        foreach ((string cookie, int port) in clients)
            moved += (await SendAsync(gateway, "/", "cookie", cookie)).Seen.LocalPort == port ? 0 : 1;
        Assert.Empty(await gateway.ApplyAsync(Documents(4)));
        foreach ((string cookie, int port) in clients)
            Assert.Equal(port, (await SendAsync(gateway, "/", "cookie", cookie)).Seen.LocalPort);

        // A fifth of them is the new one's; Maglev's table moves a few more (Eisenbud et al., 5.3).
        Shares.AssertShare(0.2, moved, Clients, slack: 0.05);
    }

    private string[] Split(bool isSticky, int old, int fresh) =>
    [
        TestConfig.HttpGateway(),
        Shares.Endpoints([(_echo.Ports[0], "labels: {version: old}"), (_echo.Ports[1], "labels: {version: fresh}")]),
        $$$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: up, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [gateway]
          http:
          - route:
            - {destination: {host: up.test, subset: old}, weight: {{{old}}} }
            - {destination: {host: up.test, subset: fresh}, weight: {{{fresh}}} }
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: up, namespace: default, annotations: {gateway/sticky-split: "{{{(isSticky ? "true" : "false")}}}"}}
        spec:
          host: up.test
          trafficPolicy: {loadBalancer: {consistentHash: {httpCookie: {name: user, ttl: 0s} } } }
          subsets: [{name: old, labels: {version: old}}, {name: fresh, labels: {version: fresh}}]
        """,
    ];

    private Task<TestGateway> StartAsync(string loadBalancer) => TestGateway.StartAsync(
        TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", "HTTP", [.. _echo.Ports]),
        TestConfig.TrafficPolicy("up.test", $"loadBalancer: {{{loadBalancer}}}"));

    private static async Task<(EchoRequest Seen, string? Cookie)> SendAsync(TestGateway gateway, string path, string header, string value)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", "a.test", path);
        if (header.Length > 0)
            request.Headers.TryAddWithoutValidation(header, value);
        using HttpResponseMessage response = await client.SendAsync(request);
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        return (EchoRequest.Parse(body), response.Headers.TryGetValues("set-cookie", out IEnumerable<string>? cookies) ? Assert.Single(cookies) : null);
    }
}
