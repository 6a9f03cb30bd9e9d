using System.Net;
using System.Net.Sockets;
using Gateway.Clusters;
using Gateway.Routing;
using Gateway.Http;
using Gateway.Streams;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Tests.Hosting;

public sealed class UpstreamFailureTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public async Task An_unknown_cluster_is_503_NC_with_the_routes_response_headers()
    {
        var operations = new HeaderOperations { Set = [new HeaderTemplate("x-route", HeaderValueFormatter.Parse("yes"))] };
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(DataPlaneBed.Snapshot(
            [DataPlaneBed.Http(80, DataPlaneBed.Forward("/", -1, response: operations))]));

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get);

        Assert.Equal((503, "", "yes"), (response!.Status, response.Text, response.Header("x-route")));
        Assert.Equal((ResponseFlags.NoClusterFound, "cluster_not_found"), await OutcomeAsync(bed));
    }

    [Fact]
    public async Task A_cluster_without_endpoints_is_503_UH()
    {
        await using DataPlaneBed bed = await BedAsync([]);

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get);

        Assert.Equal((503, "no healthy upstream"), (response!.Status, response.Text));
        Assert.Equal((ResponseFlags.NoHealthyUpstream, "no_healthy_upstream"), await OutcomeAsync(bed));
    }

    [Fact]
    public async Task A_refused_connection_is_tried_three_times_and_is_503_UF_URX()
    {
        using var refusing = new RefusingPort();
        await using DataPlaneBed bed = await BedAsync([refusing.Port]);

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get);

        Assert.Equal(503, response!.Status);
        Assert.Equal("upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure", response.Text);
        (ResponseFlags flags, string? details) = await OutcomeAsync(bed);
        Assert.Equal(ResponseFlags.UpstreamConnectionFailure | ResponseFlags.UpstreamRetryLimitExceeded, flags);
        Assert.Equal("upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}", details);
        Assert.Equal(3, bed.Plane.Clusters.Current["a"].Endpoints.Endpoints[0].ConnectFailures);
    }

    [Fact]
    public async Task A_dead_endpoint_beside_a_live_one_fails_no_request()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        using var refusing = new RefusingPort();
        await using DataPlaneBed bed = await BedAsync([refusing.Port, echo.Port]);
        using HttpClient client = TestHttpClient.Create(bed.PortOf(80), HttpVersion.Version11);

        for (int i = 0; i < 20; i++)
        {
            using HttpResponseMessage response = await client.PostAsync("/", new StringContent("body"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Contains(echo.Requests, request => request.Headers["x-envoy-attempt-count"][0] != "1");
        Assert.All(echo.Requests, request => Assert.Equal(4, request.BodyBytes));
    }

    [Fact]
    public async Task A_connection_closed_before_the_headers_is_503_UC()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync([echo.Port]);

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), "GET / HTTP/1.1\r\nHost: a\r\nEcho-Abort: headers\r\n\r\n");

        Assert.Equal(503, response!.Status);
        Assert.Equal("upstream connect error or disconnect/reset before headers. reset reason: connection termination", response.Text);
        Assert.Equal((ResponseFlags.UpstreamConnectionTermination, "upstream_reset_before_response_started{connection_termination}"), await OutcomeAsync(bed));
    }

    [Fact]
    public async Task A_response_broken_off_breaks_the_clients_connection()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync([echo.Port]);
        using HttpClient client = TestHttpClient.Create(bed.PortOf(80), HttpVersion.Version11);
        using HttpRequestMessage request = new(HttpMethod.Get, "/");
        request.Headers.Add("echo-bytes", "100000");
        request.Headers.Add("echo-abort", "body");

        await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request));

        (ResponseFlags flags, string? details) = await OutcomeAsync(bed);
        Assert.Equal(ResponseFlags.UpstreamConnectionTermination, flags);
        Assert.StartsWith("upstream_reset_after_response_started", details, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_not_http_is_502_UPE()
    {
        using var upstream = new TcpListener(IPAddress.Loopback, 0);
        upstream.Start();
        Task serving = ServeNonsenseAsync(upstream);
        await using DataPlaneBed bed = await BedAsync([((IPEndPoint)upstream.LocalEndpoint).Port]);

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get);

        Assert.Equal(502, response!.Status);
        Assert.Equal(ResponseFlags.UpstreamProtocolError, (await OutcomeAsync(bed)).Flags);
        await serving;
    }

    [Theory]
    [InlineData(7L, "remote refused stream reset", true)]
    [InlineData(2L, "remote reset", false)]
    public async Task A_reset_stream_is_503_UR_after_retries_if_it_was_refused(long code, string reason, bool isRetried)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = context =>
            {
                context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResetFeature>()!.Reset((int)code);
                return Task.FromResult(true);
            },
        });
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(DataPlaneBed.Snapshot(
            [DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], DataPlaneBed.Cluster("a", UpstreamProtocol.Http2, echo.Port)));

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get);

        Assert.Equal(503, response!.Status);
        Assert.EndsWith($"reset reason: {reason}", response.Text, StringComparison.Ordinal);
        Assert.Equal(
            ResponseFlags.UpstreamRemoteReset | (isRetried ? ResponseFlags.UpstreamRetryLimitExceeded : ResponseFlags.None),
            (await OutcomeAsync(bed)).Flags);
        Assert.Equal(isRetried, echo.Requests.Count > 1);
    }

    [Fact]
    public async Task A_client_that_leaves_is_DC_with_code_0()
    {
        var release = new TaskCompletionSource();
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async context =>
            {
                await release.Task;
                return true;
            },
        });
        await using DataPlaneBed bed = await BedAsync([echo.Port]);
        await using (RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.PortOf(80)))
        {
            await client.SendAsync(Get);
            await Eventually.HoldsAsync(() => bed.Plane.Clusters.Current["a"].ActiveRequests == 1, "the request is under way");
            client.Abort();
        }

        Assert.Equal((ResponseFlags.DownstreamConnectionTermination, "downstream_remote_disconnect"), await OutcomeAsync(bed));
        Assert.Equal(0, bed.Requests.Single().Code);
        release.SetResult();
    }

    [Fact]
    public async Task A_client_that_resets_its_stream_is_DR()
    {
        var release = new TaskCompletionSource();
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async context =>
            {
                await release.Task;
                return true;
            },
        });
        await using DataPlaneBed bed = await BedAsync([echo.Port]);
        using HttpClient client = TestHttpClient.Create(bed.PortOf(80), HttpVersion.Version20);
        using var leaving = new CancellationTokenSource();
        Task<HttpResponseMessage> answer = client.GetAsync("/", leaving.Token);
        await Eventually.HoldsAsync(() => bed.Plane.Clusters.Current["a"].ActiveRequests == 1, "the request is under way");

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        Assert.Equal((ResponseFlags.DownstreamRemoteReset, "http2.remote_reset"), await OutcomeAsync(bed));
        release.SetResult();
    }

    [Fact]
    public async Task A_grpc_client_gets_a_grpc_answer()
    {
        await using DataPlaneBed bed = await BedAsync([]);
        using HttpClient client = TestHttpClient.Create(bed.PortOf(80), HttpVersion.Version20);
        using HttpRequestMessage request = new(HttpMethod.Post, "/svc/Method") { Version = HttpVersion.Version20, Content = new ByteArrayContent([]) };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc+proto");

        using HttpResponseMessage response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("14", response.Headers.GetValues("grpc-status").Single());
        Assert.Equal("no healthy upstream", response.Headers.GetValues("grpc-message").Single());
        Assert.Equal("application/grpc", response.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task A_head_request_gets_the_length_without_the_body()
    {
        await using DataPlaneBed bed = await BedAsync([]);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
        await connection.SendAsync("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");

        RawHttpResponse? response = await connection.ReadResponseAsync(toHead: true);

        Assert.Equal((503, "19"), (response!.Status, response.Header("content-length")));
        await connection.SendAsync(Get);
        Assert.Equal("no healthy upstream", (await connection.ReadResponseAsync())!.Text);
    }

    private static Task<DataPlaneBed> BedAsync(int[] ports) => DataPlaneBed.StartAsync(DataPlaneBed.Snapshot(
        [DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], DataPlaneBed.Cluster("a", UpstreamProtocol.Http1, ports)));

    private static async Task<(ResponseFlags Flags, string? Details)> OutcomeAsync(DataPlaneBed bed)
    {
        await Eventually.HoldsAsync(() => !bed.Requests.IsEmpty, "the request is reported");
        Completed completed = bed.Requests.First();
        return (completed.Flags, completed.Details);
    }

    private static async Task ServeNonsenseAsync(TcpListener listener)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync();
        NetworkStream stream = client.GetStream();
        Assert.True(await stream.ReadAsync(new byte[1024]) > 0);
        await stream.WriteAsync("220 mail.test ESMTP\r\n"u8.ToArray());
    }
}
