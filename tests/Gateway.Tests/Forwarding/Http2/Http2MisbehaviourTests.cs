using System.Text;
using Gateway.Clusters.Http2;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Tests.Transport;
using static Gateway.Tests.Forwarding.Http2.ScriptedPeer;

namespace Gateway.Tests.Forwarding.Http2;

/// <summary>Backends of HTTP/2 that do wrong, each with what the client gets; afterwards a good one serves as if nothing had been.</summary>
public sealed class Http2MisbehaviourTests
{
    private const int Other = 1 << 20;

    private static readonly (string Name, string Value) Status = (":status", "200");

    // What a backend says in answer to the first request, and what becomes of it. 0 = the answer is broken off.
    private static readonly Dictionary<string, (Func<int, byte[]> Answer, int Status, string Flags)> Answers = new()
    {
        ["refuses the stream"] = (id => Reset(id, Http2Error.RefusedStream), 503, "UR"),
        ["resets the stream"] = (id => Reset(id, Http2Error.Internal), 503, "UR"),
        ["resets after the head"] = (id => [.. Head(id, 0, Status), .. Reset(id, Http2Error.Internal)], 0, "UR"),
        ["resets in the body"] = (id => [.. Head(id, 0, Status, ("content-length", "9")), .. Frame(Http2FrameType.Data, 0, id, 1, 2), .. Reset(id, Http2Error.Cancel)], 0, "UR"),
        ["resets a stream that is not open"] = (id => Reset(id + 2, Http2Error.Cancel), 502, "UPE"),
        ["sends data before the head"] = (id => Frame(Http2FrameType.Data, 0, id, 1), 502, "UPE"),
        ["sends data on a stream that is not open"] = (id => Frame(Http2FrameType.Data, 0, id + 2, 1), 502, "UPE"),
        ["sends data on the connection"] = (_ => Frame(Http2FrameType.Data, 0, 0, 1), 502, "UPE"),
        ["sends no status"] = (id => Head(id, Http2Flags.EndStream, ("a", "b")), 502, "UPE"),
        ["sends two statuses"] = (id => Head(id, Http2Flags.EndStream, Status, Status), 502, "UPE"),
        ["sends the status last"] = (id => Head(id, Http2Flags.EndStream, ("a", "b"), Status), 502, "UPE"),
        ["sends a request's pseudo header"] = (id => Head(id, Http2Flags.EndStream, Status, (":path", "/")), 502, "UPE"),
        ["sends an unknown pseudo header"] = (id => Head(id, Http2Flags.EndStream, Status, (":odd", "/")), 502, "UPE"),
        ["sends a status of letters"] = (id => Head(id, Http2Flags.EndStream, (":status", "abc")), 502, "UPE"),
        ["sends a status of four digits"] = (id => Head(id, Http2Flags.EndStream, (":status", "2000")), 502, "UPE"),
        ["sends 101"] = (id => Head(id, 0, (":status", "101")), 502, "UPE"),
        ["ends with an interim head"] = (id => Head(id, Http2Flags.EndStream, (":status", "103")), 502, "UPE"),
        ["sends interim heads without end"] = (id => Many(20, Head(id, 0, (":status", "103"))), 502, "UPE"),
        ["sends a name in upper case"] = (id => Head(id, Http2Flags.EndStream, Status, ("Date", "x")), 502, "UPE"),
        ["sends an empty name"] = (id => Head(id, Http2Flags.EndStream, Status, ("", "x")), 502, "UPE"),
        ["sends a line break in a value"] = (id => Head(id, Http2Flags.EndStream, Status, ("a", "b\r\nc: d")), 502, "UPE"),
        ["sends connection"] = (id => Head(id, Http2Flags.EndStream, Status, ("connection", "close")), 502, "UPE"),
        ["sends transfer-encoding"] = (id => Head(id, Http2Flags.EndStream, Status, ("transfer-encoding", "chunked")), 502, "UPE"),
        ["sends two lengths"] = (id => Head(id, Http2Flags.EndStream, Status, ("content-length", "0"), ("content-length", "0")), 502, "UPE"),
        ["sends a length that is none"] = (id => Head(id, Http2Flags.EndStream, Status, ("content-length", "+1")), 502, "UPE"),
        ["promises a body and ends"] = (id => Head(id, Http2Flags.EndStream, Status, ("content-length", "1")), 502, "UPE"),
        ["sends less than it said"] = (id => [.. Head(id, 0, Status, ("content-length", "3")), .. Frame(Http2FrameType.Data, Http2Flags.EndStream, id, 1)], 0, "UPE"),
        ["sends more than it said"] = (id => [.. Head(id, 0, Status, ("content-length", "1")), .. Frame(Http2FrameType.Data, Http2Flags.EndStream, id, 1, 2)], 0, "UPE"),
        ["sends a body with 204"] = (id => [.. Head(id, 0, (":status", "204")), .. Frame(Http2FrameType.Data, Http2Flags.EndStream, id, 1)], 204, "UPE"),
        ["sends trailers that do not end"] = (id => [.. Head(id, 0, Status), .. Head(id, 0, ("a", "b"))], 0, "UPE"),
        ["sends a status among trailers"] = (id => [.. Head(id, 0, Status), .. Head(id, Http2Flags.EndStream, Status)], 0, "UPE"),
        ["sends more lines than are taken"] = (id => Large(id, 100_000), 502, "UPE"),
        ["sends lines without end"] = (id => Large(id, 1_000_000), 502, "UPE"),
        ["continues without end"] = (id => [.. Frame(Http2FrameType.Headers, 0, id), .. Many(100, Frame(Http2FrameType.Continuation, 0, id))], 502, "UPE"),
        ["continues another stream"] = (id => [.. Frame(Http2FrameType.Headers, 0, id), .. Frame(Http2FrameType.Continuation, Http2Flags.EndHeaders, id + 2)], 502, "UPE"),
        ["puts a frame between"] = (id => [.. Frame(Http2FrameType.Headers, 0, id), .. Frame(Http2FrameType.Ping, 0, 0, new byte[8])], 502, "UPE"),
        ["continues nothing"] = (id => Frame(Http2FrameType.Continuation, Http2Flags.EndHeaders, id), 502, "UPE"),
        ["names a line it never sent"] = (id => Frame(Http2FrameType.Headers, Http2Flags.EndHeaders, id, 0xff, 0x20), 502, "UPE"),
        ["cuts a line short"] = (id => Frame(Http2FrameType.Headers, Http2Flags.EndHeaders, id, 0x00, 0x05, 0x61), 502, "UPE"),
        ["wants a larger table"] = (id => Frame(Http2FrameType.Headers, Http2Flags.EndHeaders, id, 0x3f, 0xe2, 0x1f, 0x88), 502, "UPE"),
        ["pads more than there is"] = (id => Frame(Http2FrameType.Headers, Http2Flags.EndHeaders | Http2Flags.Padded, id, 9, 0x88), 502, "UPE"),
        ["pads data more than there is"] = (id => [.. Head(id, 0, Status), .. Frame(Http2FrameType.Data, Http2Flags.Padded, id, 9, 1)], 0, "UPE"),
        ["pushes"] = (id => Frame(Http2FrameType.PushPromise, Http2Flags.EndHeaders, id, [0, 0, 0, 2, .. Block((":method", "GET"))]), 502, "UPE"),
        ["opens a stream"] = (_ => Head(2, Http2Flags.EndStream, Status), 502, "UPE"),
        ["answers a stream that is not open"] = (id => Head(id + 2, Http2Flags.EndStream, Status), 502, "UPE"),
        ["sends too large a frame"] = (id => [0x00, 0x40, 0x01, 0, 0, .. Number32((uint)id)], 502, "UPE"),
        ["opens a window by nothing"] = (_ => Frame(Http2FrameType.WindowUpdate, 0, 0, 0, 0, 0, 0), 502, "UPE"),
        ["opens a stream's window by nothing"] = (id => Frame(Http2FrameType.WindowUpdate, 0, id, 0, 0, 0, 0), 502, "UPE"),
        ["opens a window too far"] = (_ => Frame(Http2FrameType.WindowUpdate, 0, 0, Number32(int.MaxValue)), 502, "UPE"),
        ["opens a stream's window too far"] = (id => Frame(Http2FrameType.WindowUpdate, 0, id, Number32(int.MaxValue)), 502, "UPE"),
        ["sends a window of five bytes"] = (id => Frame(Http2FrameType.WindowUpdate, 0, id, 0, 0, 0, 0, 1), 502, "UPE"),
        ["settles by halves"] = (_ => Frame(Http2FrameType.Settings, 0, 0, 0, 1), 502, "UPE"),
        ["settles for a stream"] = (id => Frame(Http2FrameType.Settings, 0, id), 502, "UPE"),
        ["settles on a window too large"] = (_ => Frame(Http2FrameType.Settings, 0, 0, Setting(4, uint.MaxValue)), 502, "UPE"),
        ["settles on frames too small"] = (_ => Frame(Http2FrameType.Settings, 0, 0, Setting(5, 100)), 502, "UPE"),
        ["lets itself be pushed to"] = (_ => Frame(Http2FrameType.Settings, 0, 0, Setting(2, 1)), 502, "UPE"),
        ["pings by halves"] = (_ => Frame(Http2FrameType.Ping, 0, 0, 1, 2), 502, "UPE"),
        ["pings without end"] = (_ => Many(10_000, Frame(Http2FrameType.Ping, 0, 0, new byte[8])), 502, "UPE"),
        ["settles without end"] = (_ => Many(10_000, Frame(Http2FrameType.Settings, 0, 0)), 502, "UPE"),
        ["sends empty data without end"] = (id => [.. Head(id, 0, Status), .. Many(10_000, Frame(Http2FrameType.Data, 0, id))], 0, "UPE"),
        ["sends unknown frames without end"] = (id => Many(10_000, Frame((Http2FrameType)0xfa, 0, id, 1)), 502, "UPE"),
        ["goes away with an error"] = (id => [.. GoAway(id, Http2Error.Internal)], 503, "UC"),
        ["ends the connection"] = (_ => [], 503, "UC"),
        ["ends it after half a frame"] = (id => Head(id, 0, Status)[..12], 503, "UC"),
        ["ends it in the body"] = (id => [.. Head(id, 0, Status, ("content-length", "9")), .. Frame(Http2FrameType.Data, 0, id, 1, 2)], 0, "UC"),
        ["ends it in a frame of the body"] = (id => [.. Head(id, 0, Status), .. Frame(Http2FrameType.Data, 0, id, 1, 2, 3)[..^1]], 0, "UC"),
        ["speaks HTTP/1.1"] = (_ => Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), 502, "UPE"),
    };

    // What a backend says instead of its settings.
    private static readonly Dictionary<string, (byte[] Greeting, int Status, string Flags)> Greetings = new()
    {
        ["HTTP/1.1"] = (Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), 502, "UPE"),
        ["another frame"] = (Frame(Http2FrameType.Ping, 0, 0, new byte[8]), 502, "UPE"),
        ["an acknowledgement"] = (Frame(Http2FrameType.Settings, Http2Flags.Acknowledge, 0), 502, "UPE"),
        ["nothing, and ends"] = ([], 503, "UC"),
        ["half a frame, and ends"] = ([0, 0, 6, 4], 503, "UC"),
    };

    public static TheoryData<string> AnswerNames() => [.. Answers.Keys];

    public static TheoryData<string> GreetingNames() => [.. Greetings.Keys];

    [LinuxTheory]
    [MemberData(nameof(AnswerNames))]
    public async Task A_backend_that_misbehaves_harms_its_request_alone(string name)
    {
        (Func<int, byte[]> answer, int status, string flags) = Answers[name];
        await using Http2Bed bed = await Http2Bed.StartAsync(async peer =>
        {
            await peer.GreetAsync();
            if (peer.Number == 1 && await peer.ReadUntilAsync(Http2FrameType.Headers) is { } head)
            {
                await peer.WriteAsync(answer(head.StreamId));
                if (flags == "UC")
                    return;
            }

            await peer.ServeAsync();
        });

        await FailsAsync(bed, status, flags);
    }

    [LinuxTheory]
    [MemberData(nameof(GreetingNames))]
    public async Task A_backend_that_says_something_else_than_its_settings_is_none(string name)
    {
        (byte[] greeting, int status, string flags) = Greetings[name];
        await using Http2Bed bed = await Http2Bed.StartAsync(async peer =>
        {
            if (peer.Number > 1)
            {
                await peer.GreetAsync();
                await peer.ServeAsync();
            }
            else
            {
                await peer.ReadPrefaceAsync();
                await peer.WriteAsync(greeting);
                if (flags == "UPE")
                    await peer.ReadUntilAsync((Http2FrameType)0xff);
            }
        });

        await FailsAsync(bed, status, flags);
    }

    [LinuxFact]
    public async Task A_backend_that_never_settles_is_given_up_in_the_connect_timeout()
    {
        await using Http2Bed bed = await Http2Bed.StartAsync(
            async peer =>
            {
                await peer.ReadPrefaceAsync();
                if (peer.Number > 1)
                    await peer.WriteAsync(Frame(Http2FrameType.Settings, 0, 0));
                await peer.ServeAsync();
            },
            "connectionPool: {tcp: {connectTimeout: 0.3s}}");

        await FailsAsync(bed, 503, "UF");
    }

    [LinuxFact]
    public async Task A_backend_that_sends_more_than_its_window_is_cut_off()
    {
        var over = new TaskCompletionSource();
        await using Http2Bed bed = await Http2Bed.StartAsync(async peer =>
        {
            await peer.GreetAsync();
            if (peer.Number > 1)
            {
                await peer.ServeAsync();
                return;
            }

            SeenFrame head = (await peer.ReadUntilAsync(Http2FrameType.Headers))!;
            await peer.WriteAsync(Head(head.StreamId, 0, Status));
            byte[] data = Frame(Http2FrameType.Data, 0, head.StreamId, new byte[Http2FrameHead.MaxLength]);
            // The client reads nothing: what is taken is what windows and sockets hold.
            for (int sent = 0; sent < 32 * Other && !over.Task.IsCompleted; sent += data.Length)
                await peer.WriteAsync(data);
        });
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.Front.Port(80));
        await client.SendAsync("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n");

        CompletedRequest completed = await bed.Front.CompletionAsync(_ => true);
        over.SetResult();

        Assert.Equal("UPE", completed.Flags);
        Assert.InRange(completed.BytesSent, 0, 4 * Other);
        Assert.Equal(200, (await bed.SendAsync())!.Status);
        await bed.NothingIsLeftAsync();
    }

    private static async Task FailsAsync(Http2Bed bed, int status, string flags)
    {
        RawHttpResponse? first = await bed.SendAsync();
        CompletedRequest completed = await bed.Front.CompletionAsync(_ => true);
        RawHttpResponse? second = await bed.SendAsync();

        Assert.Equal((status, flags), (first?.Status ?? 0, completed.Flags));
        Assert.Equal((200, "ok"), (second?.Status, second?.Text));
        await bed.NothingIsLeftAsync();
    }

    private static byte[] Many(int count, byte[] frame) => [.. Enumerable.Range(0, count).SelectMany(_ => frame)];

    private static byte[] Large(int id, int bytes)
    {
        byte[] block = Block([(":status", "200"), .. Enumerable.Range(0, bytes / 1000).Select(i => ($"a{i}", new string('x', 1000)))]);
        int count = Http2FrameHead.MaxLength;
        byte[][] parts = [.. block.Chunk(count)];
        return [.. parts.SelectMany((part, i) => Frame(i == 0 ? Http2FrameType.Headers : Http2FrameType.Continuation, i == parts.Length - 1 ? Http2Flags.EndHeaders : 0, id, part))];
    }
}
