using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Malformed;

/// <summary>
/// HTTP/2 carries headers as lengths and bytes, HTTP/1.1 as lines: what could become another line, header or request on
/// the way from one to the other must not be forwarded.
/// </summary>
public sealed class Http2SmugglingTests(EchoFixture fixture) : IClassFixture<EchoFixture>
{
    private const string Injection = "x\r\nx-injected: yes\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h1.test\r\n\r\n";

    public static TheoryData<string, string, string> Headers => new()
    {
        { "CR LF in a value", "x-value", Injection },
        { "LF in a value", "x-value", "x\nx-injected: yes" },
        { "CR in a value", "x-value", "x\rx-injected: yes" },
        { "NUL in a value", "x-value", "x\0y" },
        { "CR LF in a name", "x-name: y\r\nx-injected", "yes" },
        { "colon in a name", "x-injected: yes\r\nx", "y" },
        { "space in a name", "x injected", "yes" },
        { "empty name", "", "yes" },
        { "upper case in a name", "X-Injected", "yes" },
        { "Connection", "connection", "x-injected" },
        { "TE with more than trailers", "te", "gzip" },
        { "unknown pseudo header", ":injected", "yes" },
        { "pseudo header after the others", ":path", "/injected" },
        { "length that is none", "content-length", "x" },
        { "length on a request without body", "content-length", "10" },
    };

    public static TheoryData<string, string, string> PseudoHeaders => new()
    {
        { "CR LF in the path", ":path", "/ HTTP/1.1\r\nx-injected: yes\r\n\r\n" },
        { "space in the path", ":path", "/a b" },
        { "no slash before the path", ":path", "injected" },
        { "empty path", ":path", "" },
        { "CR LF in the method", ":method", "GET / HTTP/1.1\r\nx-injected: yes\r\n\r\nGET" },
        { "space in the method", ":method", "GET /injected" },
        { "empty method", ":method", "" },
        { "CR LF in the authority", ":authority", "h1.test\r\nx-injected: yes" },
        { "user in the authority", ":authority", "user@h1.test" },
        { "path in the authority", ":authority", "h1.test/injected" },
        { "space in the authority", ":authority", "h1.test injected" },
        { "empty authority", ":authority", "" },
        { "scheme that is none", ":scheme", "x\r\nx-injected: yes" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task A_header_that_HTTP1_would_read_differently_is_not_forwarded(string what, string name, string value)
    {
        _ = what;
        await AssertRefusedAsync([.. Good(), (name, value)]);
    }

    [Theory]
    [MemberData(nameof(PseudoHeaders))]
    public async Task A_pseudo_header_that_HTTP1_would_read_differently_is_not_forwarded(string what, string name, string value)
    {
        _ = what;
        await AssertRefusedAsync([.. Good().Select(header => header.Name == name ? (name, value) : header)]);
    }

    /// <summary>RFC 9113 calls such requests malformed; what counts is that the upstream is told nothing about its own connection.</summary>
    [Theory]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("keep-alive", "timeout=5")]
    [InlineData("proxy-connection", "keep-alive")]
    [InlineData("upgrade", "websocket")]
    public async Task A_header_about_the_connection_goes_no_further(string name, string value)
    {
        string path = "/connection-" + name;

        await RawHttp2Connection.ExchangeAsync(fixture.Gateway.Port(80), [.. Good(path), (name, value)], cancel: Deadline());

        await AssertServesAsync();
        Assert.All(fixture.Echo.Requests.Where(seen => seen.Target == path), seen => Assert.DoesNotContain(name, seen.Headers.Keys));
    }

    [Theory]
    [InlineData(":method")]
    [InlineData(":path")]
    [InlineData(":scheme")]
    [InlineData(":authority")]
    public async Task A_pseudo_header_twice_or_missing_is_not_forwarded(string name)
    {
        (string, string) twice = Good().Single(header => header.Name == name);

        await AssertRefusedAsync([twice, .. Good()]);
        await AssertRefusedAsync([.. Good().Where(header => header.Name != name)]);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("20")]
    public async Task A_body_of_another_length_than_promised_is_no_other_request(string length)
    {
        byte[] body = "abcde"u8.ToArray();
        await RawHttp2Connection.ExchangeAsync(
            fixture.Gateway.Port(80), [.. Good().Select(header => header.Name == ":method" ? (":method", "POST") : header), ("content-length", length)], body, Deadline());

        await AssertServesAsync();
        Assert.DoesNotContain(fixture.Echo.Requests, seen => seen.BodyBytes == body.Length);
    }

    [Fact]
    public async Task The_authority_wins_over_a_Host_header()
    {
        RawHttp2Result result = await RawHttp2Connection.ExchangeAsync(
            fixture.Gateway.Port(80), [.. Good("/host"), ("host", "h2.test")], cancel: Deadline());

        Assert.Equal(RawHttp2Result.Answered, result);
        Assert.Equal("h1.test", fixture.Echo.Requests.Single(seen => seen.Target == "/host").Authority);
    }

    private static (string Name, string Value)[] Good(string path = "/bad") =>
        [(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "h1.test")];

    private static CancellationToken Deadline() => new CancellationTokenSource(Eventually.Deadline).Token;

    private async Task AssertRefusedAsync((string, string)[] headers)
    {
        int before = fixture.Echo.Requests.Count;

        await RawHttp2Connection.ExchangeAsync(fixture.Gateway.Port(80), headers, cancel: Deadline());

        await AssertServesAsync();
        Assert.Equal(["/after"], fixture.Echo.Requests.Skip(before).Select(seen => seen.Target));
        Assert.Empty(fixture.Gateway.Faults);
    }

    /// <summary>A good request after: what was on its way before it has arrived by then.</summary>
    private async Task AssertServesAsync()
    {
        RawHttpResponse? answer = await RawHttpConnection.ExchangeAsync(
            fixture.Gateway.Port(80), "GET /after HTTP/1.1\r\nHost: h1.test\r\nConnection: close\r\n\r\n", Deadline());
        Assert.Equal(200, answer?.Status);
    }
}
