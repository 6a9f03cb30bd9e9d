using System.Buffers.Binary;
using System.Text;
using Gateway.Testing;

namespace Gateway.Integration.Tests.Failures;

/// <summary>What an HTTP/2 upstream alone can do wrong, on both transports with their clients.</summary>
public sealed class Http2UpstreamFaultTests
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte ResetStream = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;
    private const byte Continuation = 9;
    private const byte EndHeaders = 4;
    private const string Short = "timeout: 300ms";

    // Long enough for the head on a busy machine.
    private const string Medium = "timeout: 2s";
    private const string Long = "timeout: 30s";
    private const string Before = "upstream_reset_before_response_started{";
    private const string After = "upstream_reset_after_response_started{";

    private static readonly byte[] Ok = [0x88];
    private static readonly byte[] EarlyHints = [0x08, 3, (byte)'1', (byte)'0', (byte)'3'];

    private static readonly Dictionary<string, Func<ScriptedPeer, Task>> Scripts = new()
    {
        ["resets the stream"] = peer => AfterRequestAsync(peer, Frame(ResetStream, 0, 1, [0, 0, 0, 2])),
        ["refuses the stream"] = peer => AfterRequestAsync(peer, Frame(ResetStream, 0, 1, [0, 0, 0, 7]), hangs: false),
        ["goes away and closes"] = peer => AfterRequestAsync(peer, Frame(GoAway, 0, 0, [0, 0, 0, 1, 0, 0, 0, 2]), hangs: false),
        ["closes before the head"] = peer => AfterRequestAsync(peer, [], hangs: false),
        ["hangs before the head"] = peer => AfterRequestAsync(peer, []),
        ["never says its settings"] = peer => peer.HangAsync(),
        ["speaks HTTP/1.1"] = async peer =>
        {
            await peer.SendAsync("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
            await peer.HangAsync();
        },
        ["storms with interim answers"] = async peer =>
        {
            await AfterRequestAsync(peer, [], hangs: false);
            while (true)
                await peer.SendAsync(Frame(Headers, EndHeaders, 1, EarlyHints));
        },
        ["storms with continuations"] = async peer =>
        {
            await AfterRequestAsync(peer, Frame(Headers, 0, 1, Ok), hangs: false);
            while (true)
                await peer.SendAsync(Frame(Continuation, 0, 1, []));
        },
        ["sends a frame too large"] = peer => AfterRequestAsync(peer, Frame(Headers, EndHeaders, 1, new byte[100_000])),
        ["resets inside the body"] = async peer =>
        {
            await BodyAsync(peer);
            await peer.SendAsync(Frame(ResetStream, 0, 1, [0, 0, 0, 2]));
            await peer.HangAsync();
        },
        ["closes inside the body"] = BodyAsync,
        ["hangs inside the body"] = async peer =>
        {
            await BodyAsync(peer);
            await peer.HangAsync();
        },
    };

    public static TheoryData<bool, string, string, int, string, string> Rows
    {
        get
        {
            var data = new TheoryData<bool, string, string, int, string, string>();
            foreach (bool eventLoops in (bool[])[true, false])
            {
                data.Add(eventLoops, "resets the stream", Long, 503, "UR", Before + "remote_reset");
                data.Add(eventLoops, "closes before the head", Long, 503, "UC", Before + "connection_termination");
                data.Add(eventLoops, "hangs before the head", Short, 504, "UT", "response_timeout");
                data.Add(eventLoops, "never says its settings", Short, 504, "UT", "response_timeout");
                data.Add(eventLoops, "closes inside the body", Long, 200, "UC", After + "connection_termination");
                data.Add(eventLoops, "hangs inside the body", Medium, 200, "UT", "response_timeout");
            }
            // .NET's client does not tell these apart.
            data.Add(true, "refuses the stream", Long, 503, "UR", Before + "remote_refused_stream_reset");
            data.Add(true, "goes away and closes", Long, 503, "UC", Before + "connection_termination");
            data.Add(true, "speaks HTTP/1.1", Long, 502, "UPE", Before + "protocol_error");
            data.Add(true, "storms with interim answers", Long, 502, "UPE", Before + "protocol_error");
            data.Add(true, "storms with continuations", Long, 502, "UPE", Before + "protocol_error");
            data.Add(true, "sends a frame too large", Long, 502, "UPE", Before + "protocol_error");
            data.Add(true, "resets inside the body", Long, 200, "UR", After + "remote_reset");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task An_upstream_that_fails_has_its_status_and_flag_and_leaves_nothing(
        bool eventLoops, string fault, string policy, int status, string flags, string details)
    {
        await using var upstream = new ScriptedUpstream(Scripts[fault]);
        await using FaultBed bed = await FaultBed.StartAsync(eventLoops, upstream.Port, "HTTP2", policy);

        await UpstreamFaultTests.AssertFailsAsync(bed, status, flags, details, upstream);
        await bed.NoRequestIsLeftAsync();
    }

    public static TheoryData<string, string> VagueRows
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string transport in (string[])["sockets", "event-loop+yarp"])
            {
                foreach (string fault in (string[])["refuses the stream", "goes away and closes", "speaks HTTP/1.1", "storms with interim answers", "storms with continuations", "sends a frame too large", "resets inside the body"])
                    data.Add(transport, fault);
            }
            return data;
        }
    }

    /// <summary>.NET's client does not tell these faults apart, tries some again by itself and waits through interim answers: one of the flags of an upstream's fault, in time.</summary>
    [Theory]
    [MemberData(nameof(VagueRows))]
    public async Task What_the_other_client_does_not_tell_apart_has_a_flag_in_time_and_leaves_nothing(string transport, string fault)
    {
        await using var upstream = new ScriptedUpstream(Scripts[fault]);
        await using FaultBed bed = await FaultBed.StartAsync(transport, upstream.Port, "HTTP2", Medium);

        (int status, bool whole) = await bed.AskAsync(upstream);
        CompletedRequest completed = await bed.Gateway.CompletionAsync(_ => true);

        Assert.Contains(completed.Flags, (string[])["UF", "UR", "UC", "UPE", "UT"]);
        Assert.Equal(fault == "resets inside the body" ? (200, false) : (completed.Status, true), (status, whole));
        Assert.True(status == 200 || status is 502 or 503 or 504, $"{status} {completed.Details}");
        await bed.NoRequestIsLeftAsync();
    }

    internal static async Task AfterRequestAsync(ScriptedPeer peer, byte[] answer, bool hangs = true)
    {
        await peer.ReadAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".Length);
        await peer.SendAsync(Frame(Settings, 0, 0, []));
        byte type;
        do
        {
            byte[] head = await peer.ReadAsync(9);
            type = head[3];
            await peer.ReadAsync((head[0] << 16) | (head[1] << 8) | head[2]);
        }
        while (type != Headers);
        await peer.SendAsync(answer);
        if (hangs)
            await peer.HangAsync();
    }

    private static async Task BodyAsync(ScriptedPeer peer)
    {
        await AfterRequestAsync(peer, [.. Frame(Headers, EndHeaders, 1, Ok), .. Frame(Data, 0, 1, Encoding.ASCII.GetBytes("abc"))], hangs: false);
        await peer.ClientHasHeadAsync();
    }

    internal static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }
}
