using System.Buffers.Binary;
using System.Text;
using Gateway.Clusters;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Tests.Hosting;

/// <summary>HTTP/2 carries bytes that would end a line in HTTP/1; none of them may reach an HTTP/1 upstream.</summary>
public sealed class Http2SmugglingTests
{
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;

    [Theory]
    [InlineData("GET", "/?a HTTP/1.1\r\nHost: a\r\n\r\nGET /second", "a.test", "x", "y")]
    [InlineData("GET", "/a b", "a.test", "x", "y")]
    [InlineData("GET", "/?a\tb", "a.test", "x", "y")]
    [InlineData("GET", "/?\u00e9", "a.test", "x", "y")]
    [InlineData("GET", "/", "a.test\r\nX-Evil: 1", "x", "y")]
    [InlineData("GET", "/", "a.test/evil", "x", "y")]
    [InlineData("GET", "/", "a.test", "x", "y\r\nX-Evil: 1")]
    [InlineData("GET", "/", "a.test", "x", "y\nX-Evil: 1")]
    [InlineData("GET", "/", "a.test", "x: 1\r\nevil", "y")]
    [InlineData("GET / HTTP/1.1\r\nX:", "/", "a.test", "x", "y")]
    [InlineData("GET", "/", "a.test", "transfer-encoding", "chunked")]
    [InlineData("GET", "/", "a.test", "connection", "x-forwarded-for")]
    public async Task Bytes_that_end_lines_are_not_forwarded(string method, string path, string authority, string name, string value)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync(echo);

        await SendAsync(bed, method, path, authority, name, value);

        Assert.Empty(echo.Requests);
    }

    [Fact]
    public async Task A_clean_request_made_the_same_way_is_forwarded()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using DataPlaneBed bed = await BedAsync(echo);

        await SendAsync(bed, "GET", "/?a", "a.test", "x", "y");

        Assert.Equal("/?a", Assert.Single(echo.Requests).Target);
    }

    private static Task<DataPlaneBed> BedAsync(EchoUpstream echo) => DataPlaneBed.StartAsync(DataPlaneBed.Snapshot(
        [DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], DataPlaneBed.Cluster("a", UpstreamProtocol.Http1, echo.Port)));

    // Sends one request and waits until it was answered, reset, or the connection ended.
    private static async Task SendAsync(DataPlaneBed bed, string method, string path, string authority, string name, string value)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
        using var block = new MemoryStream();
        Literal(block, ":method", method);
        Literal(block, ":scheme", "http");
        Literal(block, ":authority", authority);
        Literal(block, ":path", path);
        Literal(block, name, value);
        await connection.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        await connection.SendAsync(Frame(Settings, 0, 0, []));
        await connection.SendAsync(Frame(Headers, flags: 0x5, 1, block.ToArray()));
        byte[] head = new byte[9];
        try
        {
            while (true)
            {
                await connection.Stream.ReadExactlyAsync(head, deadline.Token);
                byte[] payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >> 8];
                await connection.Stream.ReadExactlyAsync(payload, deadline.Token);
                if (head[3] is Headers or Reset or GoAway)
                    return;
            }
        }
        catch (IOException)
        {
            // Closed.
        }
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    // HPACK: literal without indexing, new name, no Huffman code.
    private static void Literal(MemoryStream block, string name, string value)
    {
        block.WriteByte(0);
        foreach (byte[] text in new[] { Encoding.Latin1.GetBytes(name), Encoding.Latin1.GetBytes(value) })
        {
            block.WriteByte((byte)text.Length);
            block.Write(text);
        }
    }
}
