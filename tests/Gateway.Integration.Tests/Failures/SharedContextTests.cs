using System.Globalization;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Microsoft.AspNetCore.Http;

namespace Gateway.Integration.Tests.Failures;

/// <summary>What a request is kept in serves the requests of other connections afterwards: nothing of one may be seen by another.</summary>
public sealed class SharedContextTests
{
    // More than a loop keeps contexts for.
    private const int Connections = 400;
    private const int Rounds = 5;

    [Fact]
    public async Task Requests_of_many_connections_keep_apart_while_clients_leave_in_the_middle()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async http =>
            {
                if (http.Request.Path == "/waits")
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
                    return true;
                }
                await http.Response.WriteAsync($"{http.Request.Path} {http.Request.Headers["x-me"]} {http.Request.Headers["x-only"]}");
                return true;
            },
        });
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(), TestConfig.Backend("up.test", echo), TestConfig.Route("a.test", "up.test"));
        int port = gateway.Port(80);
        using var stop = new CancellationTokenSource();
        Task leaving = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                int seen = echo.Requests.Count;
                await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(port);
                await connection.SendAsync("GET /waits HTTP/1.1\r\nHost: a.test\r\nx-only: gone\r\n\r\n");
                await Eventually.HoldsAsync(() => echo.Requests.Count > seen, "the backend has something");
                connection.Abort();
            }
        });

        RawHttpConnection[] open = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => RawHttpConnection.ConnectAsync(port)));
        for (int round = 0; round < Rounds; round++)
            await Task.WhenAll(open.Select((connection, i) => AskAsync(connection, i, round)));
        await stop.CancelAsync();
        await leaving;
        foreach (RawHttpConnection connection in open)
            await connection.DisposeAsync();

        Assert.Empty(gateway.Faults);
    }

    private static async Task AskAsync(RawHttpConnection connection, int me, int round)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{me}-{round}");
        string only = me % 2 == 0 ? $"x-only: {name}\r\n" : "";
        await connection.SendAsync($"GET /{name} HTTP/1.1\r\nHost: a.test\r\nx-me: {name}\r\n{only}\r\n");
        RawHttpResponse? answer = await connection.ReadResponseAsync();
        Assert.Equal(200, answer?.Status);
        Assert.Equal($"/{name} {name} {(me % 2 == 0 ? name : "")}", answer!.Text);
    }
}
