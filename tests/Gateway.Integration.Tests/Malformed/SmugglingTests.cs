using System.Text;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Malformed;

/// <summary>
/// Requests on whose end two servers could disagree, and others that break the protocol: refused before the upstream
/// sees anything, and the connection is closed, so that nothing left on it is taken for a request.
/// </summary>
public sealed class SmugglingTests(EchoFixture fixture) : IClassFixture<EchoFixture>
{
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: h1.test\r\n\r\n";

    public static TheoryData<string, string> Requests => new()
    {
        { "Content-Length and chunked", "POST / HTTP/1.1\r\nHost: h1.test\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "chunked and Content-Length", "POST / HTTP/1.1\r\nHost: h1.test\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" },
        { "chunked twice", "POST / HTTP/1.1\r\nHost: h1.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "chunked, chunked", "POST / HTTP/1.1\r\nHost: h1.test\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" },
        { "comma before chunked", "POST / HTTP/1.1\r\nHost: h1.test\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n" },
        { "comma after chunked", "POST / HTTP/1.1\r\nHost: h1.test\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n" },
        { "space before the colon of Transfer-Encoding", "POST / HTTP/1.1\r\nHost: h1.test\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" },
        { "chunked on a continued line", "POST / HTTP/1.1\r\nHost: h1.test\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" },
        { "two lengths", "POST / HTTP/1.1\r\nHost: h1.test\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde" },
        { "list of lengths", "POST / HTTP/1.1\r\nHost: h1.test\r\nContent-Length: 4, 5\r\n\r\nabcde" },
        { "negative length", "POST / HTTP/1.1\r\nHost: h1.test\r\nContent-Length: -1\r\n\r\n" },
        { "signed length", "POST / HTTP/1.1\r\nHost: h1.test\r\nContent-Length: +4\r\n\r\nabcd" },
        { "hexadecimal length", "POST / HTTP/1.1\r\nHost: h1.test\r\nContent-Length: 0x4\r\n\r\nabcd" },
        { "bare LF after the request line", "GET / HTTP/1.1\nHost: h1.test\r\n\r\n" },
        { "bare LF after a header", "GET / HTTP/1.1\r\nHost: h1.test\nX: y\r\n\r\n" },
        { "bare LF at the end", "GET / HTTP/1.1\r\nHost: h1.test\r\n\n" },
        { "bare CR in a value", "GET / HTTP/1.1\r\nHost: h1.test\r\nX: a\rb\r\n\r\n" },
        { "NUL in a value", "GET / HTTP/1.1\r\nHost: h1.test\r\nX: a\0b\r\n\r\n" },
        { "continued header line", "GET / HTTP/1.1\r\nHost: h1.test\r\nX: a\r\n b\r\n\r\n" },
        { "space in a header name", "GET / HTTP/1.1\r\nHost: h1.test\r\nX Y: a\r\n\r\n" },
        { "header without a colon", "GET / HTTP/1.1\r\nHost: h1.test\r\nX\r\n\r\n" },
        { "header without a name", "GET / HTTP/1.1\r\nHost: h1.test\r\n: x\r\n\r\n" },
        { "no Host", "GET / HTTP/1.1\r\nX: y\r\n\r\n" },
        { "two Hosts", "GET / HTTP/1.1\r\nHost: h1.test\r\nHost: h2.test\r\n\r\n" },
        { "empty Host", "GET / HTTP/1.1\r\nHost: \r\n\r\n" },
        { "Host with a path", "GET / HTTP/1.1\r\nHost: h1.test/x\r\n\r\n" },
        { "Host with a user", "GET / HTTP/1.1\r\nHost: a@h1.test\r\n\r\n" },
        { "Host with a space", "GET / HTTP/1.1\r\nHost: h1.test x\r\n\r\n" },
        { "Host with a bad port", "GET / HTTP/1.1\r\nHost: h1.test:99999\r\n\r\n" },
        { "space in the target", "GET /a b HTTP/1.1\r\nHost: h1.test\r\n\r\n" },
        { "NUL in the target", "GET /a%00b HTTP/1.1\r\nHost: h1.test\r\n\r\n" },
        { "no version", "GET /\r\nHost: h1.test\r\n\r\n" },
        { "bad method", "G(T / HTTP/1.1\r\nHost: h1.test\r\n\r\n" },
        { "not HTTP", "\u0001\u0002\u0003\u0004\r\n\r\n" },
        { "Connection names x-forwarded-for", "GET / HTTP/1.1\r\nHost: h1.test\r\nConnection: x-forwarded-for\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_malformed_request_is_answered_400_and_nothing_is_forwarded(string what, string request)
    {
        _ = what;
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        int before = fixture.Echo.Requests.Count;
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(fixture.Gateway.Port(80), cancel: deadline.Token);

        await connection.SendAsync(request + Smuggled, deadline.Token);
        RawHttpResponse? answer = await connection.ReadResponseAsync(cancel: deadline.Token);

        Assert.Equal(400, answer?.Status);
        await connection.WaitForCloseAsync(deadline.Token);
        await AssertNothingIsForwardedAsync(before);
    }

    [Theory]
    [InlineData("chunk size without digits", "x\r\nabc\r\n0\r\n\r\n")]
    [InlineData("negative chunk size", "-1\r\nabc\r\n0\r\n\r\n")]
    [InlineData("chunk longer than its size", "2\r\nabc\r\n0\r\n\r\n")]
    [InlineData("bare LF after a chunk size", "3\nabc\r\n0\r\n\r\n")]
    public async Task A_body_that_breaks_its_framing_ends_the_connection(string what, string body)
    {
        _ = what;
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(fixture.Gateway.Port(80), cancel: deadline.Token);

        await connection.SendAsync("POST /framing HTTP/1.1\r\nHost: h1.test\r\nTransfer-Encoding: chunked\r\n\r\n" + body + Smuggled, deadline.Token);
        await connection.WaitForCloseAsync(deadline.Token);

        Assert.DoesNotContain(fixture.Echo.Requests, seen => seen.Target == "/smuggled");
    }

    [Fact]
    public async Task Headers_over_60_KiB_are_answered_431()
    {
        await AssertTooLargeAsync($"X: {new string('x', 70_000)}\r\n");
    }

    [Fact]
    public async Task More_than_100_headers_are_answered_431()
    {
        var headers = new StringBuilder();
        for (int i = 0; i < 120; i++)
            headers.Append(System.Globalization.CultureInfo.InvariantCulture, $"X-{i}: y\r\n");
        await AssertTooLargeAsync(headers.ToString());
    }

    private async Task AssertTooLargeAsync(string headers)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        int before = fixture.Echo.Requests.Count;
        RawHttpResponse? answer = await RawHttpConnection.ExchangeAsync(
            fixture.Gateway.Port(80), $"GET / HTTP/1.1\r\nHost: h1.test\r\n{headers}\r\n", deadline.Token);

        Assert.Equal(431, answer?.Status);
        await AssertNothingIsForwardedAsync(before);
    }

    /// <summary>A good request that goes after tells that nothing was on its way before it.</summary>
    private async Task AssertNothingIsForwardedAsync(int before)
    {
        RawHttpResponse? answer = await RawHttpConnection.ExchangeAsync(
            fixture.Gateway.Port(80), "GET /after HTTP/1.1\r\nHost: h1.test\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, answer?.Status);
        EchoRequest[] seen = [.. fixture.Echo.Requests.Skip(before)];
        Assert.All(seen, request => Assert.Equal("/after", request.Target));
        Assert.Single(seen);
    }
}
