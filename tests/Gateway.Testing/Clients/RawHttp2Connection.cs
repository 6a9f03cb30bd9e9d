using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Testing.Clients;

/// <summary>How a raw HTTP/2 exchange ended.</summary>
public enum RawHttp2Result
{
    /// <summary>Response headers came.</summary>
    Answered,

    /// <summary>The stream was reset.</summary>
    Reset,

    /// <summary>The connection was ended (GOAWAY or closed).</summary>
    Closed,
}

/// <summary>Sends HTTP/2 requests (prior knowledge) whose header block is written byte for byte, as no client library would.</summary>
public static class RawHttp2Connection
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte ResetStream = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private const byte Acknowledge = 1;

    /// <summary>Sends one request on a connection of its own and waits for its end.</summary>
    /// <param name="port">Port on loopback.</param>
    /// <param name="headers">All headers in order, pseudo headers included; Latin-1.</param>
    /// <param name="body">Body; null = none.</param>
    /// <param name="cancel">Deadline.</param>
    public static async Task<RawHttp2Result> ExchangeAsync(
        int port, IEnumerable<(string Name, string Value)> headers, byte[]? body = null, CancellationToken cancel = default)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, cancel);
        NetworkStream stream = client.GetStream();
        try
        {
            await stream.WriteAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [])], cancel);
            await stream.WriteAsync(Frame(Headers, (byte)(EndHeaders | (body is null ? EndStream : 0)), 1, Block(headers)), cancel);
            if (body is not null)
                await stream.WriteAsync(Frame(Data, EndStream, 1, body), cancel);
            return await ReadAsync(stream, cancel);
        }
        catch (IOException)
        {
            return RawHttp2Result.Closed;
        }
    }

    private static async Task<RawHttp2Result> ReadAsync(NetworkStream stream, CancellationToken cancel)
    {
        byte[] head = new byte[9];
        while (true)
        {
            if (await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancel) < head.Length)
                return RawHttp2Result.Closed;
            byte[] payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await stream.ReadExactlyAsync(payload, cancel);
            int id = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5));
            switch (head[3])
            {
                case Settings when (head[4] & Acknowledge) == 0:
                    await stream.WriteAsync(Frame(Settings, Acknowledge, 0, []), cancel);
                    break;
                case Headers when id == 1:
                    return RawHttp2Result.Answered;
                case ResetStream when id == 1:
                    return RawHttp2Result.Reset;
                case GoAway:
                    return RawHttp2Result.Closed;
            }
        }
    }

    internal static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>HPACK: every header a literal without indexing, names and values plain.</summary>
    internal static byte[] Block(IEnumerable<(string Name, string Value)> headers)
    {
        using var block = new MemoryStream();
        foreach ((string name, string value) in headers)
        {
            block.WriteByte(0);
            Literal(block, name);
            Literal(block, value);
        }
        return block.ToArray();
    }

    private static void Literal(MemoryStream block, string text)
    {
        const int Prefix = 127;
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        int rest = bytes.Length;
        block.WriteByte((byte)Math.Min(rest, Prefix));
        if (rest >= Prefix)
        {
            for (rest -= Prefix; rest >= 128; rest /= 128)
                block.WriteByte((byte)((rest % 128) | 128));
            block.WriteByte((byte)rest);
        }
        block.Write(bytes);
    }
}
