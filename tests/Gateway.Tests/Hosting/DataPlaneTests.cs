using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Clusters;
using Gateway.Config.Diagnostics;
using Gateway.Hosting;
using Gateway.Http;
using Gateway.Routing;
using Gateway.Streams;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Hosting;

public sealed class DataPlaneTests
{
    [Fact]
    public async Task A_request_reaches_its_upstream_and_is_reported()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(DataPlaneBed.Snapshot(
            [DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], DataPlaneBed.Cluster("a", UpstreamProtocol.Http1, echo.Port)));

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(
            bed.PortOf(80), "GET /a%2Fb/../c?x=%20y HTTP/1.1\r\nHost: shop.test:81\r\nX-Request-Id: mine\r\nKeep-Alive: 5\r\nX-Hop: 1\r\nConnection: x-hop\r\n\r\n");

        Assert.Equal(200, response!.Status);
        Assert.Equal("istio-envoy", response.Header("server"));
        Assert.NotNull(response.Header("x-envoy-upstream-service-time"));
        EchoRequest seen = Assert.Single(echo.Requests);
        Assert.Equal("/c?x=%20y", seen.Target);
        Assert.Equal("shop.test:81", seen.Authority);
        Assert.Equal(["127.0.0.1"], seen.Headers["x-forwarded-for"]);
        Assert.Equal(["http"], seen.Headers["x-forwarded-proto"]);
        Assert.Equal(["1"], seen.Headers["x-envoy-attempt-count"]);
        Assert.NotEqual(["mine"], seen.Headers["x-request-id"]);
        Assert.DoesNotContain("x-hop", seen.Headers.Keys);
        Assert.DoesNotContain("keep-alive", seen.Headers.Keys);
        await Eventually.HoldsAsync(() => bed.Requests.Count == 1, "the request is reported");
        Completed completed = bed.Requests.Single();
        Assert.Equal((200, ResponseFlags.None, "via_upstream"), (completed.Code, completed.Flags, completed.Details));
        Assert.Equal(response.Body.Length, completed.Sent);
        Assert.Equal($"127.0.0.1:{echo.Port}", completed.UpstreamHost);
    }

    [Fact]
    public async Task Header_values_of_the_configuration_are_utf8_on_both_sides_and_the_clients_bytes_pass()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        var operations = new HeaderOperations { Set = [new HeaderTemplate("x-word", HeaderValueFormatter.Parse("grüß → dich"))] };
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(DataPlaneBed.Snapshot(
            [DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0, operations, operations))], DataPlaneBed.Cluster("a", UpstreamProtocol.Http1, echo.Port)));

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), "GET / HTTP/1.1\r\nHost: a\r\nX-Mine: \u00c3\u00a9\r\n\r\n");

        EchoRequest seen = Assert.Single(echo.Requests);
        Assert.Equal(["grüß → dich"], seen.Headers["x-word"]);
        Assert.Equal(["é"], seen.Headers["x-mine"]);
        Assert.Equal("grüß → dich", Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(response!.Header("x-word")!)));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task One_plain_port_speaks_both_versions(string version)
    {
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Direct("/", 200, "hello"))]));
        using HttpClient client = TestHttpClient.Create(bed.PortOf(80), Version.Parse(version));

        using HttpResponseMessage response = await client.GetAsync("/");

        Assert.Equal("hello", await response.Content.ReadAsStringAsync());
        Assert.Equal(Version.Parse(version), response.Version);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task Ports_come_and_go_without_touching_the_others()
    {
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Direct("/", 200, "one"))]));
        int first = bed.PortOf(80);
        await using RawHttpConnection kept = await RawHttpConnection.ConnectAsync(first);
        await kept.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("one", (await kept.ReadResponseAsync())!.Text);

        await bed.ApplyAsync(DataPlaneBed.Snapshot(
            [DataPlaneBed.Http(80, DataPlaneBed.Direct("/", 200, "two")), DataPlaneBed.Http(81, DataPlaneBed.Direct("/", 200, "new"))]));
        int second = bed.PortOf(81);
        Assert.Equal(first, bed.PortOf(80));
        await kept.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("two", (await kept.ReadResponseAsync())!.Text);
        await using RawHttpConnection idle = await RawHttpConnection.ConnectAsync(second);
        await idle.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("new", (await idle.ReadResponseAsync())!.Text);

        await bed.ApplyAsync(DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Direct("/", 200, "three"))]));
        await idle.WaitForCloseAsync();
        await Assert.ThrowsAsync<SocketException>(() => RawHttpConnection.ConnectAsync(second));
        await kept.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("three", (await kept.ReadResponseAsync())!.Text);
    }

    [Fact]
    public async Task A_port_in_use_is_a_finding_and_is_bound_once_it_is_free()
    {
        using var occupant = new TcpListener(IPAddress.Loopback, 0);
        occupant.Start();
        int port = ((IPEndPoint)occupant.LocalEndpoint).Port;
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(options: new DataPlaneOptions { PortMap = new Dictionary<int, int> { [80] = port, [81] = 0 } });

        var origin = new ConfigOrigin(new ResourceId("Gateway", "default", "gw"), new SourceLocation("gw.yaml", 6, 5), "spec.servers[0].port");
        ImmutableArray<Diagnostic> findings = await bed.ApplyAsync(DataPlaneBed.Snapshot(
            [DataPlaneBed.Http(80, DataPlaneBed.Direct("/", 200, "late")) with { Origin = origin }, DataPlaneBed.Http(81, DataPlaneBed.Direct("/", 200, "ok"))]));

        Diagnostic finding = Assert.Single(findings);
        Assert.Equal(("GW0401", origin.Location, origin.Resource), (finding.Code, finding.Location, finding.Resource));
        Assert.Equal(200, (await RawHttpConnection.ExchangeAsync(bed.PortOf(81), "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))!.Status);
        occupant.Stop();
        await Eventually.HoldsAsync(() => bed.Plane.Listeners.EndPointOf(80) is not null, "the port is bound");
        Assert.Equal("late", (await RawHttpConnection.ExchangeAsync(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))!.Text);
    }

    [Fact]
    public async Task Swapping_snapshots_under_load_fails_no_request()
    {
        await using EchoUpstream one = await EchoUpstream.StartAsync("one");
        await using EchoUpstream two = await EchoUpstream.StartAsync("two");
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(Forwarding(one.Port));
        using HttpClient client = TestHttpClient.Create(bed.PortOf(80), HttpVersion.Version11);
        using var stop = new CancellationTokenSource();
        Task<int>[] load = [.. Enumerable.Range(0, 4).Select(_ => LoadAsync(client, stop.Token))];

        for (int i = 0; i < 40; i++)
        {
            await bed.ApplyAsync(Forwarding(i % 2 == 0 ? two.Port : one.Port, clusterName: $"c{i % 3}"));
            int before = bed.Requests.Count;
            await Eventually.HoldsAsync(() => bed.Requests.Count > before + 4, "traffic goes on");
        }
        await stop.CancelAsync();

        Assert.True((await Task.WhenAll(load)).Sum() > 160);
        Assert.NotEmpty(one.Requests);
        Assert.NotEmpty(two.Requests);
        Assert.DoesNotContain(bed.Requests, request => request.Code != 200);

        static Gateway.Snapshot.GatewaySnapshot Forwarding(int port, string clusterName = "c") => DataPlaneBed.Snapshot(
            [DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], DataPlaneBed.Cluster(clusterName, UpstreamProtocol.Http1, port));
    }

    [Fact]
    public async Task Draining_lets_a_request_under_way_finish_and_closes_idle_connections()
    {
        var release = new TaskCompletionSource();
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async context =>
            {
                await release.Task;
                await context.Response.WriteAsync("finished");
                return true;
            },
        });
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(DataPlaneBed.Snapshot(
            [DataPlaneBed.Http(80, DataPlaneBed.Forward("/slow", 0), DataPlaneBed.Direct("/", 200, "idle"))], DataPlaneBed.Cluster("a", UpstreamProtocol.Http1, echo.Port)));
        int port = bed.PortOf(80);
        await using RawHttpConnection idle = await RawHttpConnection.ConnectAsync(port);
        await idle.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await idle.ReadResponseAsync();
        await using RawHttpConnection busy = await RawHttpConnection.ConnectAsync(port);
        await busy.SendAsync("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
        await Eventually.HoldsAsync(() => bed.Plane.Clusters.Current["a"].ActiveRequests == 1, "the slow request is under way");

        Task drain = bed.Plane.DrainAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
        await idle.WaitForCloseAsync();
        Assert.False(drain.IsCompleted);
        release.SetResult();

        Assert.Equal("finished", (await busy.ReadResponseAsync())!.Text);
        await drain;
        await Assert.ThrowsAsync<SocketException>(() => RawHttpConnection.ConnectAsync(port));
    }

    [Fact]
    public async Task A_configuration_that_comes_while_the_end_is_awaited_opens_no_port_again()
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
        ClusterAssignment cluster = DataPlaneBed.Cluster("a", UpstreamProtocol.Http1, echo.Port);
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], cluster));
        await using RawHttpConnection busy = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
        await busy.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await Eventually.HoldsAsync(() => bed.Plane.Clusters.Current["a"].ActiveRequests == 1, "the request is under way");

        Task drain = bed.Plane.DrainAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
        await Eventually.HoldsAsync(() => bed.Plane.Listeners.Current.IsEmpty, "the port is closed");
        Assert.Empty(await bed.ApplyAsync(DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0)), DataPlaneBed.Http(81, DataPlaneBed.Forward("/", 0))], cluster)));

        Assert.Empty(bed.Plane.Listeners.Current);
        release.SetResult();
        Assert.Equal(200, (await busy.ReadResponseAsync())!.Status);
        await drain;
    }

    private static async Task<int> LoadAsync(HttpClient client, CancellationToken stop)
    {
        int count = 0;
        for (; !stop.IsCancellationRequested; count++)
        {
            using HttpResponseMessage response = await client.GetAsync("/x", CancellationToken.None);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await response.Content.ReadAsByteArrayAsync(CancellationToken.None);
        }
        return count;
    }
}
