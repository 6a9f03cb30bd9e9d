using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Balancing;

public sealed class CircuitBreakerTests
{
    [Fact]
    public async Task More_requests_than_allowed_are_refused_at_once_and_served_again_later()
    {
        var release = new TaskCompletionSource();
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async _ =>
            {
                await release.Task;
                return false;
            },
        });
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo),
            TestConfig.TrafficPolicy("up.test", "connectionPool: {http: {http2MaxRequests: 1}, tcp: {connectTimeout: 1s, maxConnectionDuration: 60s, tcpKeepalive: {time: 60s, interval: 10s, probes: 3}}}"));
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);

        Task<HttpResponseMessage> first = client.GetAsync("/");
        await Eventually.HoldsAsync(() => echo.Requests.Count == 1, "the first request has arrived");
        using HttpResponseMessage refused = await client.GetAsync("/");
        release.SetResult();
        (await first).Dispose();
        using HttpResponseMessage later = await client.GetAsync("/");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "true"), (refused.StatusCode, refused.Headers.GetValues("x-envoy-overloaded").Single()));
        Assert.Equal("upstream connect error or disconnect/reset before headers. reset reason: overflow", await refused.Content.ReadAsStringAsync());
        Assert.Contains(gateway.Completed, request => request.Flags == "UO");
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }
}
