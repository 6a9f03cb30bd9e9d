using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Failures;

/// <summary>The route's limit in time, over real sockets.</summary>
public sealed class TimeoutTests
{
    [Theory]
    [InlineData("1.1", "HTTP")]
    [InlineData("2.0", "HTTP")]
    [InlineData("2.0", "HTTP2")]
    public async Task A_slow_response_is_504_UT(string version, string protocol)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await StartAsync(echo, "timeout: 200ms", protocol);

        HttpResponseMessage response = await SendAsync(gateway, version, new ByteArrayContent(new byte[100]), ("echo-delay-ms", "20000"));
        CompletedRequest completed = await gateway.CompletionAsync(request => request.Status != 0);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal("upstream request timeout", await response.Content.ReadAsStringAsync());
        Assert.Equal(("UT", "response_timeout"), (completed.Flags, completed.Details));
    }

    [Fact]
    public async Task Without_a_timeout_there_is_no_limit()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await StartAsync(echo, "name: without-a-limit");

        HttpResponseMessage response = await SendAsync(gateway, "1.1", null, ("echo-delay-ms", "300"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(echo.Requests.Single().Headers.ContainsKey("x-envoy-expected-rq-timeout-ms"));
    }

    [Fact]
    public async Task A_response_under_way_is_broken_off()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async context =>
            {
                await context.Response.Body.WriteAsync(new byte[10]);
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                return true;
            },
        });
        await using TestGateway gateway = await StartAsync(echo, "timeout: 300ms");

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => SendAsync(gateway, "1.1", null));
        CompletedRequest completed = await gateway.CompletionAsync(request => request.Flags == "UT");

        Assert.Equal((200, "response_timeout"), (completed.Status, completed.Details));
    }

    [Fact]
    public async Task The_clock_starts_when_the_request_is_complete()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await StartAsync(echo, "timeout: 400ms");
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(80));
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(900));

        await connection.SendAsync("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nab", deadline.Token);
        await pause.WaitForNextTickAsync(deadline.Token);
        await connection.SendAsync("cd", deadline.Token);

        Assert.Equal(200, (await connection.ReadResponseAsync(cancel: deadline.Token))!.Status);
    }

    [Fact]
    public async Task A_slot_that_timed_out_serves_the_next_request()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await StartAsync(echo, "timeout: 200ms");
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.GatewayTimeout, (await SendAsync(client, null, ("echo-delay-ms", "20000"))).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(client, null)).StatusCode);
        }
    }

    [Theory]
    [InlineData("timeout: 10s", "application/json", null, "10000", null)]
    [InlineData("timeout: 10s", "application/grpc", null, "10000", "10000m")]
    [InlineData("timeout: 10s", "application/grpc", "5S", "5000", "5000m")]
    [InlineData("timeout: 10s", "application/grpc", "1M", "10000", "10000m")]
    [InlineData("name: none", "application/grpc", "7S", "7000", "7000m")]
    [InlineData("name: none", "application/grpc", "nonsense", null, "nonsense")]
    [InlineData("name: none", "application/json", "7S", null, "7S")]
    public async Task The_upstream_is_told_how_long_it_has(string policy, string contentType, string? grpcTimeout, string? expected, string? expectedGrpc)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await StartAsync(echo, policy);
        using var content = new ByteArrayContent(new byte[5]);
        content.Headers.Add("content-type", contentType);

        await SendAsync(gateway, "1.1", content, grpcTimeout is null ? [] : [("grpc-timeout", grpcTimeout)]);

        Dictionary<string, string[]> seen = echo.Requests.Single().Headers;
        Assert.Equal(expected, seen.TryGetValue("x-envoy-expected-rq-timeout-ms", out string[]? told) ? told[0] : null);
        Assert.Equal(expectedGrpc, seen.TryGetValue("grpc-timeout", out string[]? grpc) ? grpc[0] : null);
    }

    [Fact]
    public async Task A_grpc_client_that_ran_out_of_time_gets_its_status()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await StartAsync(echo, "timeout: 10s");
        using var content = new ByteArrayContent(new byte[5]);
        content.Headers.Add("content-type", "application/grpc");

        HttpResponseMessage response = await SendAsync(gateway, "2.0", content, ("grpc-timeout", "200m"), ("echo-delay-ms", "20000"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("14", response.Headers.GetValues("grpc-status").Single());
    }

    internal static Task<TestGateway> StartAsync(EchoUpstream echo, string policy, string protocol = "HTTP") => TestGateway.StartAsync(
        TestConfig.HttpGateway(), TestConfig.Backend("up.test", echo, protocol), Route(policy));

    internal static string Route(string policy) => $$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: route, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [gateway]
          http:
          - route:
            - destination: {host: up.test}
            {{policy}}
        """;

    private static async Task<HttpResponseMessage> SendAsync(TestGateway gateway, string version, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), Version.Parse(version));
        return await SendAsync(client, content, headers);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = TestHttpClient.Request(
            content is null ? HttpMethod.Get : HttpMethod.Post, client.DefaultRequestVersion, "http", "a.test", "/");
        request.Content = content;
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await client.SendAsync(request);
    }
}
