using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Microsoft.AspNetCore.Http;

namespace Gateway.Integration.Tests.Streaming;

/// <summary>Bodies far larger than what may be kept of them: they pass whole, and who does not read holds up who writes.</summary>
public sealed class LargeBodyTests
{
    private const long BodyBytes = 200_000_000;

    // Everything between writer and reader: socket buffers of three connections, HTTP/2 windows, pipes.
    private const long MayBeUnderWay = 48_000_000;

    public static TheoryData<string, bool, string> Ways => new()
    {
        { "1.1", false, "HTTP" },
        { "1.1", true, "HTTP" },
        { "2.0", false, "HTTP" },
        { "2.0", true, "HTTP" },
        { "2.0", false, "HTTP2" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_large_answer_waits_for_its_reader_and_arrives_whole(string client, bool tls, string upstream)
    {
        long written = 0;
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async context =>
            {
                byte[] chunk = new byte[100_000];
                while (Interlocked.Read(ref written) < BodyBytes)
                {
                    await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
                    Interlocked.Add(ref written, chunk.Length);
                }
                return true;
            },
        });
        await using TestGateway gateway = await StartAsync(echo, upstream);
        using HttpClient http = Client(gateway, client, tls);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, Version.Parse(client), tls ? "https" : "http", "a.test", "/");

        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        await StandsStillAsync(() => Interlocked.Read(ref written));
        Assert.InRange(Interlocked.Read(ref written), 0, MayBeUnderWay);
        long read = await CountAsync(body);

        Assert.Equal(BodyBytes, read);
        CompletedRequest completed = await gateway.CompletionAsync(_ => true);
        Assert.Equal((BodyBytes, "-"), (completed.BytesSent, completed.Flags));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_large_request_waits_for_its_reader_and_arrives_whole(string client, bool tls, string upstream)
    {
        var mayRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async context =>
            {
                await mayRead.Task;
                long length = await CountAsync(context.Request.Body);
                await context.Response.WriteAsync(length.ToString(System.Globalization.CultureInfo.InvariantCulture));
                return true;
            },
        });
        await using TestGateway gateway = await StartAsync(echo, upstream);
        using HttpClient http = Client(gateway, client, tls);
        var body = new GeneratedContent(BodyBytes);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Put, Version.Parse(client), tls ? "https" : "http", "a.test", "/");
        request.Content = body;

        Task<HttpResponseMessage> answer = http.SendAsync(request);
        await StandsStillAsync(() => body.Written);
        Assert.InRange(body.Written, 1, MayBeUnderWay);
        mayRead.SetResult();
        using HttpResponseMessage response = await answer;

        Assert.Equal(BodyBytes.ToString(System.Globalization.CultureInfo.InvariantCulture), await response.Content.ReadAsStringAsync());
        Assert.Equal(BodyBytes, (await gateway.CompletionAsync(_ => true)).BytesReceived);
    }

    /// <summary>Towards HTTP/1.1 upstreams .NET's client reads no answer before the request is sent.</summary>
    [Fact]
    public async Task Both_directions_flow_at_once()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using TestGateway gateway = await StartAsync(echo, "HTTP2");
        using HttpClient http = Client(gateway, "2.0", tls: false);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Post, HttpVersion.Version20, "http", "a.test", "/");
        request.Headers.Add("echo-body", "copy");
        request.Content = new GeneratedContent(BodyBytes);

        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(BodyBytes, await CountAsync(await response.Content.ReadAsStreamAsync()));
    }

    private static async Task<TestGateway> StartAsync(EchoUpstream echo, string protocol)
    {
        using var authority = new TestCertificates();
        using TestCertificate certificate = authority.IssueServer("a.test");
        return await TestGateway.StartAsync(
            TestConfig.HttpGateway(),
            TestConfig.HttpsGateway("cert"),
            TestConfig.Secret("cert", certificate),
            TestConfig.Backend("up.test", echo, protocol),
            TestConfig.Route("a.test", "up.test"));
    }

    private static HttpClient Client(TestGateway gateway, string version, bool tls)
    {
        ClientTls? security = !tls ? null : version == "2.0" ? ClientTls.Http2("a.test") : ClientTls.Http1("a.test");
        return TestHttpClient.Create(gateway.Port(tls ? 443 : 80), Version.Parse(version), security);
    }

    /// <summary>Waits until a counter has not moved for a second: nothing more fits between writer and reader.</summary>
    private static async Task StandsStillAsync(Func<long> counter)
    {
        long last = -1;
        long since = Environment.TickCount64;
        await Eventually.HoldsAsync(
            () =>
            {
                long now = counter();
                if (now != last || now == 0)
                    (last, since) = (now, Environment.TickCount64);
                return Environment.TickCount64 - since > 1000;
            },
            "the writer is held up");
    }

    private static async Task<long> CountAsync(Stream stream)
    {
        byte[] buffer = new byte[128 * 1024];
        long length = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer)) > 0)
            length += read;
        return length;
    }

    private sealed class GeneratedContent(long length) : HttpContent
    {
        private long _written;

        public long Written => Interlocked.Read(ref _written);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            byte[] chunk = new byte[100_000];
            while (Written < length)
            {
                await stream.WriteAsync(chunk);
                Interlocked.Add(ref _written, chunk.Length);
            }
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}
