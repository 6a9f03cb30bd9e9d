using System.Globalization;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Gateway.Clusters;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Grpc.Core;
using Grpc.Net.Client;

namespace Gateway.Tests.Hosting;

public sealed class StreamingTests
{
    [Theory]
    [InlineData("1.1", false)]
    [InlineData("1.1", true)]
    [InlineData("2.0", false)]
    [InlineData("2.0", true)]
    public async Task Bodies_of_64_MiB_stream_up_and_down_unharmed(string version, bool upstreamHttp2)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync(upstreamHttp2 ? UpstreamProtocol.Http2 : UpstreamProtocol.Http1, echo);
        using HttpClient client = TestHttpClient.Create(bed.PortOf(80), Version.Parse(version));
        byte[] body = new byte[64 * 1024 * 1024];
        new Random(1).NextBytes(body);

        using HttpResponseMessage up = await client.PostAsync("/", new ByteArrayContent(body));
        using HttpRequestMessage request = new(HttpMethod.Get, "/") { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Add("echo-bytes", body.Length.ToString(CultureInfo.InvariantCulture));
        using HttpResponseMessage down = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using Stream stream = await down.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[64 * 1024];
        long received = 0;
        for (int count; (count = await stream.ReadAsync(buffer)) > 0;)
            received += count;

        Assert.Equal(body.LongLength, received);
        EchoRequest seen = echo.Requests.First();
        Assert.Equal((body.LongLength, Convert.ToHexString(SHA256.HashData(body))), (seen.BodyBytes, seen.BodySha256.ToUpperInvariant()));
        await Eventually.HoldsAsync(() => bed.Requests.Count == 2, "the requests are reported");
        Assert.Equal((body.LongLength, body.LongLength), (bed.Requests.First().Received, bed.Requests.Last().Sent));
    }

    [Theory]
    [InlineData("1.1", 101)]
    [InlineData("2.0", 200)]
    public async Task A_websocket_is_carried_both_ways(string version, int status)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync(UpstreamProtocol.Http1, echo);
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var invoker = new HttpMessageInvoker(TestHttpClient.CreateHandler(bed.PortOf(80)));
        await socket.ConnectAsync(new Uri("ws://chat.test/room"), invoker, CancellationToken.None);

        await socket.SendAsync("ping"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        byte[] buffer = new byte[100];
        WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, CancellationToken.None);

        Assert.Equal("ping", Encoding.UTF8.GetString(buffer, 0, received.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        await Eventually.HoldsAsync(() => !bed.Requests.IsEmpty, "the session is reported");
        Completed session = bed.Requests.Single();
        Assert.Equal((status, "GET"), (session.Code, session.Method));
        // Frames: "ping" masked with 4 bytes more than the unmasked echo, and both sides' close.
        Assert.True(session.Received > session.Sent && session.Sent > "ping".Length);
    }

    [Fact]
    public async Task Grpc_calls_of_all_kinds_pass_with_their_trailers()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync(UpstreamProtocol.Http2, echo);
        using GrpcChannel channel = GrpcChannel.ForAddress("http://grpc.test", new GrpcChannelOptions { HttpHandler = TestHttpClient.CreateHandler(bed.PortOf(80)) });
        CallInvoker invoker = channel.CreateCallInvoker();

        using AsyncUnaryCall<string> unary = invoker.AsyncUnaryCall(EchoGrpc.UnaryMethod, null, default, "hello");
        Assert.Contains("hello", await unary.ResponseAsync, StringComparison.Ordinal);
        Assert.Equal("grpc", unary.GetTrailers().GetValue("echo-trailer"));

        using AsyncDuplexStreamingCall<string, string> duplex = invoker.AsyncDuplexStreamingCall(EchoGrpc.BidirectionalMethod, null, default);
        for (int i = 0; i < 3; i++)
        {
            await duplex.RequestStream.WriteAsync($"m{i}");
            Assert.True(await duplex.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Contains($"m{i}", duplex.ResponseStream.Current, StringComparison.Ordinal);
        }
        await duplex.RequestStream.CompleteAsync();
        Assert.False(await duplex.ResponseStream.MoveNext(CancellationToken.None));

        using AsyncUnaryCall<string> failing = invoker.AsyncUnaryCall(EchoGrpc.FailMethod, null, default, "9");
        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => failing.ResponseAsync);
        Assert.Equal(StatusCode.FailedPrecondition, failure.StatusCode);
        await Eventually.HoldsAsync(() => bed.Requests.Count == 3, "the calls are reported");
        Assert.Equal(["0", "0", "9"], bed.Requests.Select(request => request.GrpcStatus).Order());
    }

    [Fact]
    public async Task An_expectation_of_100_is_answered_only_when_the_upstream_wants_the_body()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync(UpstreamProtocol.Http1, echo);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
        await connection.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

        byte[] interim = new byte["HTTP/1.1 100 Continue\r\n\r\n".Length];
        await connection.Stream.ReadExactlyAsync(interim);
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", Encoding.ASCII.GetString(interim));
        await connection.SendAsync("hello");

        Assert.Equal(200, (await connection.ReadResponseAsync())!.Status);
        Assert.Equal(5, echo.Requests.Single().BodyBytes);
    }

    private static Task<DataPlaneBed> BedAsync(UpstreamProtocol protocol, EchoUpstream echo) => DataPlaneBed.StartAsync(DataPlaneBed.Snapshot(
        [DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], DataPlaneBed.Cluster("a", protocol, echo.Port)));
}
