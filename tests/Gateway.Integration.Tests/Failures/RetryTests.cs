using System.Net;
using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Microsoft.AspNetCore.Http;

namespace Gateway.Integration.Tests.Failures;

/// <summary>Retries over real sockets: what is tried again, with which body, and what the client gets in the end.</summary>
public sealed class RetryTests
{
    [Theory]
    [InlineData("5xx", 503, true)]
    [InlineData("5xx", 418, false)]
    [InlineData("gateway-error", 502, true)]
    [InlineData("gateway-error", 500, false)]
    [InlineData("retriable-4xx", 409, true)]
    [InlineData("retriable-4xx", 404, false)]
    [InlineData("503", 503, true)]
    [InlineData("reset,404", 404, true)]
    [InlineData("connect-failure,refused-stream", 503, false)]
    public async Task A_status_is_tried_again_if_the_policy_names_it(string retryOn, int status, bool retried)
    {
        await using Failing upstream = await Failing.StartAsync(failures: 2, status);
        await using TestGateway gateway = await TimeoutTests.StartAsync(upstream.Echo, $"retries: {{attempts: 2, retryOn: \"{retryOn}\"}}");

        using HttpResponseMessage response = await SendAsync(gateway, "1.1", body: null);

        Assert.Equal(retried ? 200 : status, (int)response.StatusCode);
        Assert.Equal(retried ? ["1", "2", "3"] : (string[])["1"], upstream.Echo.Requests.Select(seen => seen.Headers["x-envoy-attempt-count"][0]));
    }

    [Theory]
    [InlineData("1.1", "HTTP", 10)]
    [InlineData("1.1", "HTTP", 300_000)]
    [InlineData("2.0", "HTTP", 300_000)]
    [InlineData("2.0", "HTTP2", 1_000_000)]
    [InlineData("1.1", "HTTP2", 1024 * 1024)]
    public async Task A_body_is_sent_again_whole(string version, string protocol, int length)
    {
        await using Failing upstream = await Failing.StartAsync(failures: 2, 503, readsBody: true);
        await using TestGateway gateway = await TimeoutTests.StartAsync(upstream.Echo, "retries: {attempts: 2, retryOn: 5xx}", protocol);
        byte[] body = new byte[length];
        Random.Shared.NextBytes(body);

        using HttpResponseMessage response = await SendAsync(gateway, version, new ByteArrayContent(body));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(3, upstream.Bodies.Count);
        Assert.All(upstream.Bodies, seen => Assert.Equal(body, seen));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_beyond_the_buffer_is_sent_once(bool hasLength)
    {
        await using Failing upstream = await Failing.StartAsync(failures: 1, 503, readsBody: true);
        await using TestGateway gateway = await TimeoutTests.StartAsync(upstream.Echo, "retries: {attempts: 2, retryOn: 5xx}");
        byte[] body = new byte[3 * 1024 * 1024];
        Random.Shared.NextBytes(body);
        HttpContent content = hasLength ? new ByteArrayContent(body) : new StreamContent(new Unseekable(body));

        using HttpResponseMessage response = await SendAsync(gateway, "1.1", content);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(body, Assert.Single(upstream.Bodies));
        Assert.Equal("-", (await gateway.CompletionAsync(request => request.Status != 0)).Flags);
    }

    [Theory]
    [InlineData(1000, 3)]
    [InlineData(1001, 1)]
    public async Task The_buffer_is_as_large_as_it_is_set(int length, int sent)
    {
        await using Failing upstream = await Failing.StartAsync(failures: 2, 503, readsBody: true);
        await using TestGateway gateway = await TestGateway.StartTunedAsync(options => options with { RetryBufferBytes = 1000 });
        Assert.Empty(await gateway.ApplyAsync(
            TestConfig.HttpGateway(), TestConfig.Backend("up.test", upstream.Echo, "HTTP"), TimeoutTests.Route("retries: {attempts: 2, retryOn: 5xx}")));

        using HttpResponseMessage response = await SendAsync(gateway, "1.1", new ByteArrayContent(new byte[length]));

        Assert.Equal(sent == 3 ? 200 : 503, (int)response.StatusCode);
        Assert.Equal(sent, upstream.Bodies.Count);
    }

    [Fact]
    public async Task Tries_that_are_used_up_give_the_last_answer_and_URX()
    {
        await using Failing upstream = await Failing.StartAsync(failures: 10, 503);
        await using TestGateway gateway = await TimeoutTests.StartAsync(upstream.Echo, "retries: {attempts: 1, retryOn: 5xx}");

        using HttpResponseMessage response = await SendAsync(gateway, "1.1", body: null);
        CompletedRequest completed = await gateway.CompletionAsync(request => request.Status != 0);

        Assert.Equal(503, (int)response.StatusCode);
        Assert.Equal(("URX", "via_upstream"), (completed.Flags, completed.Details));
        Assert.Equal(2, upstream.Echo.Requests.Count);
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("5xx")]
    [InlineData("gateway-error")]
    public async Task A_connection_that_ends_is_tried_again(string retryOn)
    {
        await using Failing upstream = await Failing.StartAsync(failures: 2, status: 0, readsBody: true);
        await using TestGateway gateway = await TimeoutTests.StartAsync(upstream.Echo, $"retries: {{attempts: 2, retryOn: {retryOn}}}");

        using HttpResponseMessage response = await SendAsync(gateway, "1.1", new ByteArrayContent(new byte[5000]));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(3, upstream.Bodies.Count);
        Assert.All(upstream.Bodies, seen => Assert.Equal(5000, seen.Length));
    }

    [Fact]
    public async Task By_default_neither_a_status_nor_a_reset_is_tried_again()
    {
        await using Failing upstream = await Failing.StartAsync(failures: 1, status: 0);
        await using TestGateway gateway = await TimeoutTests.StartAsync(upstream.Echo, "name: default");

        using HttpResponseMessage response = await SendAsync(gateway, "1.1", body: null);

        Assert.Equal(503, (int)response.StatusCode);
        Assert.Equal("UC", (await gateway.CompletionAsync(request => request.Status != 0)).Flags);
    }

    [Fact]
    public async Task Zero_attempts_try_nothing_again()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(), TestConfig.Backend("up.test", "HTTP", ClosedPort()), TimeoutTests.Route("retries: {attempts: 0}"));

