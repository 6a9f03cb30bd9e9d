using Gateway.Testing;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Balancing;

/// <summary>How requests spread over endpoints, counted on real sockets. Tolerances: <see cref="Shares.AssertShare"/>.</summary>
public sealed class DistributionTests
{
    [Theory]
    [InlineData("simple: RANDOM", 0)]
    [InlineData("simple: LEAST_REQUEST", 0.06)]
    [InlineData("simple: ROUND_ROBIN", 0)]
    public async Task Endpoints_get_their_weight(string loadBalancer, double slack)
    {
        // Least request moves shares towards the idle ones while several requests are under way.
        const int Requests = 1200;
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { PortCount = 3 });
        await using TestGateway gateway = await StartAsync(loadBalancer, echo.Ports.Zip(["weight: 10", "weight: 20", "weight: 30"]));

        int[] ports = await Shares.AskAsync(gateway, Requests);

        for (int i = 0; i < 3; i++)
            Shares.AssertShare((i + 1) / 6.0, ports.Count(port => port == echo.Ports[i]), Requests, slack);
    }

    /// <summary>
    /// Ten endpoints. A ring with v points for each gives shares with a relative standard deviation of 1/√v (Karger et al.,
    /// "Consistent hashing and random trees"): with 1030 points in all about 10 %, five of them are half of a share. Maglev's table
    /// (Eisenbud et al., "Maglev", 5.3) of 65,537 entries is even within 1 %.
    /// </summary>
    [Theory]
    [InlineData("ringHash: {minimumRingSize: 1024}", 0.05)]
    [InlineData("maglev: {tableSize: 65537}", 0.001)]
    public async Task Hashed_keys_are_balanced_and_one_endpoint_less_moves_about_its_own(string algorithm, double slack)
    {
        const int Keys = 2000;
        string loadBalancer = $"consistentHash: {{httpHeaderName: x-key, {algorithm}}}";
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { PortCount = 10 });
        await using TestGateway gateway = await StartAsync(loadBalancer, echo.Ports.Select(port => (port, "")));

        int[] before = await Shares.AskAsync(gateway, Keys, key => $"key-{key}");
        await gateway.ApplyAsync(Documents(loadBalancer, echo.Ports.Skip(1).Select(port => (port, ""))));
        int[] after = await Shares.AskAsync(gateway, Keys, key => $"key-{key}");

        Assert.All(echo.Ports, port => Shares.AssertShare(0.1, before.Count(one => one == port), Keys, slack));
        int gone = before.Count(port => port == echo.Ports[0]);
        int others = Enumerable.Range(0, Keys).Count(key => before[key] != echo.Ports[0] && before[key] != after[key]);
        Assert.DoesNotContain(echo.Ports[0], after);
        // The table is filled by turns that change with the number of endpoints; the ring's points do, too, since its size is rounded.
        Assert.True(gone + others <= Keys * 0.1 * 2, $"{gone} keys had to move, {others} others did.");
    }

    [Theory]
    [InlineData("ringHash: {minimumRingSize: 4096}", 0.06)]
    [InlineData("maglev: {tableSize: 65537}", 0.002)]
    public async Task Hashed_keys_follow_weights(string algorithm, double slack)
    {
        const int Keys = 1500;
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { PortCount = 2 });
        await using TestGateway gateway = await StartAsync($"consistentHash: {{httpHeaderName: x-key, {algorithm}}}", echo.Ports.Zip(["weight: 1", "weight: 3"]));

        int[] ports = await Shares.AskAsync(gateway, Keys, key => $"key-{key}");

        Shares.AssertShare(0.25, ports.Count(port => port == echo.Ports[0]), Keys, slack);
    }

    [Fact]
    public async Task Least_request_spares_a_slow_endpoint()
    {
        const int Requests = 600;
        int slow = 0;
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions
        {
            PortCount = 4,
            Handler = async context =>
            {
                if (context.Connection.LocalPort == Volatile.Read(ref slow))
                    await Task.Delay(TimeSpan.FromMilliseconds(50), context.RequestAborted);
                return false;
            },
        });
        Volatile.Write(ref slow, echo.Ports[0]);
        await using TestGateway gateway = await StartAsync("simple: LEAST_REQUEST", echo.Ports.Select(port => (port, "")));

        int[] ports = await Shares.AskAsync(gateway, Requests);

        // At random it would get a quarter. It loses every comparison while it is busier than the other one drawn.
        int count = ports.Count(port => port == slow);
        double quarter = (Requests / 4.0) - (5 * Math.Sqrt(Requests * 0.25 * 0.75));
        Assert.True(count < quarter, $"The slow one got {count}; by chance it would be at least {quarter:F0}.");
    }

    private static Task<TestGateway> StartAsync(string loadBalancer, IEnumerable<(int, string)> endpoints) => TestGateway.StartAsync(Documents(loadBalancer, endpoints));

    private static string[] Documents(string loadBalancer, IEnumerable<(int, string)> endpoints) =>
        [TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), Shares.Endpoints(endpoints), Shares.Rule($"loadBalancer: {{{loadBalancer}}}")];
}
