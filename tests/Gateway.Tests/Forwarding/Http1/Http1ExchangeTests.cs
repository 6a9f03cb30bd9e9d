using System.Net.Sockets;
using System.Text;
using Gateway.Clusters;
using Gateway.Hosting;
using Gateway.Streams;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Tests.Hosting;
using Gateway.Tests.Transport;

namespace Gateway.Tests.Forwarding.Http1;

public sealed class Http1ExchangeTests
{
    private const string Get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

    [LinuxTheory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: u\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello", false)]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nhello", false)]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true)]
    public async Task An_answer_arrives_whole_however_it_is_split(string wire, bool keep)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(wire);
        int split = 0;
        await using var origin = new ScriptedOrigin(async (stream, _) =>
        {
            await stream.WriteAsync(bytes.AsMemory(0, split));
            // Another turn of the loop lies between the two parts, mostly.
            await Task.Delay(1);
            await stream.WriteAsync(bytes.AsMemory(split));
            return keep;
        });
        await using DataPlaneBed bed = await StartAsync(origin);
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.PortOf(80));

        for (split = 0; split < bytes.Length; split++)
        {
            await client.SendAsync(Get);
            RawHttpResponse? response = await client.ReadResponseAsync();
            Assert.Equal((200, "hello"), (response!.Status, response.Text));
        }

        Assert.Equal(keep ? 1 : bytes.Length, origin.Connections);
    }

    [LinuxTheory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")]
    [InlineData("nonsense\r\n\r\n")]
    public async Task What_could_be_read_in_two_ways_is_a_protocol_error(string wire)
    {
        await using ScriptedOrigin origin = ScriptedOrigin.Answering(wire);
        await using DataPlaneBed bed = await StartAsync(origin);

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get);

        Assert.Equal(502, response!.Status);
        await Eventually.HoldsAsync(() => bed.Requests.Count == 1, "the request is reported");
        Assert.Equal(ResponseFlags.UpstreamProtocolError, bed.Requests.Single().Flags);
    }

    [LinuxFact]
    public async Task A_head_that_does_not_end_is_refused_at_its_limit()
    {
        await using ScriptedOrigin origin = ScriptedOrigin.Answering("HTTP/1.1 200 OK\r\nA: " + new string('x', 200_000));
        await using DataPlaneBed bed = await StartAsync(origin);

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get);

        Assert.Equal(502, response!.Status);
    }

    [LinuxFact]
    public async Task A_large_head_passes()
    {
        string value = new('x', 30_000);
        await using ScriptedOrigin origin = ScriptedOrigin.Answering($"HTTP/1.1 200 OK\r\nA: {value}\r\nB: {value}\r\nContent-Length: 2\r\n\r\nok");
        await using DataPlaneBed bed = await StartAsync(origin);

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get);

        Assert.Equal((200, value, value, "ok"), (response!.Status, response.Header("a"), response.Header("b"), response.Text));
    }

    [LinuxFact]
    public async Task Bytes_behind_an_answer_are_nobodys_answer()
    {
        await using ScriptedOrigin origin = ScriptedOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        await using DataPlaneBed bed = await StartAsync(origin);
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.PortOf(80));

        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync(Get);
            Assert.Equal("ok", (await client.ReadResponseAsync())!.Text);
        }

        Assert.Equal(5, origin.Connections);
    }

    [LinuxFact]
    public async Task An_answer_nobody_asked_for_closes_the_idle_connection()
    {
        var taken = new TaskCompletionSource();
        var closed = new TaskCompletionSource();
        await using var origin = new ScriptedOrigin(async (stream, request) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
            if (request.Connection > 1)
                return true;
            await taken.Task;
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"u8.ToArray());
            await Record.ExceptionAsync(async () => await stream.ReadExactlyAsync(new byte[1]));
            closed.SetResult();
            return false;
        });
        await using DataPlaneBed bed = await StartAsync(origin);
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
        await client.SendAsync(Get);
        Assert.Equal("ok", (await client.ReadResponseAsync())!.Text);
        await Eventually.HoldsAsync(() => bed.Requests.Count == 1, "the request is over");
        taken.SetResult();
        await closed.Task.WaitAsync(Eventually.Deadline);

        await client.SendAsync(Get);

        Assert.Equal("ok", (await client.ReadResponseAsync())!.Text);
        Assert.Equal(2, origin.Connections);
    }

    [LinuxFact]
    public async Task A_kept_connection_that_ended_is_replaced_for_a_request_that_can_be_repeated_only()
    {
        // The second request on a connection is read and not answered, as by a server that was just closing.
        await using var origin = new ScriptedOrigin(async (stream, request) =>
        {
            if (request.Number == 2)
                return false;
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
            return true;
        });
        await using DataPlaneBed bed = await StartAsync(origin);
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.PortOf(80));

        async Task<int> StatusAsync(string request)
        {
            await client.SendAsync(request);
            return (await client.ReadResponseAsync())!.Status;
        }

        Assert.Equal(200, await StatusAsync(Get));
        Assert.Equal(200, await StatusAsync(Get));
        Assert.Equal(503, await StatusAsync("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"));
        Assert.Equal(["/x", "/x", "/x", "/x"], origin.Requests.Select(request => request.Target));
    }

    [LinuxTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8_000)]
    [InlineData(70_000)]
    [InlineData(3_000_000)]
    public async Task Bodies_go_upstream_with_their_framing(int size)
    {
        await using ScriptedOrigin origin = ScriptedOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using DataPlaneBed bed = await StartAsync(origin);
        byte[] body = EventLoopConnectionTests.Pattern(size);
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.PortOf(80));

        await client.SendAsync($"POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n");
        await client.Stream.WriteAsync(body);
        Assert.Equal("ok", (await client.ReadResponseAsync())!.Text);
        await client.SendAsync("POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int at = 0; at < size; at += 50_000)
        {
            int count = Math.Min(50_000, size - at);
            await client.SendAsync($"{count:x}\r\n");
            await client.Stream.WriteAsync(body.AsMemory(at, count));
            await client.SendAsync("\r\n");
        }

        await client.SendAsync("0\r\n\r\n");
        Assert.Equal("ok", (await client.ReadResponseAsync())!.Text);

        Assert.All(origin.Requests, request => Assert.Equal(body, request.Body));
        Assert.Equal(["/length", "/chunked"], origin.Requests.Select(request => request.Target));
        Assert.Equal(1, origin.Connections);
        await Eventually.HoldsAsync(() => bed.Requests.Count == 2, "both are reported");
        Assert.All(bed.Requests, completed => Assert.Equal(size, completed.Received));
    }

    [LinuxFact]
    public async Task An_early_answer_reaches_a_client_that_still_sends()
    {
        await using var origin = new ScriptedOrigin(
            async (stream, _) =>
            {
                await stream.WriteAsync("HTTP/1.1 413 Too Much\r\nContent-Length: 2\r\n\r\nno"u8.ToArray());
                return false;
            },
            headOnly: true);
        await using DataPlaneBed bed = await StartAsync(origin);
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.PortOf(80));

        await client.SendAsync("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nsome");

        RawHttpResponse? response = await client.ReadResponseAsync();
        Assert.Equal((413, "no"), (response!.Status, response.Text));
    }

    [LinuxFact]
    public async Task The_backend_decides_about_100_continue()
    {
        var go = new TaskCompletionSource();
        await using var origin = new ScriptedOrigin(
            async (stream, request) =>
            {
                if (request.Target == "/no")
                {
                    await stream.WriteAsync("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                    return false;
                }

                await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());
                byte[] body = new byte[5];
                await stream.ReadExactlyAsync(body);
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{Encoding.ASCII.GetString(body)}"));
                return true;
            },
            headOnly: true);
        await using DataPlaneBed bed = await StartAsync(origin);
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
        byte[] interim = new byte["HTTP/1.1 100 Continue\r\n\r\n".Length];

        await client.SendAsync("PUT /yes HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        await client.Stream.ReadExactlyAsync(interim);
        await client.SendAsync("hello");
        Assert.Equal("hello", (await client.ReadResponseAsync())!.Text);
        await client.SendAsync("PUT /no HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), interim);
        Assert.Equal(417, (await client.ReadResponseAsync())!.Status);
    }

    [LinuxFact]
    public async Task A_client_that_leaves_ends_the_upstream_request()
    {
        var ended = new TaskCompletionSource();
        await using var origin = new ScriptedOrigin(async (stream, _) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart"u8.ToArray());
            await Record.ExceptionAsync(async () => await stream.ReadExactlyAsync(new byte[1]));
            ended.SetResult();
            return false;
        });
        await using DataPlaneBed bed = await StartAsync(origin);
        await using (RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.PortOf(80)))
        {
            await client.SendAsync(Get);
            await Eventually.HoldsAsync(() => !origin.Requests.IsEmpty, "the request is there");
        }

        await ended.Task.WaitAsync(Eventually.Deadline);
        await Eventually.HoldsAsync(() => bed.Requests.Count == 1, "the request is reported");
        Assert.Equal(ResponseFlags.DownstreamConnectionTermination, bed.Requests.Single().Flags);
    }

    [LinuxTheory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart", "UC")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\npart", "UC")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz", "UPE")]
    public async Task An_answer_that_breaks_off_is_not_passed_as_whole(string wire, string flags)
    {
        await using ScriptedOrigin origin = ScriptedOrigin.Answering(wire, keep: false);
        await using DataPlaneBed bed = await StartAsync(origin);

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get);
            throw response is null ? new IOException("closed") : new InvalidOperationException(response.Text);
        });

        await Eventually.HoldsAsync(() => bed.Requests.Count == 1, "the request is reported");
        Assert.Equal(flags, ResponseFlagsText.Short(bed.Requests.Single().Flags));
    }

    [LinuxFact]
    public async Task Backends_that_reset_at_any_moment_leave_the_gateway_whole()
    {
        byte[] wire = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello"u8.ToArray();
        var random = new Random(11);
        await using var origin = new ScriptedOrigin(async (stream, _) =>
        {
            int count;
            lock (random)
                count = random.Next(wire.Length + 1);
            await stream.WriteAsync(wire.AsMemory(0, count));
            if (count == wire.Length)
                return true;
            stream.Socket.LingerState = new LingerOption(true, 0);
            return false;
        });
        await using DataPlaneBed bed = await StartAsync(origin);
        for (int i = 0; i < 200; i++)
            await Record.ExceptionAsync(async () => await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get));

        await Eventually.HoldsAsync(() => bed.Requests.Count == 200, "all are reported");
        Assert.All(bed.Requests, completed => Assert.Contains(completed.Flags, (ResponseFlags[])[ResponseFlags.None, ResponseFlags.UpstreamConnectionTermination]));
    }

    private static Task<DataPlaneBed> StartAsync(ScriptedOrigin origin) => DataPlaneBed.StartExactlyAsync(
        DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], DataPlaneBed.Cluster("a", UpstreamProtocol.Http1, origin.Port)),
        new DataPlaneOptions { EventLoops = 1, Transport = TransportKind.EventLoop, UpstreamClient = UpstreamClientKind.Own });
}
