using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Failures;

/// <summary>Upstreams that vanish, in every state of a connection, by FIN and by RST: what the client sees, what the access log says, and that nothing stays behind.</summary>
public sealed class UpstreamDepartureTests
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte EndHeaders = 4;
    private const string Before = "upstream_reset_before_response_started{";
    private const string Unreached = Before + "remote_connection_failure";
    private const string Ended = Before + "connection_termination";
    private const string Broken = "upstream_reset_after_response_started{connection_termination}";
    private const string Fine = "via_upstream";

    private static readonly byte[] Ok = [0x88];

    /// <summary>How far it comes before it leaves.</summary>
    private static readonly Dictionary<string, Func<ScriptedPeer, Task>> Scripts = new()
    {
        ["at once"] = _ => Task.CompletedTask,
        ["in the request's head"] = peer => peer.ReadAsync(5),
        ["before the head"] = peer => peer.ReadHeadAsync(),
        ["in the status line"] = peer => SayAsync(peer, "HTTP/1.1 20"),
        ["in the headers"] = peer => SayAsync(peer, "HTTP/1.1 200 OK\r\ncontent-le"),
        ["after an interim answer"] = peer => SayAsync(peer, "HTTP/1.1 103 Early Hints\r\n\r\n"),
        ["after the head"] = peer => BodyAsync(peer, "content-length: 10\r\n\r\n"),
        ["in a body of known length"] = peer => BodyAsync(peer, "content-length: 10\r\n\r\nabc"),
        ["in the size of a chunk"] = peer => BodyAsync(peer, "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1"),
        ["in a chunk"] = peer => BodyAsync(peer, "transfer-encoding: chunked\r\n\r\na\r\nabc"),
        ["between chunks"] = peer => BodyAsync(peer, "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        ["in the trailers"] = peer => BodyAsync(peer, "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-half: a"),
        ["in a body that ends with the connection"] = peer => BodyAsync(peer, "connection: close\r\n\r\nabc"),
        ["HTTP/2: at once"] = _ => Task.CompletedTask,
        ["HTTP/2: in the preface"] = peer => peer.ReadAsync(10),
        ["HTTP/2: before the head"] = peer => Http2UpstreamFaultTests.AfterRequestAsync(peer, [], hangs: false),
        ["HTTP/2: in a frame of the head"] = peer => Http2UpstreamFaultTests.AfterRequestAsync(peer, Http2UpstreamFaultTests.Frame(Headers, EndHeaders, 1, [0x88, 0x88])[..10], hangs: false),
        ["HTTP/2: between frames of the head"] = peer => Http2UpstreamFaultTests.AfterRequestAsync(peer, Http2UpstreamFaultTests.Frame(Headers, 0, 1, Ok), hangs: false),
        ["HTTP/2: after the head"] = peer => Http2BodyAsync(peer, []),
        ["HTTP/2: in a frame of the body"] = peer => Http2BodyAsync(peer, Http2UpstreamFaultTests.Frame(Data, 0, 1, new byte[100])[..50]),
        ["HTTP/2: between frames of the body"] = peer => Http2BodyAsync(peer, Http2UpstreamFaultTests.Frame(Data, 0, 1, new byte[100])),
        ["HTTP/2: between frames of the trailers"] = peer => Http2BodyAsync(peer, Http2UpstreamFaultTests.Frame(Headers, 0, 1, [0, 1, (byte)'x', 1, (byte)'y'])),
    };

    public static TheoryData<string, string, bool, int, string, string> Rows
    {
        get
        {
            var data = new TheoryData<string, string, bool, int, string, string>();
            foreach (string transport in TestMode.Transports)
            {
                foreach (string state in Scripts.Keys)
                {
                    foreach (bool resets in (bool[])[true, false])
                    {
                        (int status, string flags, string details) = Expected(state, resets);
                        data.Add(transport, state, resets, status, flags, details);
                    }
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task An_upstream_that_vanishes_has_its_status_and_flag_and_leaves_nothing(
        string transport, string state, bool resets, int status, string flags, string details)
    {
        bool isHttp2 = state.StartsWith("HTTP/2", StringComparison.Ordinal);
        await using var upstream = new ScriptedUpstream(peer => LeaveAsync(peer, Scripts[state], resets));
        await using FaultBed bed = await FaultBed.StartAsync(transport, upstream.Port, isHttp2 ? "HTTP2" : "HTTP");

        (int seen, bool whole) = await bed.AskAsync(upstream);
        CompletedRequest completed = await bed.Gateway.CompletionAsync(_ => true);

        // A reset can come before the connection is known to be there.
        bool isNeverThere = resets && state.EndsWith("at once", StringComparison.Ordinal) && completed.Flags == "UF";
        Assert.Equal((status, isNeverThere ? "UF" : flags, status), (seen, completed.Flags, completed.Status));
        Assert.StartsWith(isNeverThere ? Unreached : details, completed.Details, StringComparison.Ordinal);
        // An answer of ours is whole; one of theirs that broke off must not look whole.
        Assert.Equal(details != Broken, whole);
        await bed.NothingIsLeftAsync(upstream);
        if (isHttp2)
            return;
        upstream.Script = peer => peer.ServeWellAsync();
        Assert.Equal((200, true), await bed.AskAsync());
    }

    public static TheoryData<string, string, bool> Others
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (string transport in TestMode.Transports)
            {
                foreach (string state in (string[])["in the request's body", "in a tunnel", "in the TLS handshake", "idle"])
                {
                    data.Add(transport, state, true);
                    data.Add(transport, state, false);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task An_upstream_that_vanishes_while_the_client_sends_or_between_requests_leaves_nothing(string transport, string state, bool resets)
    {
        // .NET's client reads nothing while it sends a body, and looks at an idle connection when it wants to use it.
        bool isOwn = transport == "event-loop";
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = new ScriptedUpstream(peer => LeaveAsync(peer, one => OtherAsync(one, state, go.Task), resets));
        await using FaultBed bed = await FaultBed.StartAsync(transport, upstream.Port, traffic: state == "in the TLS handshake" ? "tls: {mode: SIMPLE, insecureSkipVerify: true}" : "connectionPool: {tcp: {connectTimeout: 10s}}");
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.Gateway.Port(80), cancel: deadline.Token);
        await client.SendAsync(state switch
        {
            "in the request's body" => "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\nabc",
            "in a tunnel" => "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            _ => "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
        }, deadline.Token);

        if (state == "in the request's body" && !isOwn)
        {
            await Eventually.HoldsAsync(() => upstream is { Accepted: 1, Open: 0 }, "the upstream has left");
            await client.SendAsync(new byte[500_000], deadline.Token);
            await client.SendAsync(new byte[499_997], deadline.Token);
        }
        RawHttpResponse? answer = await client.ReadResponseAsync(cancel: deadline.Token);
        go.SetResult();
        switch (state)
        {
            case "in a tunnel":
                Assert.Equal(101, answer?.Status);
                await client.WaitForCloseAsync(deadline.Token);
                break;
            case "idle":
                Assert.Equal(200, answer?.Status);
                await client.DisposeAsync();
                break;
            default:
                CompletedRequest completed = await bed.Gateway.CompletionAsync(_ => true);
                (string flags, string details) = state == "in the TLS handshake" ? ("UF", Unreached) : ("UC", Ended);
                Assert.Equal((503, flags, 503), (answer?.Status ?? 0, completed.Flags, completed.Status));
                Assert.StartsWith(details, completed.Details, StringComparison.Ordinal);
                await client.DisposeAsync();
                break;
        }
        if (isOwn || state != "idle")
            await bed.NothingIsLeftAsync(upstream);
        else
            await bed.NoRequestIsLeftAsync();
        if (state == "in the TLS handshake")
            return;
        upstream.Script = peer => peer.ServeWellAsync();
        Assert.Equal((200, true), await bed.AskAsync());
    }

    private static (int Status, string Flags, string Details) Expected(string state, bool resets) => state switch
    {
        "in a body that ends with the connection" when !resets => (200, "-", Fine),
        _ when state.Contains("body", StringComparison.Ordinal) || state.Contains("chunk", StringComparison.Ordinal) || state.Contains("trailers", StringComparison.Ordinal) || state.EndsWith("after the head", StringComparison.Ordinal) => (200, "UC", Broken),
        _ => (503, "UC", Ended),
    };

    private static async Task LeaveAsync(ScriptedPeer peer, Func<ScriptedPeer, Task> script, bool resets)
    {
        await script(peer);
        if (resets)
            peer.Reset();
    }

    private static async Task OtherAsync(ScriptedPeer peer, string state, Task go)
    {
        if (state == "in the TLS handshake")
        {
            await peer.ReadAsync(5);
            return;
        }
        await peer.ReadHeadAsync();
        if (state == "in a tunnel")
            await peer.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nabc");
        if (state == "idle")
            await peer.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell");
        if (state != "in the request's body")
            await go;
    }

    private static async Task SayAsync(ScriptedPeer peer, string text)
    {
        await peer.ReadHeadAsync();
        await peer.SendAsync(text);
    }

    private static async Task BodyAsync(ScriptedPeer peer, string rest)
    {
        await SayAsync(peer, "HTTP/1.1 200 OK\r\n" + rest);
        await peer.ClientHasHeadAsync();
    }

    private static async Task Http2BodyAsync(ScriptedPeer peer, byte[] rest)
    {
        await Http2UpstreamFaultTests.AfterRequestAsync(peer, [.. Http2UpstreamFaultTests.Frame(Headers, EndHeaders, 1, Ok), .. rest], hangs: false);
        await peer.ClientHasHeadAsync();
    }
}
