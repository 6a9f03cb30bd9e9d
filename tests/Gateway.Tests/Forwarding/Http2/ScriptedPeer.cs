using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Gateway.Clusters.Http1;
using Gateway.Clusters.Http2;

namespace Gateway.Tests.Forwarding.Http2;

/// <summary>A frame as it stood on the wire.</summary>
internal sealed record SeenFrame(Http2FrameType Type, Http2Flags Flags, int StreamId, byte[] Payload)
{
    public bool EndsStream => (Flags & Http2Flags.EndStream) != 0;
}

/// <summary>A connection of a <see cref="ScriptedHttp2Origin"/>: frames in, any bytes out.</summary>
internal sealed class ScriptedPeer(NetworkStream stream, int number, ScriptedHttp2Origin origin)
{
    private readonly HpackDecoder _decoder = new();

    /// <summary>Number of the connection, from 1.</summary>
    public int Number => number;

    public static byte[] Frame(Http2FrameType type, Http2Flags flags, int streamId, params byte[] payload)
    {
        byte[] frame = new byte[Http2FrameHead.Bytes + payload.Length];
        new Http2FrameHead(payload.Length, type, flags, streamId).Write(frame);
        payload.CopyTo(frame, Http2FrameHead.Bytes);
        return frame;
    }

    /// <summary>A header block of lines that are spelled out.</summary>
    public static byte[] Block(params (string Name, string Value)[] lines)
    {
        using var block = new MemoryStream();
        foreach ((string name, string value) in lines)
        {
            block.WriteByte(0);
            foreach (string text in (string[])[name, value])
            {
                int rest = text.Length;
                block.WriteByte((byte)Math.Min(rest, 127));
                if (rest >= 127)
                {
                    for (rest -= 127; rest >= 128; rest /= 128)
                        block.WriteByte((byte)((rest % 128) | 128));
                    block.WriteByte((byte)rest);
                }

                block.Write(Encoding.Latin1.GetBytes(text));
            }
        }

        return block.ToArray();
    }

    public static byte[] Number32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Setting(ushort id, uint value) => [(byte)(id >> 8), (byte)id, .. Number32(value)];

    public static byte[] GoAway(int last, Http2Error error = Http2Error.NoError) => Frame(Http2FrameType.GoAway, 0, 0, [.. Number32((uint)last), .. Number32((uint)error)]);

    public static byte[] Reset(int streamId, Http2Error error) => Frame(Http2FrameType.ResetStream, 0, streamId, Number32((uint)error));

    public static byte[] Head(int streamId, Http2Flags flags, params (string Name, string Value)[] lines) => Frame(Http2FrameType.Headers, flags | Http2Flags.EndHeaders, streamId, Block(lines));

    public static byte[] Ok(int streamId, string body = "ok") =>
        [.. Head(streamId, 0, (":status", "200")), .. Frame(Http2FrameType.Data, Http2Flags.EndStream, streamId, Encoding.Latin1.GetBytes(body))];

    public async Task WriteAsync(params byte[][] frames) => await stream.WriteAsync(frames.SelectMany(frame => frame).ToArray());

    /// <summary>Reads the client's preface.</summary>
    public Task ReadPrefaceAsync() => stream.ReadExactlyAsync(new byte[24]).AsTask();

    /// <summary>Says hello as a well-behaved server.</summary>
    public async Task GreetAsync(params byte[] settings)
    {
        await ReadPrefaceAsync();
        await WriteAsync(Frame(Http2FrameType.Settings, 0, 0, settings), Frame(Http2FrameType.Settings, Http2Flags.Acknowledge, 0));
    }

    /// <summary>The next frame; null = the client has ended the connection.</summary>
    public async Task<SeenFrame?> ReadAsync()
    {
        byte[] head = new byte[Http2FrameHead.Bytes];
        try
        {
            if (await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false) < head.Length)
                return null;
            Http2FrameHead read = Http2FrameHead.Read(head);
            byte[] payload = new byte[read.Length];
            await stream.ReadExactlyAsync(payload);
            var frame = new SeenFrame(read.Type, read.Flags, read.StreamId, payload);
            origin.Frames.Enqueue((number, frame));
            return frame;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads on to the next frame of a kind; null = the client has ended the connection first.</summary>
    public async Task<SeenFrame?> ReadUntilAsync(Http2FrameType type)
    {
        while (await ReadAsync() is { } frame)
        {
            if (frame.Type == type)
                return frame;
        }

        return null;
    }

    /// <summary>The lines of a request's head.</summary>
    public List<HeaderLine> Lines(SeenFrame head)
    {
        List<HeaderLine> lines = [];
        Assert.Equal(HpackResult.Complete, _decoder.Read(head.Payload, lines, 1 << 20));
        return lines;
    }

    /// <summary>Answers every further request with 200.</summary>
    public async Task ServeAsync()
    {
        while (await ReadUntilAsync(Http2FrameType.Headers) is { } head)
            await WriteAsync(Ok(head.StreamId));
    }
}
