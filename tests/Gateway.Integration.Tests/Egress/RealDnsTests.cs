using System.Globalization;
using System.Net;
using Gateway.Integration.Tests.Tools;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Egress;

/// <summary>Hosts whose addresses a real DNS server knows.</summary>
public sealed class RealDnsTests
{
    private const string Host = "up.zone.test";

    [ToolFact("dnsmasq")]
    public async Task Aliases_are_followed_to_their_address()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync("real");
        await using Dnsmasq dns = await Dnsmasq.StartAsync([(Host, "middle.zone.test"), ("middle.zone.test", "real.zone.test")], ("real.zone.test", IPAddress.Loopback));
        await using TestGateway gateway = await StartAsync(dns, echo.Port);

        (int status, string body) = await GetAsync(gateway);

        Assert.True(status == 200, body);
        Assert.Equal(Host, Assert.Single(echo.Requests).Authority);
    }

    [ToolFact("dnsmasq")]
    public async Task A_name_that_is_not_there_is_told_as_such_and_served_once_it_is()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync("late");
        await using Dnsmasq dns = await Dnsmasq.StartAsync([]);
        await using TestGateway gateway = await StartAsync(dns, echo.Port);

        Assert.Equal(503, (await GetAsync(gateway)).Status);
        Assert.Equal("UH,DF", (await gateway.CompletionAsync(request => request.Status == 503)).Flags);
        await dns.SetAsync((Host, IPAddress.Loopback));

        await Eventually.HoldsAsync(async () => (await GetAsync(gateway)).Status == 200, "the name is found");
    }

    [ToolFact("dnsmasq")]
    public async Task An_answer_too_long_for_a_packet_is_asked_for_over_tcp()
    {
        (string, IPAddress)[] records = [.. Enumerable.Range(1, 200).Select(i => (Host, new IPAddress([127, 0, 1, (byte)i])))];
        await using Dnsmasq dns = await Dnsmasq.StartAsync([], records);
        await using TestGateway gateway = await StartAsync(dns, 80);

        await Eventually.HoldsAsync(() => Addresses(gateway).Count == records.Length, "all addresses are endpoints");
    }

    /// <summary>Servers come and go each second under load; each is stopped as soon as the gateway has left it.</summary>
    [ToolTheory("dnsmasq")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_request_fails_while_the_answer_changes_every_second(bool onEventLoops)
    {
        int seconds = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_DNS_CHANGE_SECONDS"), CultureInfo.InvariantCulture, out int wanted) ? wanted : 4;
        List<EchoUpstream> servers = [await ServerAsync(0, port: 0)];
        int port = servers[0].Port;
        servers.Add(await ServerAsync(1, port));
        await using Dnsmasq dns = await Dnsmasq.StartAsync([], Records(0));
        await using TestGateway gateway = await StartAsync(dns, port, onEventLoops);
        await Eventually.HoldsAsync(() => Addresses(gateway).Count == 2, "both addresses are endpoints");
        await using var load = new SteadyLoad(gateway.Port(80), Host);
        await load.UntilAsync(answers => answers.Count == 2);

        List<Task> stopped = [];
        using var clock = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (int change = 1; change <= seconds; change++)
        {
            servers.Add(await ServerAsync(change + 1, port));
            await dns.SetAsync(Records(change));
            stopped.Add(StopWhenLeftAsync(gateway, servers[change - 1]));
            await clock.WaitForNextTickAsync();
        }
        await Task.WhenAll(stopped);
        string last = servers[^1].Options.Name;
        await load.UntilAsync(answers => answers.ContainsKey(last));
        await load.StopAsync();
        foreach (EchoUpstream server in servers.TakeLast(2))
            await server.DisposeAsync();

        Assert.Empty(load.Failures);
        Assert.Empty(gateway.Faults);
        Assert.InRange(load.Answers.Count, seconds / 2, seconds + 2);
    }

    private static async Task StopWhenLeftAsync(TestGateway gateway, EchoUpstream server)
    {
        string address = server.Options.At!.Address.ToString();
        await Eventually.HoldsAsync(() => !Addresses(gateway).Contains(address), $"{address} is no endpoint any more");
        await Eventually.HoldsAsync(() => server.OpenConnections == 0, $"the connections to {address} are closed");
        await server.DisposeAsync();
    }

    private static (string Name, IPAddress Address)[] Records(int change) => [(Host, Address(change)), (Host, Address(change + 1))];

    private static IPAddress Address(int number) => new([127, 0, 2, (byte)(number + 1)]);

    private static Task<EchoUpstream> ServerAsync(int number, int port) =>
        EchoUpstream.StartAsync(new EchoOptions { Name = $"server {number}", At = new IPEndPoint(Address(number), port) });

    private static HashSet<string> Addresses(TestGateway gateway) =>
        [.. gateway.Clusters.Values.SelectMany(cluster => cluster.Endpoints.Endpoints).Select(endpoint => ((IPEndPoint)endpoint.EndPoint).Address.ToString())];

    private static async Task<TestGateway> StartAsync(Dnsmasq dns, int port, bool onEventLoops = true)
    {
        TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline, onEventLoops: onEventLoops, dns: dns.EndPoint);
        Assert.Empty(await gateway.ApplyAsync(TestConfig.HttpGateway(), TestConfig.Route(Host, Host), $$"""
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: up
              namespace: default
              annotations: {egress.gateway/dns-refresh: 1s}
            spec:
              hosts: [{{Host}}]
              resolution: DNS
              ports: [{number: 80, name: http, protocol: HTTP, targetPort: {{port}}}]
            """));
        return gateway;
    }

    private static async Task<(int Status, string Body)> GetAsync(TestGateway gateway)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", Host, "/");
        using HttpResponseMessage response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
