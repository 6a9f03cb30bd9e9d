using Gateway.Clusters;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Tests.Hosting;

/// <summary>Requests on whose end two servers could disagree are refused before anything is forwarded.</summary>
public sealed class RequestFramingTests
{
    public static TheoryData<string, int> Refused => new()
    {
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5,5\r\n\r\nhello", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -0\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999999\r\n\r\nhello", 400 },
        { "GET / HTTP/1.1\nHost: a\n\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\n X: b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400 },
        { "GET /\u0000 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nX\u0001: b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nX(y): b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nX: b\u0001\r\n\r\n", 400 },
        { "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "nonsense\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nConnection: x-forwarded-for\r\n\r\n", 400 },
        { "GET / HTTP/1.0\r\nHost: a\r\n\r\n", 426 },
        { "GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 403 },
        { "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 404 },
        { "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 404 },
        { "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: telnet\r\n\r\n", 403 },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_request_that_could_be_misread_is_refused_and_not_forwarded(string request, int status)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync(echo);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(bed.PortOf(80));

        await connection.SendAsync(request);
        RawHttpResponse? response = await connection.ReadResponseAsync();

        Assert.Equal(status, response!.Status);
        Assert.Empty(echo.Requests);
        if (status != 404)
            await connection.WaitForCloseAsync();
        await Eventually.HoldsAsync(() => !bed.Requests.IsEmpty, "the refusal is reported");
        Assert.Equal(status, Assert.Single(bed.Requests).Code);
    }

    [Theory]
    [InlineData(61 * 1024, 1)]
    [InlineData(10, 101)]
    public async Task Heads_past_the_limits_get_431(int valueLength, int count)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync(echo);
        string headers = string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i}: {new string('v', valueLength)}\r\n"));

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), $"GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n");

        Assert.Equal(431, response!.Status);
        Assert.Empty(echo.Requests);
    }

    [Fact]
    public async Task A_request_line_past_the_limit_gets_431()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync(echo);

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), $"GET /{new string('p', 61 * 1024)} HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(431, response!.Status);
        Assert.Equal("Request Header Fields Too Large", response.Text);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")]
    [InlineData("GET http://b.test/x HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    [InlineData("GET /%zz HTTP/1.1\r\nHost: a\r\nX-Bytes: \u00c3\u00a9\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTE: trailers, gzip\r\n\r\n")]
    public async Task Unusual_but_clear_requests_pass(string request)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync(echo);

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), request);

        Assert.Equal(200, response!.Status);
        Assert.Single(echo.Requests);
    }

    [Fact]
    public async Task The_authority_of_an_absolute_target_replaces_host()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync(echo);

        await RawHttpConnection.ExchangeAsync(bed.PortOf(80), "GET http://b.test:82/x?y HTTP/1.1\r\nHost: a\r\n\r\n");

        EchoRequest seen = Assert.Single(echo.Requests);
        Assert.Equal(("b.test:82", "/x?y"), (seen.Authority, seen.Target));
    }

    private static Task<DataPlaneBed> BedAsync(EchoUpstream echo) => DataPlaneBed.StartAsync(DataPlaneBed.Snapshot(
        [DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], DataPlaneBed.Cluster("a", UpstreamProtocol.Http1, echo.Port)));
}
