using System.Net;
using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Failures;

/// <summary>What clients get, and the access log says, when the upstream fails: Envoy's statuses, texts and flags.</summary>
public sealed class UpstreamFailureTests
{
    private const string Reset = "upstream connect error or disconnect/reset before headers. ";

    [Theory]
    [InlineData("1.1", "HTTP")]
    [InlineData("2.0", "HTTP")]
    [InlineData("1.1", "HTTP2")]
    public async Task Connection_refused_is_503_UF(string client, string upstream)
    {
        await using TestGateway gateway = await StartAsync(TestConfig.Backend("up.test", upstream, ClosedPort()));

        (HttpStatusCode status, string body) = await GetAsync(gateway, client);
        CompletedRequest completed = await gateway.CompletionAsync(request => request.Status != 0);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure", body);
        Assert.StartsWith("UF", completed.Flags, StringComparison.Ordinal);
        Assert.StartsWith("upstream_reset_before_response_started{remote_connection_failure", completed.Details, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.1", "HTTP")]
    [InlineData("2.0", "HTTP2")]
    public async Task A_connection_that_ends_before_the_headers_is_503_UC_or_UR(string client, string upstream)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await StartAsync(TestConfig.Backend("up.test", echo, upstream));

        (HttpStatusCode status, string body) = await GetAsync(gateway, client, ("echo-abort", "headers"));
        CompletedRequest completed = await gateway.CompletionAsync(request => request.Status != 0);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.StartsWith(Reset, body, StringComparison.Ordinal);
        Assert.Contains(completed.Flags.Split(',')[0], (string[])["UC", "UR"]);
    }

    [Fact]
    public async Task A_body_that_breaks_off_ends_the_clients_connection()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await StartAsync(TestConfig.Backend("up.test", echo));
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(80));
        using var deadline = new CancellationTokenSource(Eventually.Deadline);

        await connection.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\necho-bytes: 1000000\r\necho-abort: body\r\n\r\n", deadline.Token);

        await Assert.ThrowsAnyAsync<EndOfStreamException>(() => connection.ReadResponseAsync(cancel: deadline.Token));
        Assert.Equal(200, (await gateway.CompletionAsync(request => request.Path == "/")).Status);
    }

    [Fact]
    public async Task No_endpoint_is_503_UH()
    {
        await using TestGateway gateway = await StartAsync(TestConfig.Backend("up.test", "HTTP"));

        (HttpStatusCode status, string body) = await GetAsync(gateway, "1.1");
        CompletedRequest completed = await gateway.CompletionAsync(request => request.Status != 0);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no healthy upstream"), (status, body));
        Assert.Equal(("UH", "no_healthy_upstream"), (completed.Flags, completed.Details));
    }

    [Fact]
    public async Task An_unknown_cluster_is_503_NC()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(TestConfig.HttpGateway(), TestConfig.Route("a.test", "nobody.test"));

        (HttpStatusCode status, _) = await GetAsync(gateway, "1.1");
        CompletedRequest completed = await gateway.CompletionAsync(request => request.Status != 0);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal(("NC", "cluster_not_found"), (completed.Flags, completed.Details));
    }

    [Fact]
    public async Task No_route_is_404_NR()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(TestConfig.HttpGateway());

        (HttpStatusCode status, string body) = await GetAsync(gateway, "1.1");
        CompletedRequest completed = await gateway.CompletionAsync(request => request.Status != 0);

        Assert.Equal((HttpStatusCode.NotFound, ""), (status, body));
        Assert.Equal(("NR", "route_not_found"), (completed.Flags, completed.Details));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_client_that_leaves_ends_the_upstream_request(string version)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async context =>
            {
                context.RequestAborted.Register(gone.SetResult);
                await gone.Task;
                return true;
            },
        });
        await using TestGateway gateway = await StartAsync(TestConfig.Backend("up.test", echo));
        using var leave = new CancellationTokenSource();
        Task<(HttpStatusCode, string)> request = GetAsync(gateway, version, leave.Token);
        await Eventually.HoldsAsync(() => echo.Requests.Count == 1, "the upstream has the request");

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);

        await gone.Task.WaitAsync(Eventually.Deadline);
        CompletedRequest completed = await gateway.CompletionAsync(_ => true);
        Assert.Contains(completed.Flags, (string[])["DC", "DR"]);
        Assert.Empty(gateway.Faults);
    }

    private static Task<TestGateway> StartAsync(string backend) =>
        TestGateway.StartAsync(TestConfig.HttpGateway(), backend, TestConfig.Route("a.test", "up.test"));

    private static Task<(HttpStatusCode, string)> GetAsync(TestGateway gateway, string version, params (string Name, string Value)[] headers) =>
        GetAsync(gateway, version, CancellationToken.None, headers);

    private static async Task<(HttpStatusCode, string)> GetAsync(
        TestGateway gateway, string version, CancellationToken cancel, params (string Name, string Value)[] headers)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), Version.Parse(version));
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, Version.Parse(version), "http", "a.test", "/");
        foreach ((string name, string value) in headers)
            request.Headers.Add(name, value);
        using HttpResponseMessage response = await client.SendAsync(request, cancel);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(cancel));
    }

    /// <summary>A port that was free a moment ago and that nobody listens on.</summary>
    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
