using System.Collections.Concurrent;
using System.Text;
using Gateway.Clusters.Http1;
using Gateway.Clusters.Http2;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Tests.Transport;
using static Gateway.Tests.Forwarding.Http2.ScriptedPeer;

namespace Gateway.Tests.Forwarding.Http2;

public sealed class Http2ExchangeTests
{
    private static readonly (string Name, string Value) Status = (":status", "200");

    [LinuxFact]
    public async Task A_head_goes_out_as_HTTP2_wants_it()
    {
        var seen = new TaskCompletionSource<List<HeaderLine>>();
        await using Http2Bed bed = await Http2Bed.StartAsync(async peer =>
        {
            await peer.GreetAsync();
            SeenFrame head = (await peer.ReadUntilAsync(Http2FrameType.Headers))!;
            seen.SetResult(peer.Lines(head));
            await peer.WriteAsync(Ok(head.StreamId));
            await peer.ServeAsync();
        });

        Assert.Equal(200, (await bed.SendAsync(headers: "Connection: x-hop\r\nX-Hop: 1\r\nX-Mixed: a\r\nX-Mixed: b\r\nCookie: c=d\r\n"))!.Status);
        List<HeaderLine> lines = await seen.Task;

        Assert.Equal(["GET", "http", "a.test", "/x"], lines.Take(4).Select(line => line.Value));
        Assert.Equal([":method", ":scheme", ":authority", ":path"], lines.Take(4).Select(line => line.Name));
        Assert.Contains(lines, line => (line.Name, line.Value) == ("x-mixed", "a, b"));
        Assert.DoesNotContain(lines, line => line.Name is "connection" or "keep-alive" or "x-hop" or "host" or "transfer-encoding");
        Assert.DoesNotContain(lines, line => line.Kind == HeaderKind.Invalid);
    }

