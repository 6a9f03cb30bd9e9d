using System.Net;
using System.Net.Sockets;
using Gateway.Testing;

namespace Gateway.Integration.Tests.Failures;

/// <summary>
/// Every way in which an HTTP/1.1 upstream can fail, on both transports with their clients: what the client sees, what the
/// access log says, and that nothing stays behind.
/// </summary>
public sealed class UpstreamFaultTests
{
    private const string Before = "upstream_reset_before_response_started{";
    private const string Ended = Before + "connection_termination";
    private const string Broken = "upstream_reset_after_response_started{connection_termination}";
    private const string Malformed = "upstream_reset_after_response_started{protocol_error}";
    private const string Protocol = Before + "protocol_error";
    private const string Late = "response_timeout";
    private const string Short = "timeout: 300ms";

    // Long enough for the head on a busy machine.
    private const string Medium = "timeout: 2s";
    private const string Tls = "tls: {mode: SIMPLE, insecureSkipVerify: true}";
    private const string QuickConnect = "connectionPool: {tcp: {connectTimeout: 300ms}}";

    private static readonly Dictionary<string, Func<ScriptedPeer, Task>> Scripts = new()
    {
        ["closes before the head"] = peer => peer.ReadHeadAsync(),
        ["resets before the head"] = async peer =>
        {
            await peer.ReadHeadAsync();
            peer.Reset();
        },
        ["closes inside the head"] = peer => SayAsync(peer, "HTTP/1.1 200 OK\r\ncontent-le"),
        ["closes after an interim answer"] = peer => SayAsync(peer, "HTTP/1.1 102 Processing\r\n\r\n"),
        ["answers garbage"] = peer => SayAsync(peer, "\u0001\u0002\u0003 what is this\r\n\r\n", hangs: true),
        ["answers a bad status"] = peer => SayAsync(peer, "HTTP/1.1 abc OK\r\n\r\n", hangs: true),
        ["answers two lengths"] = peer => SayAsync(peer, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcde", hangs: true),
        ["answers headers beyond the limit"] = peer => SayAsync(peer, $"HTTP/1.1 200 OK\r\nx: {new string('x', 200_000)}\r\ncontent-length: 0\r\n\r\n", hangs: true),
        ["switches protocols unasked"] = peer => SayAsync(peer, "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", hangs: true),
        ["storms with interim answers"] = async peer =>
        {
            await peer.ReadHeadAsync();
            while (true)
                await peer.SendAsync("HTTP/1.1 102 Processing\r\n\r\n");
        },
        ["hangs before the head"] = peer => SayAsync(peer, "", hangs: true),
        ["hangs inside the head"] = peer => SayAsync(peer, "HTTP/1.1 200 OK\r\ncontent-le", hangs: true),
        ["closes inside a body of known length"] = peer => BreakAsync(peer, "content-length: 10\r\n\r\nabc"),
        ["resets inside a body of known length"] = async peer =>
        {
            await BreakAsync(peer, "content-length: 10\r\n\r\nabc");
            peer.Reset();
        },
        ["closes inside a chunk"] = peer => BreakAsync(peer, "transfer-encoding: chunked\r\n\r\na\r\nabc"),
        ["closes between chunks"] = peer => BreakAsync(peer, "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        ["breaks the framing of chunks"] = async peer =>
        {
            await BreakAsync(peer, "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
            await peer.SendAsync("zz\r\n");
            await peer.HangAsync();
        },
        ["hangs inside a body of known length"] = peer => SayAsync(peer, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", hangs: true),
        ["hangs between chunks"] = peer => SayAsync(peer, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", hangs: true),
    };

    public static TheoryData<bool, string, string, int, string, string> Rows => Both(
        ("closes before the head", "", 503, "UC", Ended),
        ("resets before the head", "", 503, "UC", Ended),
        ("closes inside the head", "", 503, "UC", Ended),
        ("closes after an interim answer", "", 503, "UC", Ended),
        ("answers garbage", "", 502, "UPE", Protocol),
        ("answers a bad status", "", 502, "UPE", Protocol),
        ("answers two lengths", "", 502, "UPE", Protocol),
        ("answers headers beyond the limit", "", 502, "UPE", Protocol),
        ("switches protocols unasked", "", 502, "UPE", Protocol),
        ("storms with interim answers", "", 502, "UPE", Protocol),
        ("hangs before the head", Short, 504, "UT", Late),
        ("hangs inside the head", Short, 504, "UT", Late),
        ("closes inside a body of known length", "", 200, "UC", Broken),
        ("resets inside a body of known length", "", 200, "UC", Broken),
        ("closes inside a chunk", "", 200, "UC", Broken),
        ("closes between chunks", "", 200, "UC", Broken),
        ("breaks the framing of chunks", "", 200, "UPE", Malformed),
        ("hangs inside a body of known length", Medium, 200, "UT", Late),
        ("hangs between chunks", Medium, 200, "UT", Late));

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task An_upstream_that_fails_has_its_status_and_flag_and_leaves_nothing(
        bool eventLoops, string fault, string policy, int status, string flags, string details)
    {
        await using var upstream = new ScriptedUpstream(Scripts[fault]);
        await using FaultBed bed = await FaultBed.StartAsync(eventLoops, upstream.Port, policy: policy.Length == 0 ? "timeout: 30s" : policy);

        await AssertFailsAsync(bed, status, flags, details, upstream);
        await bed.NothingIsLeftAsync(upstream);

        upstream.Script = peer => peer.ServeWellAsync();
        Assert.Equal((200, true), await bed.AskAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upstream_that_refuses_is_503_UF(bool eventLoops)
    {
        using var refusing = new RefusingPort();
        await using FaultBed bed = await FaultBed.StartAsync(eventLoops, refusing.Port);

        await AssertFailsAsync(bed, 503, "UF", Before + "remote_connection_failure");
        await bed.NothingIsLeftAsync(null);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upstream_that_does_not_take_the_connection_is_503_UF_in_time(bool eventLoops)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var endPoint = (IPEndPoint)listener.LocalEndPoint!;
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(endPoint);
        await using FaultBed bed = await FaultBed.StartAsync(eventLoops, endPoint.Port, traffic: QuickConnect);

        await AssertFailsAsync(bed, 503, "UF", Before + "connection_timeout");
        await bed.NothingIsLeftAsync(null);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task An_upstream_that_hangs_in_the_TLS_handshake_is_503_UF_in_time(bool eventLoops, bool begins)
    {
        // The beginning of a record of a handshake.
        await using var upstream = new ScriptedUpstream(async peer =>
        {
            if (begins)
                await peer.SendAsync("\u0016\u0003\u0003\u0000\u00ff\u0002");
            await peer.HangAsync();
        });
        await using FaultBed bed = await FaultBed.StartAsync(eventLoops, upstream.Port, traffic: $"{QuickConnect}\n    {Tls}");

        await AssertFailsAsync(bed, 503, "UF", Before + "connection_timeout");
        await bed.NothingIsLeftAsync(upstream);
    }

    [Theory]
    [InlineData(true, "HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData(false, "HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData(true, "")]
    [InlineData(false, "")]
    public async Task An_upstream_that_does_not_speak_TLS_is_503_UF(bool eventLoops, string answer)
    {
        await using var upstream = new ScriptedUpstream(async peer =>
        {
            await peer.ReadAsync(5);
            await peer.SendAsync(answer);
            await peer.EndAsync();
        });
        await using FaultBed bed = await FaultBed.StartAsync(eventLoops, upstream.Port, traffic: Tls);

        await AssertFailsAsync(bed, 503, "UF", Before + "remote_connection_failure");
        await bed.NothingIsLeftAsync(upstream);
    }

    internal static async Task AssertFailsAsync(FaultBed bed, int status, string flags, string details, ScriptedUpstream? upstream = null)
    {
        (int seen, bool whole) = await bed.AskAsync(upstream);
        CompletedRequest completed = await bed.Gateway.CompletionAsync(_ => true);

        Assert.Equal((status, flags), (seen, completed.Flags));
        Assert.StartsWith(details, completed.Details, StringComparison.Ordinal);
        Assert.Equal(status, completed.Status);
        // An answer of ours is whole; one of theirs that broke off must not look whole.
        Assert.Equal(status != 200, whole);
    }

    private static async Task SayAsync(ScriptedPeer peer, string text, bool hangs = false)
    {
        await peer.ReadHeadAsync();
        await peer.SendAsync(text);
        if (hangs)
            await peer.HangAsync();
    }

    private static async Task BreakAsync(ScriptedPeer peer, string rest)
    {
        await SayAsync(peer, "HTTP/1.1 200 OK\r\n" + rest);
        await peer.ClientHasHeadAsync();
    }

    private static TheoryData<bool, string, string, int, string, string> Both(params (string Fault, string Policy, int Status, string Flags, string Details)[] rows)
    {
        var data = new TheoryData<bool, string, string, int, string, string>();
        foreach ((string fault, string policy, int status, string flags, string details) in rows)
        {
            data.Add(true, fault, policy, status, flags, details);
            data.Add(false, fault, policy, status, flags, details);
        }
        return data;
    }
}
