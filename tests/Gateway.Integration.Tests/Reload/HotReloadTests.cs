using System.Net;
using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Reload;

public sealed class HotReloadTests : IAsyncLifetime
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
    private EchoUpstream _a = null!;
    private EchoUpstream _b = null!;

    public async Task InitializeAsync()
    {
        _a = await EchoUpstream.StartAsync("a");
        _b = await EchoUpstream.StartAsync("b");
    }

    public async Task DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Reloads_under_load_fail_no_request(string version)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(Config(_a));
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), Version.Parse(version));
        using var stop = new CancellationTokenSource();
        Task<int>[] load = [.. Enumerable.Range(0, 8).Select(_ => LoadAsync(client, version, stop.Token))];

        for (int i = 0; i < 30; i++)
        {
            string[] config = i % 2 == 0 ? [.. Config(_b), TestConfig.HttpGateway(81, "other")] : Config(_a);
            Assert.Empty(await gateway.ApplyAsync(config));
            int before = gateway.Completed.Count;
            await Eventually.HoldsAsync(() => gateway.Completed.Count > before + 20, "requests go on");
        }
        await stop.CancelAsync();
        int[] served = await Task.WhenAll(load);

        Assert.All(served, count => Assert.NotEqual(0, count));
        Assert.All(gateway.Completed, request => Assert.Equal((200, "-"), (request.Status, request.Flags)));
        Assert.NotEmpty(_a.Requests);
        Assert.NotEmpty(_b.Requests);
        Assert.Empty(gateway.Faults);
    }

    [Fact]
    public async Task A_new_weight_counts_for_the_next_request_on_an_open_connection()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(Config(_a));
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(80));

        string before = await AskAsync(connection);
        await gateway.ApplyAsync(Config(_b));
        string after = await AskAsync(connection);

        Assert.Equal(("a", "b"), (before, after));
    }

    [Fact]
    public async Task A_port_comes_and_goes_without_touching_another()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(Config(_a));
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(80));
        await AskAsync(connection);

        await gateway.ApplyAsync(WithSecondPort());
        int second = gateway.Port(81);
        await using RawHttpConnection onSecond = await RawHttpConnection.ConnectAsync(second);
        Assert.Equal("a", await AskAsync(onSecond));
        await gateway.ApplyAsync(Config(_a));

        Assert.Null(gateway.FindPort(81));
        await onSecond.WaitForCloseAsync();
        await Assert.ThrowsAsync<SocketException>(() => RawHttpConnection.ConnectAsync(second));
        Assert.Equal("a", await AskAsync(connection));
    }

    [Fact]
    public async Task A_request_under_way_outlives_its_removed_port()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using EchoUpstream slow = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async _ =>
            {
                await go.Task;
                return false;
            },
        });
        await using TestGateway gateway = await TestGateway.StartAsync(WithSecondPort(slow));
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(81));
        await connection.SendAsync(Get);
        await Eventually.HoldsAsync(() => slow.Requests.Count == 1, "the upstream has the request");

        await gateway.ApplyAsync(Config(_a));
        Assert.Null(gateway.FindPort(81));
        go.SetResult();

        Assert.Equal(200, (await connection.ReadResponseAsync())?.Status);
    }

    [Fact]
    public async Task A_bad_resource_is_left_out_and_its_neighbours_are_served()
    {
        const string Bad = """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: bad, namespace: default}
            spec:
              hosts: [bad.test]
              gateways: [gateway]
              http: [{match: [{uri: {regex: "(("}}], route: [{destination: {host: up.test}}]}]
            """;
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);

        IReadOnlyList<string> errors = await gateway.ApplyAsync([.. Config(_a), Bad, "kind: ]broken", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata: {a: '%'}"]);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(80));

        Assert.Equal("a", await AskAsync(connection));
        Assert.Contains(errors, error => error.Contains("default/bad", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_resource_that_turns_bad_goes_on_as_it_was()
    {
        string route = TestConfig.Route("a.test", "up.test");
        string[] others = [TestConfig.HttpGateway(), TestConfig.Backend("up.test", _a)];
        await using TestGateway gateway = await TestGateway.StartAsync([.. others, route]);

        IReadOnlyList<string> errors = await gateway.ApplyAsync([.. others, route.Replace("weight: 100", "weight: -5", StringComparison.Ordinal)]);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(80));

        Assert.NotEmpty(errors);
        Assert.Equal("a", await AskAsync(connection));
    }

    [Fact]
    public async Task A_port_in_use_is_reported_and_bound_when_it_becomes_free()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int taken = ((IPEndPoint)other.LocalEndpoint).Port;
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline, new Dictionary<int, int> { [80] = taken });

        IReadOnlyList<string> errors = await gateway.ApplyAsync(WithSecondPort());
        await using RawHttpConnection neighbour = await RawHttpConnection.ConnectAsync(gateway.Port(81));
        Assert.Contains(errors, error => error.Contains(taken.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        Assert.Equal("a", await AskAsync(neighbour));
        other.Stop();

        await Eventually.HoldsAsync(() => gateway.FindPort(80) == taken, "the port is bound");
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(taken);
        Assert.Equal("a", await AskAsync(connection));
    }

    private static string[] Config(EchoUpstream echo) =>
        [TestConfig.HttpGateway(), TestConfig.Backend("up.test", echo), TestConfig.Route("a.test", "up.test")];

    private string[] WithSecondPort(EchoUpstream? second = null) =>
    [
        .. Config(_a), TestConfig.HttpGateway(81, "second"), TestConfig.Backend("second.test", second ?? _a),
        TestConfig.Route("a.test", "second.test").Replace("route-a", "route-second", StringComparison.Ordinal).Replace("[gateway, gateway-tls]", "[second]", StringComparison.Ordinal),
    ];

    private static async Task<string> AskAsync(RawHttpConnection connection)
    {
        await connection.SendAsync(Get);
        RawHttpResponse? answer = await connection.ReadResponseAsync();
        Assert.Equal(200, answer?.Status);
        return EchoRequest.Parse(answer!.Text).Upstream;
    }

    private static async Task<int> LoadAsync(HttpClient client, string version, CancellationToken stop)
    {
        int served = 0;
        while (!stop.IsCancellationRequested)
        {
            using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Post, Version.Parse(version), "http", "a.test", "/");
            request.Content = new StringContent("a body");
            using HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            served++;
        }
        return served;
    }
}
