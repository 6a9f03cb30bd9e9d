using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Balancing;

public sealed class EjectionTests
{
    [Theory]
    [InlineData("maxEjectionPercent: 100", 3, true)]
    [InlineData("maxEjectionPercent: 100, minHealthPercent: 60", 3, false)]
    [InlineData("consecutiveGatewayErrors: 0", 3, false)]
    public async Task An_endpoint_that_fails_gets_no_more_requests_if_the_rule_allows(string detection, int errors, bool isEjected)
    {
        await using EchoUpstream good = await EchoUpstream.StartAsync("good");
        await using EchoUpstream bad = await EchoUpstream.StartAsync(new EchoOptions
        {
            Name = "bad",
            Handler = context =>
            {
                context.Response.StatusCode = 500;
                return Task.FromResult(true);
            },
        });
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", "HTTP", good.Port, bad.Port),
            TestConfig.TrafficPolicy("up.test", $"loadBalancer: {{simple: ROUND_ROBIN}}, outlierDetection: {{consecutive5xxErrors: {errors}, {detection}}}"));
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);

        for (int i = 0; i < 20; i++)
            (await client.GetAsync("/")).Dispose();

        // Each ejection, panic or not, makes the turns anew, and those begin anywhere.
        if (isEjected)
            Assert.Equal(errors, bad.Requests.Count);
        else
            Assert.InRange(bad.Requests.Count, 7, 13);
    }

    [Fact]
    public async Task All_endpoints_ejected_is_no_healthy_upstream()
    {
        await using EchoUpstream bad = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = context =>
            {
                context.Response.StatusCode = 503;
                return Task.FromResult(true);
            },
        });
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", bad),
            TestConfig.TrafficPolicy("up.test", "outlierDetection: {consecutiveGatewayErrors: 2, maxEjectionPercent: 100}"));
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);

        for (int i = 0; i < 2; i++)
            (await client.GetAsync("/")).Dispose();
        using HttpResponseMessage last = await client.GetAsync("/");

        Assert.Equal("no healthy upstream", await last.Content.ReadAsStringAsync());
        Assert.Equal(2, bad.Requests.Count);
    }
}
