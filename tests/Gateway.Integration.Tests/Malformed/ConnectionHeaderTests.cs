using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Malformed;

/// <summary>Headers that Connection names are for this hop alone (RFC 9110, 7.6.1), however many options stand beside them.</summary>
public sealed class ConnectionHeaderTests(EchoFixture fixture) : IClassFixture<EchoFixture>
{
    [Theory]
    [InlineData("Connection: X-Hop", false)]
    [InlineData("Connection: keep-alive, X-Hop", false)]
    [InlineData("Connection: X-Hop, keep-alive", false)]
    [InlineData("Connection: Keep-Alive,x-hop", false)]
    [InlineData("Connection: keep-alive\r\nConnection: X-Hop", false)]
    [InlineData("Connection: X-Hop\r\nConnection: keep-alive", false)]
    [InlineData("Connection: TE, X-Hop", false)]
    [InlineData("Connection: upgrade, X-Hop", false)]
    [InlineData("Connection: close, X-Hop", true)]
    [InlineData("Connection: X-Hop\r\nConnection: close", true)]
    [InlineData("Connection: keep-alive, close, X-Hop", true)]
    public async Task What_Connection_names_stays_here(string header, bool closes)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(fixture.Gateway.Port(80), cancel: deadline.Token);
        string request = $"GET /{Guid.NewGuid():N} HTTP/1.1\r\nHost: h1.test\r\nX-Hop: 1\r\nX-Stays: 1\r\n{header}\r\n\r\n";
        string target = request.Split(' ')[1];

        // Twice, because the server remembers values of the request before.
        for (int i = 0; i < (closes ? 1 : 2); i++)
        {
            await connection.SendAsync(request, deadline.Token);
            Assert.Equal(200, (await connection.ReadResponseAsync(cancel: deadline.Token))?.Status);
        }

        if (closes)
            await connection.WaitForCloseAsync(deadline.Token);
        Assert.All(fixture.Echo.Requests.Where(seen => seen.Target == target), seen =>
        {
            Assert.DoesNotContain("x-hop", seen.Headers.Keys);
            Assert.DoesNotContain("connection", seen.Headers.Keys);
            Assert.Contains("x-stays", seen.Headers.Keys);
        });
        Assert.Equal(closes ? 1 : 2, fixture.Echo.Requests.Count(seen => seen.Target == target));
    }

    [Theory]
    [InlineData("keep-alive, x-forwarded-for")]
    [InlineData("close, x-forwarded-proto")]
    [InlineData("keep-alive\r\nConnection: x-forwarded-host")]
    public async Task What_may_not_be_removed_is_refused_beside_other_options(string connection) =>
        Assert.Equal(400, (await RawHttpConnection.ExchangeAsync(
            fixture.Gateway.Port(80), $"GET / HTTP/1.1\r\nHost: h1.test\r\nConnection: {connection}\r\n\r\n"))?.Status);

    [Fact]
    public async Task A_connection_that_is_asked_to_close_closes()
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(fixture.Gateway.Port(80), cancel: deadline.Token);

        await connection.SendAsync("GET /close HTTP/1.1\r\nHost: h1.test\r\nConnection: close\r\n\r\n", deadline.Token);

        Assert.Equal(["close"], (await connection.ReadResponseAsync(cancel: deadline.Token))!.Values("connection"));
        await connection.WaitForCloseAsync(deadline.Token);
    }
}
