using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Grpc.Core;
using Grpc.Net.Client;

namespace Gateway.Integration.Tests.Protocols;

public sealed class GrpcTests(EchoFixture fixture) : IClassFixture<EchoFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_unary_call_returns_message_and_trailers(bool tls)
    {
        using GrpcChannel channel = Channel(tls);

        using AsyncUnaryCall<string> call = channel.CreateCallInvoker().AsyncUnaryCall(EchoGrpc.UnaryMethod, "h2.test", Options(), "hello");

        Assert.Equal("hello", await call);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal("grpc", call.GetTrailers().GetValue("echo-trailer"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failed_call_keeps_its_status_and_message(bool tls)
    {
        using GrpcChannel channel = Channel(tls);

        using AsyncUnaryCall<string> call = channel.CreateCallInvoker().AsyncUnaryCall(EchoGrpc.FailMethod, "h2.test", Options(), "9");
        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await call);

        Assert.Equal((StatusCode.FailedPrecondition, "asked for"), (exception.StatusCode, exception.Status.Detail));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_streams(bool tls)
    {
        using GrpcChannel channel = Channel(tls);

        using AsyncServerStreamingCall<string> call = channel.CreateCallInvoker().AsyncServerStreamingCall(EchoGrpc.ServerMethod, "h2.test", Options(), "1000");
        int count = 0;
        await foreach (string message in call.ResponseStream.ReadAllAsync())
            Assert.Equal((++count).ToString(System.Globalization.CultureInfo.InvariantCulture), message);

        Assert.Equal(1000, count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Both_sides_stream_in_turns(bool tls)
    {
        using GrpcChannel channel = Channel(tls);

        using AsyncDuplexStreamingCall<string, string> call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(EchoGrpc.BidirectionalMethod, "h2.test", Options());
        for (int i = 0; i < 50; i++)
        {
            // Each answer is awaited before the next message: nothing on the way may wait for more.
            string message = $"message {i}";
            await call.RequestStream.WriteAsync(message);
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(message, call.ResponseStream.Current);
        }
        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal("grpc", call.GetTrailers().GetValue("echo-trailer"));
    }

    [Fact]
    public async Task A_call_without_a_route_fails_as_unimplemented()
    {
        using GrpcChannel channel = Channel(tls: false, host: "unknown.test");

        using AsyncUnaryCall<string> call = channel.CreateCallInvoker().AsyncUnaryCall(EchoGrpc.UnaryMethod, null, Options(), "hello");
        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await call);

        Assert.Equal(StatusCode.Unimplemented, exception.StatusCode);
    }

    private static CallOptions Options() => new(deadline: DateTime.UtcNow + Eventually.Deadline);

    private GrpcChannel Channel(bool tls, string host = "h2.test") => GrpcChannel.ForAddress(
        tls ? $"https://{host}" : $"http://{host}",
        new GrpcChannelOptions
        {
            HttpHandler = TestHttpClient.CreateHandler(fixture.Gateway.Port(tls ? 443 : 80), tls ? ClientTls.Http2(host) : null),
            DisposeHttpClient = true,
        });
}
