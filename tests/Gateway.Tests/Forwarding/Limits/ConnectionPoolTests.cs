using System.Globalization;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Transport;

namespace Gateway.Tests.Forwarding.Limits;

/// <summary>The fields of <c>connectionPool</c> over real sockets, on both transports.</summary>
public sealed class ConnectionPoolTests
{
    public static TheoryData<bool> Transports() => LimitedBackend.Transports();

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Requests_beyond_maxConnections_wait_for_one_to_become_free(bool eventLoops)
    {
        await using LimitedBackend backend = await LimitedBackend.StartAsync(eventLoops, "connectionPool: {tcp: {maxConnections: 1}}");

        // From connections of their own, so that they are spread over the loops.
        Task<RawHttpResponse>[] held = [.. Enumerable.Range(0, 8).Select(_ => backend.SendAsync("/hold"))];
        await Eventually.HoldsAsync(() => backend.Origin.Requests.Count == 1 && backend.Cluster.ActiveRequests == 8, "one is at the backend, the others wait");
        Assert.Equal((1, 1), (backend.Cluster.Connections.Open, backend.Origin.Connections));
        backend.Release.SetResult();
        RawHttpResponse[] answers = await Task.WhenAll(held);

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.True(backend.Cluster.Connections.Open <= 1);
        await backend.NothingIsLeftAsync();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task More_connections_are_never_open_at_once_than_maxConnections(bool eventLoops)
    {
        await using LimitedBackend backend = await LimitedBackend.StartAsync(eventLoops, "connectionPool: {tcp: {maxConnections: 3}}");
        int most = 0;

        async Task WorkAsync()
        {
            for (int i = 0; i < 25; i++)
            {
                Assert.Equal(200, (await backend.SendAsync()).Status);
                InterlockedMax(ref most, backend.Cluster.Connections.Open);
            }
        }
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => WorkAsync()));

