using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Failures;

/// <summary>Clients that vanish, in every state of a connection, by FIN and by RST: the upstream's request ends with them and nothing stays behind.</summary>
public sealed class ClientDepartureTests : IDisposable
{
    private const string Head = "POST /left HTTP/1.1\r\nHost: a.test\r\n";
    private const string Upgrade = "GET /left HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    private const byte DataFrame = 0;
    private const byte HeadersFrame = 1;
    private const byte SettingsFrame = 4;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;

    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. RawHttp2Connection.Frame(SettingsFrame, 0, 0, [])];
    private static readonly byte[] Http2Head = RawHttp2Connection.Block([(":method", "POST"), (":scheme", "http"), (":authority", "a.test"), (":path", "/left")]);
    private static readonly byte[] Hello = new HandmadeHello { ServerName = "a.test" }.ToBytes();

    /// <summary>What the client has sent when it leaves.</summary>
    private static readonly Dictionary<string, byte[]> Sent = new()
    {
        ["before any byte"] = [],
        ["in the request line"] = [.. "POST /le"u8],
        ["in the headers"] = Bytes(Head + "X-Half: a"),
        ["after the head"] = Bytes(Head + "Content-Length: 10\r\n\r\n"),
        ["in a body of known length"] = Bytes(Head + "Content-Length: 10\r\n\r\nabc"),
        ["in the size of a chunk"] = Bytes(Head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1"),
        ["in a chunk"] = Bytes(Head + "Transfer-Encoding: chunked\r\n\r\na\r\nabc"),
        ["in the trailers"] = Bytes(Head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Half: a"),
        ["expecting 100"] = Bytes(Head + "Content-Length: 10\r\nExpect: 100-continue\r\n\r\n"),
        ["waiting"] = Bytes(Head + "Content-Length: 3\r\n\r\nabc"),
        ["in the response"] = Bytes(Head + "Content-Length: 3\r\n\r\nabc"),
        ["in a chunked response"] = Bytes(Head + "Content-Length: 3\r\n\r\nabc"),
        ["in an endless response"] = Bytes(Head + "Content-Length: 3\r\n\r\nabc"),
        ["in a tunnel"] = Bytes(Upgrade),
        ["in the TLS ClientHello"] = Hello[..(Hello.Length / 2)],
        ["in the TLS handshake"] = Hello,
        ["in the HTTP/2 preface"] = Preface[..20],
        ["after the HTTP/2 preface"] = Preface,
        ["in an HTTP/2 head"] = [.. Preface, .. RawHttp2Connection.Frame(HeadersFrame, EndHeaders, 1, Http2Head)[..20]],
        ["after an HTTP/2 head"] = [.. Preface, .. RawHttp2Connection.Frame(HeadersFrame, EndHeaders, 1, Http2Head)],
        ["in an HTTP/2 body"] = [.. Preface, .. RawHttp2Connection.Frame(HeadersFrame, EndHeaders, 1, Http2Head), .. RawHttp2Connection.Frame(DataFrame, 0, 1, [1, 2, 3])],
        ["waiting on HTTP/2"] = [.. Preface, .. RawHttp2Connection.Frame(HeadersFrame, EndHeaders | EndStream, 1, Http2Head)],
        ["in an endless response on HTTP/2"] = [.. Preface, .. RawHttp2Connection.Frame(HeadersFrame, EndHeaders | EndStream, 1, Http2Head)],
    };

    /// <summary>States in which there is no request yet.</summary>
    private static readonly HashSet<string> Early =
    [
        "before any byte", "in the request line", "in the headers", "in the TLS ClientHello", "in the TLS handshake", "in the HTTP/2 preface", "after the HTTP/2 preface", "in an HTTP/2 head",
    ];

    private readonly TestCertificates _authority = new();

    public static TheoryData<string, string, bool> States
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (string transport in TestMode.Transports)
            {
                foreach (string state in Sent.Keys)
                {
                    data.Add(transport, state, true);
                    data.Add(transport, state, false);
                }
            }
            return data;
        }
    }

    public void Dispose() => _authority.Dispose();

    [Theory]
    [MemberData(nameof(States))]
    public async Task A_client_that_vanishes_leaves_nothing(string transport, string state, bool resets)
    {
        bool isTls = state.Contains("TLS", StringComparison.Ordinal);
        using TestCertificate? certificate = isTls ? _authority.IssueServer("a.test") : null;
        await using var upstream = new ScriptedUpstream(peer => AnswerAsync(peer, state));
        await using FaultBed bed = await FaultBed.StartAsync(transport, upstream.Port, certificate: certificate);
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.Gateway.Port(isTls ? 443 : 80), cancel: deadline.Token);

        await client.SendAsync(Sent[state], deadline.Token);
        bool isForwarded = !Early.Contains(state);
        await Eventually.HoldsAsync(() => isForwarded ? upstream.Heads == 1 : bed.Gateway.OpenConnections == 1, "it has come so far");
        int status = await ReadAsync(client, state, deadline.Token);
        if (resets)
            client.Abort();
        else
            await client.DisposeAsync();

        await bed.NothingIsLeftAsync(upstream);
        if (isForwarded)
        {
            CompletedRequest completed = await bed.Gateway.CompletionAsync(_ => true);
            Assert.Equal((state == "in a tunnel" ? "-" : "DC", status), (completed.Flags, completed.Status));
            if (state != "in a tunnel")
                Assert.Contains("downstream_remote_disconnect", completed.Details, StringComparison.Ordinal);
        }
        upstream.Script = peer => peer.ServeWellAsync();
        Assert.Equal((200, true), await bed.AskAsync());
    }

    /// <summary>Waits for what the state needs of the gateway's answer; gives the status it had.</summary>
    private static async Task<int> ReadAsync(RawHttpConnection client, string state, CancellationToken cancel)
    {
        if (state == "in the TLS handshake" || state == "after the HTTP/2 preface")
            await client.Stream.ReadExactlyAsync(new byte[9], cancel);
        if (state == "in an endless response on HTTP/2")
        {
            // More than the heads of all frames before it: its first DATA.
            await client.Stream.ReadExactlyAsync(new byte[2000], cancel);
            return 200;
        }
        return state.EndsWith("response", StringComparison.Ordinal) || state == "in a tunnel"
            ? (await client.ReadResponseAsync(toHead: true, cancel))?.Status ?? 0
            : 0;
    }

    private static async Task AnswerAsync(ScriptedPeer peer, string state)
    {
        await peer.ReadHeadAsync();
        if (state == "in the response")
            await peer.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
        if (state == "in a tunnel")
            await peer.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nabc");
        bool isEndless = state.Contains("endless", StringComparison.Ordinal);
        if (isEndless || state == "in a chunked response")
            await peer.SendAsync("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
        string chunk = $"1000\r\n{new string('x', 0x1000)}\r\n";
        while (isEndless)
            await peer.SendAsync(chunk);
        await peer.HangAsync();
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.Latin1.GetBytes(text);
}
