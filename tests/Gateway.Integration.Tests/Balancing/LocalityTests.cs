using Gateway.Testing;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Balancing;

/// <summary>Localities over real sockets: failover in the order of nearness, shares, labels.</summary>
public sealed class LocalityTests
{
    private const string Detection = "outlierDetection: {consecutiveGatewayErrors: 1, maxEjectionPercent: 100, baseEjectionTime: 60s}";
    private static readonly string[] Near = ["locality: r1/z1/s1", "locality: r1/z1/s2", "locality: r1/z2/s1", "locality: r2/z1/s1"];

    [Fact]
    public async Task Failover_takes_one_locality_after_the_other_in_the_order_of_nearness()
    {
        await using Servers servers = await Servers.StartAsync(4);
        await using TestGateway gateway = await StartAsync("r1/z1/s1", servers, Near, Detection);

        var order = new List<int>();
        for (int failed = 0; failed < 4; failed++)
        {
            int[] ports = await Shares.AskAsync(gateway, 50);
            int port = Assert.Single(ports.Distinct());
            order.Add(port);
            await servers.StopAsync(port);
        }

        Assert.Equal(servers.Ports, order);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("r1/z1/s1", "loadBalancer: {localityLbSetting: {enabled: false}}, " + Detection)]
    [InlineData("r1/z1/s1", "loadBalancer: {simple: RANDOM}")]
    public async Task Without_a_locality_a_setting_or_outlier_detection_all_are_alike(string locality, string policy)
    {
        await using Servers servers = await Servers.StartAsync(4);
        await using TestGateway gateway = await StartAsync(locality, servers, Near, policy.Length > 0 ? policy : Detection);

        int[] ports = await Shares.AskAsync(gateway, 400);

        Assert.All(servers.Ports, port => Shares.AssertShare(0.25, ports.Count(one => one == port), 400));
    }

    [Fact]
    public async Task Distribute_gives_each_locality_its_share_and_others_nothing()
    {
        await using Servers servers = await Servers.StartAsync(4);
        await using TestGateway gateway = await StartAsync(
            "r1/z1/s1", servers, Near, "loadBalancer: {localityLbSetting: {distribute: [{from: r1/*, to: {r1/z1/*: 70, r1/z2/*: 30}}]}}");

        const int Requests = 1000;
        int[] ports = await Shares.AskAsync(gateway, Requests);

        Shares.AssertShare(0.35, ports.Count(port => port == servers.Ports[0]), Requests);
        Shares.AssertShare(0.35, ports.Count(port => port == servers.Ports[1]), Requests);
        Shares.AssertShare(0.3, ports.Count(port => port == servers.Ports[2]), Requests);
        Assert.DoesNotContain(servers.Ports[3], ports);
    }

    [Fact]
    public async Task Failover_names_the_region_that_stands_in()
    {
        await using Servers servers = await Servers.StartAsync(3);
        await using TestGateway gateway = await StartAsync(
            "r1/z1", servers, ["locality: r1/z1", "locality: r2/z1", "locality: r3/z1"], "loadBalancer: {localityLbSetting: {failover: [{from: r1, to: r3}]}}, " + Detection);

        await servers.StopAsync(servers.Ports[0]);
        int[] ports = await Shares.AskAsync(gateway, 50);

        Assert.Equal([servers.Ports[2]], ports.Distinct());
    }

    [Fact]
    public async Task Labels_decide_in_their_order_with_and_without_values()
    {
        await using Servers servers = await Servers.StartAsync(3);
        await using TestGateway gateway = await StartAsync(
            "r1/z1", servers, ["labels: {tier: spare, rack: a}", "labels: {tier: main, rack: a}", "labels: {tier: main, rack: b}"],
            "loadBalancer: {localityLbSetting: {failoverPriority: [tier=main, rack=b]}}, " + Detection);

        var order = new List<int>();
        for (int failed = 0; failed < 3; failed++)
        {
            int port = Assert.Single((await Shares.AskAsync(gateway, 30)).Distinct());
            order.Add(port);
            await servers.StopAsync(port);
        }

        Assert.Equal([servers.Ports[2], servers.Ports[1], servers.Ports[0]], order);
    }

    [Fact]
    public async Task The_meshs_setting_counts_where_the_rule_has_none()
    {
        await using Servers servers = await Servers.StartAsync(2);
        await using TestGateway gateway = await StartAsync("r1/z1", servers, ["locality: r1/z1", "locality: r2/z1"], Detection, """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: istio, namespace: istio-system}
            data:
              mesh: |
                localityLbSetting: {enabled: false}
            """);

        Assert.Equal(2, (await Shares.AskAsync(gateway, 100)).Distinct().Count());
    }

    private static Task<TestGateway> StartAsync(string locality, Servers servers, string[] more, string policy, params string[] documents) => TestGateway.StartAtAsync(
        locality, [TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), Shares.Endpoints(servers.Ports.Zip(more)), Shares.Rule(policy), .. documents]);

    /// <summary>Servers of which each can be stopped alone.</summary>
    private sealed class Servers : IAsyncDisposable
    {
        private readonly List<EchoUpstream> _running = [];

        public IReadOnlyList<int> Ports { get; private set; } = [];

        public static async Task<Servers> StartAsync(int count)
        {
            var servers = new Servers();
            for (int i = 0; i < count; i++)
                servers._running.Add(await EchoUpstream.StartAsync());
            servers.Ports = [.. servers._running.Select(server => server.Port)];
            return servers;
        }

        public async Task StopAsync(int port)
        {
            EchoUpstream server = _running.Single(server => server.Port == port);
            _running.Remove(server);
            await server.DisposeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            foreach (EchoUpstream server in _running)
                await server.DisposeAsync();
        }
    }
}
