using Gateway.Testing;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Balancing;

/// <summary>A new endpoint beside one that is warm, over real sockets and in real time: its share follows the curve.</summary>
public sealed class WarmUpTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(6);

    [Theory]
    [InlineData("simple: ROUND_ROBIN", 0)]
    [InlineData("simple: LEAST_REQUEST", 0.1)]
    public async Task A_new_endpoints_share_grows_along_the_line(string algorithm, double slack)
    {
        // Least request moves shares towards the idle one while several requests are under way.
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { PortCount = 2 });
        string rule = Shares.Rule($"loadBalancer: {{{algorithm}, warmup: {{duration: {Window.TotalSeconds}s, minimumPercent: 10}}}}");
        string[] Documents(int endpoints) => [TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), Shares.Endpoints(echo.Ports.Take(endpoints).Select(port => (port, ""))), rule];
        await using TestGateway gateway = await TestGateway.StartAsync(Documents(1));
        await Shares.AskAsync(gateway, 50);
        // The first endpoint must be warm itself.
        using var warm = new PeriodicTimer(Window);
        await warm.WaitForNextTickAsync();

        Assert.Empty(await gateway.ApplyAsync(Documents(2)));
        long joined = TimeProvider.System.GetTimestamp();
        const int Requests = 200;
        int last = 0;
        while (TimeProvider.System.GetElapsedTime(joined) < Window)
        {
            double from = Weight(TimeProvider.System.GetElapsedTime(joined));
            int[] ports = await Shares.AskAsync(gateway, Requests);
            double to = Weight(TimeProvider.System.GetElapsedTime(joined));
            last = ports.Count(port => port == echo.Ports[1]);
            // With weights w and 1 it gets w/(1+w); w grew while the requests were sent, and is at most one step old.
            double least = Math.Max(0.1, from - 0.05) / (1 + Math.Max(0.1, from - 0.05));
            double most = to / (1 + to);
            Assert.InRange(last, (Requests * (least - slack)) - Deviation(least) - 1, (Requests * (most + slack)) + Deviation(most) + 1);
        }
        int[] after = await Shares.AskAsync(gateway, Requests);

        Shares.AssertShare(0.5, after.Count(port => port == echo.Ports[1]), Requests, slack);

        static double Weight(TimeSpan age) => Math.Clamp(age / Window, 0.1, 1);
        static double Deviation(double share) => 5 * Math.Sqrt(Requests * share * (1 - share));
    }
}
