using System.Collections.Concurrent;
using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Balancing;

/// <summary>Active health checks over real sockets.</summary>
public sealed class HealthCheckTests
{
    private const string Quick = "gateway/health-check-interval: 100ms, gateway/health-check-timeout: 2s, gateway/health-check-unhealthy-threshold: \"2\", gateway/health-check-healthy-threshold: \"1\"";

    [Theory]
    [InlineData("HTTP", "HTTP")]
    [InlineData("HTTP2", "HTTP")]
    [InlineData("GRPC", "GRPC")]
    public async Task A_failing_endpoint_gets_no_requests_until_it_is_well_again(string protocol, string check)
    {
        var health = new ConcurrentDictionary<int, bool>();
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { PortCount = 2, Handler = context => AnswerAsync(context, health) });
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", protocol, [.. echo.Ports]),
            Shares.Rule("loadBalancer: {simple: ROUND_ROBIN}", $"gateway/health-check: {check}, {Quick}{(check == "HTTP" ? ", gateway/health-check-path: /healthz, gateway/health-check-host: check.test" : "")}"));

        await UntilAsync(gateway, echo.Ports);
        health[echo.Ports[0]] = false;
        await UntilAsync(gateway, [echo.Ports[1]]);
        health[echo.Ports[0]] = true;
        await UntilAsync(gateway, echo.Ports);

        if (check == "HTTP")
            Assert.Contains(echo.Requests, request => request is { Target: "/healthz", Authority: "check.test" });
    }

    [Fact]
    public async Task A_port_that_refuses_connections_is_found_before_a_request_is_sent_to_it()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        using var refusing = new RefusingPort();
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", "HTTP", echo.Port, refusing.Port),
            Shares.Rule("loadBalancer: {simple: ROUND_ROBIN}", $"gateway/health-check: TCP, {Quick}"));

        await Eventually.HoldsAsync(() => gateway.HealthOf("up.test").Contains("unhealthy", StringComparison.Ordinal), "the port is found to refuse");
        await Shares.AskAsync(gateway, 20);

        Assert.All(gateway.Completed, request => Assert.Equal(200, request.Status));
        Assert.All(echo.Requests, request => Assert.Equal("1", request.Headers["x-envoy-attempt-count"][0]));
    }

    [Fact]
    public async Task Checks_speak_the_clusters_tls()
    {
        using var authority = new TestCertificates();
        using TestCertificate certificate = authority.IssueServer("up.test");
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { Certificate = certificate.Certificate });
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo),
            Shares.Rule("tls: {mode: SIMPLE, insecureSkipVerify: true}", $"gateway/health-check: HTTP, {Quick}"));

        await Eventually.HoldsAsync(() => gateway.HealthOf("up.test") == "healthy", "the check has passed");
        Assert.Contains(echo.Requests, request => request.Tls);
    }

    [Fact]
    public async Task All_failing_is_no_healthy_upstream()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions { Handler = context => AnswerAsync(context, new ConcurrentDictionary<int, bool> { [context.Connection.LocalPort] = false }) });
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"), TestConfig.Backend("up.test", echo), Shares.Rule("loadBalancer: {simple: RANDOM}", $"gateway/health-check: HTTP, {Quick}"));
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);

        await Eventually.HoldsAsync(() => gateway.HealthOf("up.test").Contains("unhealthy", StringComparison.Ordinal), "the check has failed");
        using HttpResponseMessage response = await client.GetAsync("/");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no healthy upstream"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Contains("status 503", gateway.HealthOf("up.test"), StringComparison.Ordinal);
    }

    private static async Task UntilAsync(TestGateway gateway, IEnumerable<int> ports)
    {
        int[] wanted = [.. ports.Order()];
        await Eventually.HoldsAsync(async () => wanted.SequenceEqual((await Shares.AskAsync(gateway, 20)).Distinct().Order()), $"only {string.Join(" and ", wanted)} get requests");
    }

    /// <summary>Answers checks; everything else is echoed.</summary>
    private static async Task<bool> AnswerAsync(Microsoft.AspNetCore.Http.HttpContext context, ConcurrentDictionary<int, bool> health)
    {
        bool isWell = health.GetValueOrDefault(context.Connection.LocalPort, true);
        if (context.Request.Path == "/grpc.health.v1.Health/Check")
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 2, 8, (byte)(isWell ? 1 : 2) });
            Microsoft.AspNetCore.Http.ResponseTrailerExtensions.AppendTrailer(context.Response, "grpc-status", "0");
            return true;
        }
        if (context.Request.Headers.UserAgent != "gateway-health-check")
            return false;
        context.Response.StatusCode = isWell ? 200 : 503;
        return true;
    }
}