        Assert.InRange(most, 1, 3);
        await backend.NothingIsLeftAsync();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_request_more_than_may_wait_is_an_overflow(bool eventLoops)
    {
        await using LimitedBackend backend = await LimitedBackend.StartAsync(
            eventLoops, "connectionPool: {tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 1}}", "route: [{destination: {host: up.test}}]\n    retries: {attempts: 3, retryOn: '5xx,reset'}");

        Task<RawHttpResponse> first = backend.SendAsync("/hold");
        await Eventually.HoldsAsync(() => backend.Origin.Requests.Count == 1, "the first is at the backend");
        Task<RawHttpResponse> second = backend.SendAsync("/hold");
        await Eventually.HoldsAsync(() => backend.Cluster.Breakers.Pending == 1, "the second waits");
        RawHttpResponse third = await backend.SendAsync();
        CompletedRequest refused = await backend.Front.CompletionAsync(request => request.Status == 503);
        backend.Release.SetResult();

        Assert.Equal((503, "true"), (third.Status, third.Header("x-envoy-overloaded")));
        Assert.Equal("upstream connect error or disconnect/reset before headers. reset reason: overflow", third.Text);
        Assert.Equal(("UO", "upstream_reset_before_response_started{overflow}"), (refused.Flags, refused.Details));
        Assert.Equal((200, 200), ((await first).Status, (await second).Status));
        Assert.Equal(200, (await backend.SendAsync()).Status);
        await backend.NothingIsLeftAsync();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_client_that_leaves_while_it_waits_leaves_nothing_behind(bool eventLoops)
    {
        await using LimitedBackend backend = await LimitedBackend.StartAsync(eventLoops, "connectionPool: {tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 5}}");
        Task<RawHttpResponse> first = backend.SendAsync("/hold");
        await Eventually.HoldsAsync(() => backend.Origin.Requests.Count == 1, "the first is at the backend");

        for (int i = 0; i < 3; i++)
        {
            RawHttpConnection leaver = await RawHttpConnection.ConnectAsync(backend.Front.Port(80));
            await leaver.SendAsync("GET /leaver HTTP/1.1\r\nHost: a.test\r\n\r\n");
            await Eventually.HoldsAsync(() => backend.Cluster.Breakers.Pending == 1, "it waits");
            leaver.Abort();
            await leaver.DisposeAsync();
            await Eventually.HoldsAsync(() => backend.Cluster.Breakers.Pending == 0, "it has gone");
        }
        backend.Release.SetResult();

        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await backend.SendAsync()).Status);
        Assert.DoesNotContain(backend.Origin.Requests, request => request.Target == "/leaver");
        await backend.NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(false, 1, "1 2 3 4 5")]
    [InlineData(false, 2, "1 1 2 2 3")]
    [InlineData(true, 1, "1 2 3 4 5")]
    [InlineData(true, 2, "1 1 2 2 3")]
    public async Task A_connection_is_closed_after_maxRequestsPerConnection(bool eventLoops, int limit, string connections)
    {
        if (eventLoops && !EventLoopGroup.IsSupported)
            return;
        await using LimitedBackend backend = await LimitedBackend.StartAsync(
            eventLoops, $"connectionPool: {{http: {{maxRequestsPerConnection: {limit.ToString(CultureInfo.InvariantCulture)}}}}}");
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(backend.Front.Port(80));

        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
            Assert.Equal(200, (await client.ReadResponseAsync())!.Status);
            int ended = i + 1;
            await Eventually.HoldsAsync(() => backend.Front.Completed.Count == ended && backend.Cluster.ActiveRequests == 0, "the request is over");
        }

        Assert.Equal(connections, string.Join(' ', backend.Origin.Requests.Select(request => request.Connection)));
        await Eventually.HoldsAsync(() => backend.Cluster.Connections.Open == (limit == 1 ? 0 : 1), "spent connections are closed");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_connection_is_not_used_beyond_maxConnectionDuration(bool eventLoops)
    {
        await using LimitedBackend backend = await LimitedBackend.StartAsync(eventLoops, "connectionPool: {tcp: {maxConnectionDuration: 50ms}}");
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(backend.Front.Port(80));

        await Eventually.HoldsAsync(
            async () =>
            {
                await client.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
                Assert.Equal(200, (await client.ReadResponseAsync())!.Status);
                return backend.Origin.Connections >= 3;
            },
            "connections are replaced");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task An_idle_connection_is_closed_after_idleTimeout(bool eventLoops)
    {
        await using LimitedBackend backend = await LimitedBackend.StartAsync(eventLoops, "connectionPool: {http: {idleTimeout: 1s}}");

        Assert.Equal(200, (await backend.SendAsync()).Status);
        Assert.Equal(1, backend.Cluster.Connections.Open);

        await Eventually.HoldsAsync(() => backend.Cluster.Connections.Open == 0, "it is closed");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connections_are_probed_as_tcpKeepalive_says(bool eventLoops)
    {
        if (!OperatingSystem.IsLinux())
            return;
        await using LimitedBackend backend = await LimitedBackend.StartAsync(eventLoops, "connectionPool: {tcp: {tcpKeepalive: {time: 77s, interval: 5s, probes: 3}}}");

        Assert.Equal(200, (await backend.SendAsync()).Status);

        // Columns of /proc/net/tcp: remote address, then "timer:due" where timer 02 is the keepalive's, due in ticks of 10 ms.
        string port = $":{backend.Origin.Port:X4}";
        // Until the kernel has seen the last segment acknowledged it shows that segment's timer; rows move while the file is read.
        string[] timer = [];
        await Eventually.HoldsAsync(
            () =>
            {
                string[][] rows = [.. File.ReadLines("/proc/net/tcp").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    .Where(columns => columns[2].EndsWith(port, StringComparison.Ordinal) && columns[3] == "01")];
                timer = rows is [{ } row] ? row[5].Split(':') : [];
                return timer is ["02", _];
            },
            "the keepalive's timer runs");
        Assert.InRange(int.Parse(timer[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 100, 40, 77);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (int seen = Volatile.Read(ref target); value > seen; seen = Volatile.Read(ref target))
            Interlocked.CompareExchange(ref target, value, seen);
    }
}