    [LinuxTheory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task An_answer_arrives_whole_however_it_is_split(int piece)
    {
        await using Http2Bed bed = await Http2Bed.StartAsync(async peer =>
        {
            await peer.GreetAsync();
            while (await peer.ReadUntilAsync(Http2FrameType.Headers) is { } head)
            {
                byte[] block = Block(Status, ("a", "b"));
                byte[] wire =
                [
                    .. Head(head.StreamId, 0, (":status", "103"), ("link", "x")),
                    .. Frame(Http2FrameType.Headers, Http2Flags.Padded | Http2Flags.Priority, head.StreamId, [2, 0, 0, 0, 0, 16, .. block[..5], 0, 0]),
                    .. Frame(Http2FrameType.Continuation, Http2Flags.EndHeaders, head.StreamId, block[5..]),
                    .. Frame(Http2FrameType.Data, Http2Flags.Padded, head.StreamId, [3, .. "hel"u8, 0, 0, 0]),
                    .. Frame(Http2FrameType.Data, 0, head.StreamId, [.. "lo"u8]),
                    .. Head(head.StreamId, Http2Flags.EndStream, ("t", "u")),
                ];
                foreach (byte[] part in wire.Chunk(piece))
                {
                    await peer.WriteAsync(part);
                    await Task.Yield();
                }
            }
        });

        for (int i = 0; i < 5; i++)
        {
            RawHttpResponse response = (await bed.SendAsync())!;
            Assert.Equal((200, "hello", "b"), (response.Status, response.Text, response.Header("a")));
        }

        // One for each loop.
        Assert.InRange(bed.Origin.Connections, 1, 2);
        await bed.NothingIsLeftAsync();
    }

    [LinuxFact]
    public async Task A_body_goes_out_as_the_windows_allow()
    {
        const int Window = 10;
        byte[] body = EventLoopConnectionTests.Pattern(1000);
        using var received = new MemoryStream();
        int largest = 0;
        await using Http2Bed bed = await Http2Bed.StartAsync(async peer =>
        {
            await peer.GreetAsync(Setting(4, Window));
            SeenFrame head = (await peer.ReadUntilAsync(Http2FrameType.Headers))!;
            while (await peer.ReadUntilAsync(Http2FrameType.Data) is { } data)
            {
                largest = Math.Max(largest, data.Payload.Length);
                received.Write(data.Payload);
                if (data.EndsStream)
                    break;
                await peer.WriteAsync(Frame(Http2FrameType.WindowUpdate, 0, head.StreamId, Number32((uint)data.Payload.Length)));
            }

            await peer.WriteAsync(Ok(head.StreamId));
            await peer.ServeAsync();
        });

        RawHttpResponse response = (await bed.SendAsync("POST", "Content-Length: 1000\r\n", Encoding.Latin1.GetString(body)))!;

        Assert.Equal((200, "ok"), (response.Status, response.Text));
        Assert.Equal(body, received.ToArray());
        Assert.InRange(largest, 1, Window);
        await bed.NothingIsLeftAsync();
    }

    [LinuxFact]
    public async Task An_answer_before_the_end_of_the_request_is_the_answer()
    {
        var reset = new TaskCompletionSource();
        await using Http2Bed bed = await Http2Bed.StartAsync(async peer =>
        {
            await peer.GreetAsync(Setting(4, 0));
            SeenFrame head = (await peer.ReadUntilAsync(Http2FrameType.Headers))!;
            await peer.WriteAsync(Head(head.StreamId, Http2Flags.EndStream, (":status", "413")));
            if (await peer.ReadUntilAsync(Http2FrameType.ResetStream) is not null)
                reset.SetResult();
            await peer.ServeAsync();
        });

        RawHttpResponse response = (await bed.SendAsync("POST", "Content-Length: 5\r\n", "hello"))!;

        Assert.Equal(413, response.Status);
        await reset.Task.WaitAsync(Eventually.Deadline);
        await bed.NothingIsLeftAsync();
    }

    [LinuxFact]
    public async Task No_more_streams_are_open_than_the_backend_allows()
    {
        var open = new ConcurrentDictionary<int, int>();
        int most = 0;
        await using Http2Bed bed = await Http2Bed.StartAsync(
            async peer =>
            {
                await peer.GreetAsync(Setting(3, 1));
                while (await peer.ReadUntilAsync(Http2FrameType.Headers) is { } head)
                {
                    most = Math.Max(most, open.AddOrUpdate(peer.Number, 1, (_, count) => count + 1));
                    open.AddOrUpdate(peer.Number, 0, (_, count) => count - 1);
                    await peer.WriteAsync(Ok(head.StreamId));
                }
            },
            "connectionPool: {tcp: {maxConnections: 2}}");

        RawHttpResponse?[] answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => bed.SendAsync()));

