using System.Diagnostics;
using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Failures;

/// <summary>Injected faults over real sockets.</summary>
public sealed class FaultTests
{
    [Theory]
    [InlineData("httpStatus: 418", null, 418, null)]
    [InlineData("httpStatus: 503", "application/grpc", 200, "14")]
    [InlineData("grpcStatus: NOT_FOUND", "application/grpc", 200, "5")]
    [InlineData("grpcStatus: NOT_FOUND", null, 200, null)]
    public async Task An_abort_answers_instead_of_the_backend(string abort, string? contentType, int status, string? grpcStatus)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await TimeoutTests.StartAsync(echo, $"fault: {{abort: {{percentage: {{value: 100}}, {abort}}}}}");

        using HttpResponseMessage response = await SendAsync(gateway, contentType);
        CompletedRequest completed = await gateway.CompletionAsync(request => request.Status != 0);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(grpcStatus, response.Headers.TryGetValues("grpc-status", out IEnumerable<string>? values) ? values.Single() : null);
        Assert.Equal(grpcStatus is null ? "fault filter abort" : "", await response.Content.ReadAsStringAsync());
        Assert.Equal(("FI", "fault_filter_abort"), (completed.Flags, completed.Details));
        Assert.Empty(echo.Requests);
    }

    [Fact]
    public async Task A_delay_comes_before_the_abort_and_both_are_flagged()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await TimeoutTests.StartAsync(
            echo, "fault: {delay: {percentage: {value: 100}, fixedDelay: 200ms}, abort: {percentage: {value: 100}, httpStatus: 500}}");
        long start = Stopwatch.GetTimestamp();

        using HttpResponseMessage response = await SendAsync(gateway, null);

        Assert.Equal(500, (int)response.StatusCode);
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(190));
        Assert.Equal("DI,FI", (await gateway.CompletionAsync(request => request.Status != 0)).Flags);
    }

    [Theory]
    [InlineData("delay: {percent: 100, fixedDelay: 100ms}", "DI")]
    [InlineData("delay: {fixedDelay: 10s}", "-")]
    [InlineData("abort: {httpStatus: 500}", "-")]
    [InlineData("abort: {httpStatus: 500, percentage: {value: 0}}", "-")]
    public async Task What_is_not_aborted_goes_on(string fault, string flags)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await TimeoutTests.StartAsync(echo, $"fault: {{{fault}}}");

        using HttpResponseMessage response = await SendAsync(gateway, null);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(flags, (await gateway.CompletionAsync(request => request.Status != 0)).Flags);
    }

    [Fact]
    public async Task A_share_of_requests_is_aborted()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await TimeoutTests.StartAsync(echo, "fault: {abort: {percentage: {value: 30}, httpStatus: 500}}");
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        int aborted = 0;
        const int Requests = 2000;

        for (int i = 0; i < Requests; i++)
        {
            using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", "a.test", "/");
            using HttpResponseMessage response = await client.SendAsync(request);
            aborted += response.StatusCode == HttpStatusCode.InternalServerError ? 1 : 0;
        }

        // Five standard deviations.
        Assert.InRange(aborted, 0.3 * Requests - 103, 0.3 * Requests + 103);
    }

    private static async Task<HttpResponseMessage> SendAsync(TestGateway gateway, string? contentType)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Post, HttpVersion.Version11, "http", "a.test", "/");
        request.Content = new ByteArrayContent(new byte[10]);
        if (contentType is not null)
            request.Content.Headers.Add("content-type", contentType);
        return await client.SendAsync(request);
    }
}
