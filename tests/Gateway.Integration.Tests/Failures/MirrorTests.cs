using System.Globalization;
using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Failures;

/// <summary>Copies of requests over real sockets.</summary>
public sealed class MirrorTests
{
    [Theory]
    [InlineData("mirror: {host: copy.test}", "HTTP", 0)]
    [InlineData("mirror: {host: copy.test}", "HTTP", 500_000)]
    [InlineData("mirrors: [{destination: {host: copy.test}, percentage: {value: 100}}]", "HTTP2", 500_000)]
    public async Task A_copy_has_the_same_head_and_body(string policy, string protocol, int length)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using EchoUpstream copies = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await StartAsync(echo, copies, policy + "\n    rewrite: {uri: /new, authority: new.test}", protocol);
        byte[] body = new byte[length];
        Random.Shared.NextBytes(body);

        Assert.Equal(HttpStatusCode.OK, await SendAsync(gateway, body));
        await Eventually.HoldsAsync(() => copies.Requests.Count == 1, "the copy has come");

        (EchoRequest original, EchoRequest copy) = (echo.Requests.Single(), copies.Requests.Single());
        Assert.Equal((original.Method, original.Target, "new.test"), (copy.Method, copy.Target, copy.Authority));
        Assert.Equal((original.BodyBytes, original.BodySha256), (copy.BodyBytes, copy.BodySha256));
        Assert.Equal("true", copy.Headers["x-envoy-internal"].Single());
        Assert.StartsWith(original.Headers["x-forwarded-for"].Single() + ",", copy.Headers["x-forwarded-for"].Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mirror: {host: copy.test}", "echo-status")]
    [InlineData("mirror: {host: nobody.test}", "echo-status")]
    public async Task A_copy_that_fails_does_not_touch_the_caller(string policy, string header)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using EchoUpstream copies = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async context =>
            {
                context.Abort();
                await Task.CompletedTask;
                return true;
            },
        });
        await using TestGateway gateway = await StartAsync(echo, copies, policy);

        Assert.Equal(HttpStatusCode.OK, await SendAsync(gateway, new byte[100], (header, "200")));
        Assert.Equal("-", (await gateway.CompletionAsync(request => request.Status != 0)).Flags);
    }

    [Fact]
    public async Task A_copy_that_hangs_does_not_hold_the_caller_back()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using EchoUpstream copies = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async context =>
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                return true;
            },
        });
        await using TestGateway gateway = await StartAsync(echo, copies, "mirror: {host: copy.test}");
        byte[] body = new byte[8 * 1024 * 1024];

        Assert.Equal(HttpStatusCode.OK, await SendAsync(gateway, body));
        Assert.Equal(body.Length, echo.Requests.Single().BodyBytes);
    }

    [Theory]
    [InlineData("mirrorPercentage: {value: 0}", 0, 0)]
    [InlineData("mirrorPercentage: {value: 50}", 140, 260)]
    [InlineData("mirrorPercent: 50", 140, 260)]
    public async Task A_share_of_requests_is_copied(string share, int least, int most)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using EchoUpstream copies = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await StartAsync(echo, copies, "mirror: {host: copy.test}\n    " + share);
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);

        for (int i = 0; i < 400; i++)
        {
            using HttpRequestMessage request = TestHttpClient.Request(
                HttpMethod.Get, HttpVersion.Version11, "http", "a.test", string.Create(CultureInfo.InvariantCulture, $"/{i}"));
            using HttpResponseMessage response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        // Six standard deviations of 400 draws.
        await Eventually.HoldsAsync(() => copies.Requests.Count >= least, "the copies have come");
        Assert.InRange(copies.Requests.Count, least, most);
    }

    private static Task<TestGateway> StartAsync(EchoUpstream echo, EchoUpstream copies, string policy, string protocol = "HTTP") => TestGateway.StartAsync(
        TestConfig.HttpGateway(), TestConfig.Backend("up.test", echo), TestConfig.Backend("copy.test", copies, protocol), TimeoutTests.Route(policy));

    private static async Task<HttpStatusCode> SendAsync(TestGateway gateway, byte[] body, params (string Name, string Value)[] headers)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        using HttpRequestMessage request = TestHttpClient.Request(
            body.Length == 0 ? HttpMethod.Get : HttpMethod.Post, HttpVersion.Version11, "http", "a.test", "/");
        if (body.Length > 0)
            request.Content = new ByteArrayContent(body);
        foreach ((string name, string value) in headers)
            request.Headers.Add(name, value);
        using HttpResponseMessage response = await client.SendAsync(request);
        return response.StatusCode;
    }
}