        Assert.All(answers, answer => Assert.Equal(200, answer!.Status));
        Assert.Equal(1, most);
        Assert.InRange(bed.Cluster.Connections.Open, 0, 2);
        await bed.NothingIsLeftAsync();
    }

    [LinuxFact]
    public async Task A_connection_that_is_taken_back_with_the_greeting_is_closed_and_serves_nobody()
    {
        await using Http2Bed bed = await Http2Bed.StartAsync(
            async peer =>
            {
                if (peer.Number > 1)
                {
                    await peer.GreetAsync();
                    await peer.ServeAsync();
                    return;
                }

                await peer.ReadPrefaceAsync();
                await peer.WriteAsync(Frame(Http2FrameType.Settings, 0, 0), GoAway(0));
                while (await peer.ReadAsync() is not null)
                {
                }
            },
            "connectionPool: {tcp: {maxConnections: 1}}");

        RawHttpResponse? first = await bed.SendAsync();
        await Eventually.HoldsAsync(() => bed.Origin.Ended == 1, "the first connection is closed");

        Assert.Equal(503, first!.Status);
        Assert.Equal(200, (await bed.SendAsync())!.Status);
        await bed.NothingIsLeftAsync();
    }

    [LinuxTheory]
    [InlineData("GET", 200)]
    [InlineData("POST", 200)]
    public async Task A_request_that_the_backend_did_not_look_at_before_it_went_away_goes_over_another_connection(string method, int status)
    {
        await using Http2Bed bed = await Http2Bed.StartAsync(async peer =>
        {
            await peer.GreetAsync();
            if (peer.Number == 1)
            {
                await peer.ReadUntilAsync(Http2FrameType.Headers);
                await peer.WriteAsync(GoAway(0));
            }

            await peer.ServeAsync();
        });

        Assert.Equal(status, (await bed.SendAsync(method))!.Status);
        Assert.Equal(2, bed.Origin.Connections);
        await bed.NothingIsLeftAsync();
    }

    [LinuxFact]
    public async Task What_was_begun_before_the_backend_goes_away_is_finished_and_the_connection_closed()
    {
        var release = new TaskCompletionSource();
        await using Http2Bed bed = await Http2Bed.StartAsync(async peer =>
        {
            await peer.GreetAsync();
            if (peer.Number > 1)
            {
                await peer.ServeAsync();
                return;
            }

            SeenFrame head = (await peer.ReadUntilAsync(Http2FrameType.Headers))!;
            await peer.WriteAsync(GoAway(head.StreamId));
            await release.Task;
            await peer.WriteAsync(Ok(head.StreamId, "late"));
            await peer.ServeAsync();
        });

        Task<RawHttpResponse?> first = bed.SendAsync();
        await Eventually.HoldsAsync(() => bed.Origin.Frames.Any(frame => frame.Frame.Type == Http2FrameType.Headers), "the first request is there");
        await Eventually.HoldsAsync(() => bed.Origin.Connections == 1, "on a connection");
        RawHttpResponse? second = await bed.SendAsync();
        release.SetResult();

        Assert.Equal(("late", "ok"), ((await first)!.Text, second!.Text));
        await Eventually.HoldsAsync(() => bed.Origin.Ended >= 1, "the old connection is closed");
        await bed.NothingIsLeftAsync();
    }

    [LinuxTheory]
    [InlineData((int)Http2Error.RefusedStream, "refused-stream", 200)]
    [InlineData((int)Http2Error.Internal, "refused-stream", 503)]
    [InlineData((int)Http2Error.Internal, "reset", 200)]
    public async Task A_reset_is_tried_again_as_the_policy_says(int error, string retryOn, int status)
    {
        int requests = 0;
        await using Http2Bed bed = await Http2Bed.StartAsync(
            async peer =>
            {
                await peer.GreetAsync();
                while (await peer.ReadUntilAsync(Http2FrameType.Headers) is { } head)
                    await peer.WriteAsync(Interlocked.Increment(ref requests) == 1 ? Reset(head.StreamId, (Http2Error)error) : Ok(head.StreamId));
            },
            route: $"route: [{{destination: {{host: up.test}}}}]\n    retries: {{attempts: 2, retryOn: '{retryOn}'}}");

        Assert.Equal(status, (await bed.SendAsync("POST", "Content-Length: 5\r\n", "hello"))!.Status);
        Assert.Equal(status == 200 ? 2 : 1, requests);
        Assert.Equal(1, bed.Origin.Connections);
        await bed.NothingIsLeftAsync();
    }

    [LinuxFact]
    public async Task A_client_that_leaves_ends_its_stream_and_no_other()
    {
        var cancelled = new TaskCompletionSource<SeenFrame?>();
        await using Http2Bed bed = await Http2Bed.StartAsync(async peer =>
        {
            await peer.GreetAsync();
            // The next request may come by another loop's connection.
            if (peer.Number == 1)
            {
                await peer.ReadUntilAsync(Http2FrameType.Headers);
                cancelled.SetResult(await peer.ReadUntilAsync(Http2FrameType.ResetStream));
            }
            await peer.ServeAsync();
        });
        RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.Front.Port(80));
        await client.SendAsync("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n");
        await Eventually.HoldsAsync(() => bed.Origin.Frames.Any(frame => frame.Frame.Type == Http2FrameType.Headers), "the request is there");

        client.Abort();
        await client.DisposeAsync();

        Assert.Equal(Number32((uint)Http2Error.Cancel), (await cancelled.Task.WaitAsync(Eventually.Deadline))!.Payload);
        Assert.Equal("DC", (await bed.Front.CompletionAsync(_ => true)).Flags);
        Assert.Equal(200, (await bed.SendAsync())!.Status);
        Assert.InRange(bed.Origin.Connections, 1, 2);
        await bed.NothingIsLeftAsync();
    }

    [LinuxFact]
    public async Task A_backend_that_hangs_is_a_timeout()
    {
        await using Http2Bed bed = await Http2Bed.StartAsync(
            async peer =>
            {
                await peer.GreetAsync();
                if (peer.Number == 1)
                    await peer.ReadUntilAsync(Http2FrameType.Headers);
                await peer.ServeAsync();
            },
            route: "route: [{destination: {host: up.test}}]\n    retries: {attempts: 0}\n    timeout: 0.3s");

        Assert.Equal(504, (await bed.SendAsync())!.Status);
        Assert.Equal("UT", (await bed.Front.CompletionAsync(_ => true)).Flags);
        Assert.Equal(200, (await bed.SendAsync())!.Status);
        Assert.InRange(bed.Origin.Connections, 1, 2);
        await bed.NothingIsLeftAsync();
    }

    [LinuxFact]
    public async Task A_connection_is_kept_while_its_pings_are_answered_and_closed_when_one_is_not()
    {
        const int Answered = 3;
        int pings = 0;
        await using Http2Bed bed = await Http2Bed.StartAsync(
            async peer =>
            {
                await peer.GreetAsync();
                SeenFrame head = (await peer.ReadUntilAsync(Http2FrameType.Headers))!;
                await peer.WriteAsync(Ok(head.StreamId));
                while (await peer.ReadUntilAsync(Http2FrameType.Ping) is { } ping)
                {
                    if (++pings <= Answered)
                        await peer.WriteAsync(Frame(Http2FrameType.Ping, Http2Flags.Acknowledge, 0, ping.Payload));
                }
            },
            "connectionPool: {http: {http2KeepAlive: {interval: 100ms, timeout: 400ms}}}");

        Assert.Equal(200, (await bed.SendAsync())!.Status);

        await Eventually.HoldsAsync(() => bed.Origin.Ended == 1 && bed.Cluster.Connections.Open == 0, "the connection is closed");
        Assert.Equal(Answered + 1, pings);
    }

    [LinuxFact]
    public async Task A_ping_is_answered_and_an_idle_connection_closed_in_its_time()
    {
        var answered = new TaskCompletionSource<SeenFrame?>();
        await using Http2Bed bed = await Http2Bed.StartAsync(
            async peer =>
            {
                await peer.GreetAsync();
                SeenFrame head = (await peer.ReadUntilAsync(Http2FrameType.Headers))!;
                await peer.WriteAsync(Ok(head.StreamId), Frame(Http2FrameType.Ping, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8));
                answered.SetResult(await peer.ReadUntilAsync(Http2FrameType.Ping));
                await peer.ServeAsync();
            },
            "connectionPool: {http: {idleTimeout: 0.5s}}");

        Assert.Equal(200, (await bed.SendAsync())!.Status);
        SeenFrame? ping = await answered.Task.WaitAsync(Eventually.Deadline);

        Assert.Equal((Http2Flags.Acknowledge, "0102030405060708"), (ping!.Flags, Convert.ToHexString(ping.Payload)));
        await Eventually.HoldsAsync(() => bed.Origin.Ended == 1 && bed.Cluster.Connections.Open == 0, "the connection is closed");
    }
}