        using HttpResponseMessage response = await SendAsync(gateway, "1.1", body: null);

        Assert.Equal("upstream connect error or disconnect/reset before headers. reset reason: remote connection failure", await response.Content.ReadAsStringAsync());
        Assert.Equal("UF", (await gateway.CompletionAsync(request => request.Status != 0)).Flags);
    }

    [Fact]
    public async Task An_endpoint_that_refused_is_not_tried_twice_while_there_are_others()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(), TestConfig.Backend("up.test", "HTTP", echo.Port, ClosedPort()), TimeoutTests.Route("name: default"));
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);

        for (int i = 0; i < 50; i++)
        {
            using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Post, HttpVersion.Version11, "http", "a.test", "/");
            request.Content = new ByteArrayContent(new byte[100]);
            using HttpResponseMessage response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(100, EchoRequest.Parse(await response.Content.ReadAsStringAsync()).BodyBytes);
        }
    }

    [Fact]
    public async Task A_try_that_takes_too_long_is_followed_by_another_if_resets_are()
    {
        await using Failing upstream = await Failing.StartAsync(failures: 2, status: -1, readsBody: true);
        await using TestGateway gateway = await TimeoutTests.StartAsync(upstream.Echo, "retries: {attempts: 2, perTryTimeout: 200ms, retryOn: reset}");

        using HttpResponseMessage response = await SendAsync(gateway, "1.1", new ByteArrayContent(new byte[2000]));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(3, upstream.Bodies.Count);
    }

    [Theory]
    [InlineData("reset", "UT,URX")]
    [InlineData("connect-failure", "UT")]
    public async Task The_last_try_that_takes_too_long_is_504_UT(string retryOn, string flags)
    {
        await using Failing upstream = await Failing.StartAsync(failures: 10, status: -1);
        await using TestGateway gateway = await TimeoutTests.StartAsync(upstream.Echo, $"retries: {{attempts: 1, perTryTimeout: 150ms, retryOn: {retryOn}}}");

        using HttpResponseMessage response = await SendAsync(gateway, "1.1", body: null);
        CompletedRequest completed = await gateway.CompletionAsync(request => request.Status != 0);

        Assert.Equal("upstream request timeout", await response.Content.ReadAsStringAsync());
        Assert.Equal((504, flags, "upstream_per_try_timeout"), (completed.Status, completed.Flags, completed.Details));
    }

    [Fact]
    public async Task The_routes_limit_covers_all_tries()
    {
        await using Failing upstream = await Failing.StartAsync(failures: 100, status: -1);
        await using TestGateway gateway = await TimeoutTests.StartAsync(
            upstream.Echo, "timeout: 500ms\n    retries: {attempts: 100, perTryTimeout: 100ms, retryOn: reset}");

        using HttpResponseMessage response = await SendAsync(gateway, "1.1", body: null);
        CompletedRequest completed = await gateway.CompletionAsync(request => request.Status != 0);

        Assert.Equal((504, "UT", "response_timeout"), (completed.Status, completed.Flags, completed.Details));
        Assert.InRange(upstream.Echo.Requests.Count, 1, 5);
    }

    [Fact]
    public async Task A_grpc_status_in_the_response_headers_is_tried_again_by_default()
    {
        await using Failing upstream = await Failing.StartAsync(failures: 1, status: 200, readsBody: true, grpcStatus: "14");
        await using TestGateway gateway = await TimeoutTests.StartAsync(upstream.Echo, "name: default", "HTTP2");
        using var content = new ByteArrayContent(new byte[50]);
        content.Headers.Add("content-type", "application/grpc");

        using HttpResponseMessage response = await SendAsync(gateway, "2.0", content);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(2, upstream.Bodies.Count);
        Assert.All(upstream.Bodies, seen => Assert.Equal(50, seen.Length));
    }

    [Fact]
    public async Task A_client_that_is_still_sending_is_not_read_twice_when_a_try_ends()
    {
        await using Failing upstream = await Failing.StartAsync(failures: 1, 503);
        await using TestGateway gateway = await TimeoutTests.StartAsync(upstream.Echo, "retries: {attempts: 1, retryOn: 5xx}", "HTTP2");
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(80));
        using var deadline = new CancellationTokenSource(Eventually.Deadline);

        await connection.SendAsync("POST / HTTP/1.1\r\nHost: a.test\r\necho-body: copy\r\nContent-Length: 10\r\n\r\n01234", deadline.Token);
        await Eventually.HoldsAsync(() => upstream.Echo.Requests.Count == 2, "the second try has begun");
        await connection.SendAsync("56789", deadline.Token);
        RawHttpResponse? response = await connection.ReadResponseAsync(cancel: deadline.Token);

        Assert.Equal((200, "0123456789"), (response!.Status, response.Text));
    }

    private static async Task<HttpResponseMessage> SendAsync(TestGateway gateway, string version, HttpContent? body)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), Version.Parse(version));
        using HttpRequestMessage request = TestHttpClient.Request(
            body is null ? HttpMethod.Get : HttpMethod.Post, client.DefaultRequestVersion, "http", "a.test", "/");
        request.Content = body;
        return await client.SendAsync(request);
    }

    private static int ClosedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>An upstream whose first answers fail: with a status, by closing (0), or by never coming (-1).</summary>
    private sealed class Failing : IAsyncDisposable
    {
        private int _left;

        public EchoUpstream Echo { get; private set; } = null!;

        public List<byte[]> Bodies { get; } = [];

        public static async Task<Failing> StartAsync(int failures, int status, bool readsBody = false, string? grpcStatus = null)
        {
            var failing = new Failing { _left = failures };
            failing.Echo = await EchoUpstream.StartAsync(new EchoOptions { Handler = context => failing.AnswerAsync(context, status, readsBody, grpcStatus) });
            return failing;
        }

        public ValueTask DisposeAsync() => Echo.DisposeAsync();

        private async Task<bool> AnswerAsync(HttpContext context, int status, bool readsBody, string? grpcStatus)
        {
            if (readsBody)
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body, context.RequestAborted);
                lock (Bodies)
                    Bodies.Add(body.ToArray());
            }
            if (Interlocked.Decrement(ref _left) < 0)
                return false;
            if (status == -1)
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            else if (status == 0)
                context.Abort();
            else
                context.Response.StatusCode = status;
            if (grpcStatus is not null)
                context.Response.Headers["grpc-status"] = grpcStatus;
            return true;
        }
    }

    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
