using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests.Allocation;

/// <summary>A client that asks again and again on one connection and allocates nothing by that.</summary>
internal sealed class QuietClient : IDisposable
{
    private const int FrameHead = 9;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly byte[] _request;
    private readonly bool _isHttp2;
    private int _stream = 1;

    public QuietClient(int port, bool isHttp2)
    {
        _isHttp2 = isHttp2;
        _socket.Connect(IPAddress.Loopback, port);
        _request = isHttp2 ? Http2Request() : "GET /a HTTP/1.1\r\nHost: a.test\r\nUser-Agent: quiet/1\r\nAccept: */*\r\n\r\n"u8.ToArray();
        if (!isHttp2)
            return;
        // Settings of our own, and a window that lasts.
        _socket.Send([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 4, 8, 0, 0, 0, 0, 0, 0x40, 0, 0, 0]);
    }

    /// <summary>Asks and reads the answer, a number of times.</summary>
    public void Ask(int times)
    {
        for (int i = 0; i < times; i++)
        {
            if (_isHttp2)
                AskHttp2();
            else
                AskHttp1();
        }
    }

    public void Dispose() => _socket.Dispose();

    private void AskHttp1()
    {
        _socket.Send(_request);
        int have = 0;
        while (true)
        {
            have += Receive(have);
            ReadOnlySpan<byte> answer = _buffer.AsSpan(0, have);
            int head = answer.IndexOf("\r\n\r\n"u8);
            if (head < 0 || have < head + 4 + QuietOrigin.Body.Length)
                continue;
            Assert.True(answer.StartsWith("HTTP/1.1 200 "u8) && answer[(head + 4)..].SequenceEqual(QuietOrigin.Body));
            return;
        }
    }

    private void AskHttp2()
    {
        BinaryPrimitives.WriteInt32BigEndian(_request.AsSpan(5), _stream);
        _socket.Send(_request);
        int have = 0;
        bool ended = false;
        while (!ended)
        {
            have += Receive(have);
            int at = 0;
            while (have - at >= FrameHead)
            {
                int length = (int)(BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(at)) >> 8);
                if (have - at < FrameHead + length)
                    break;
                byte type = _buffer[at + 3], flags = _buffer[at + 4];
                int stream = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(at + 5));
                // Resets and goodbyes are no answers.
                Assert.True(type is not (3 or 7));
                if (type == 4 && (flags & 1) == 0)
                    _socket.Send([0, 0, 0, 4, 1, 0, 0, 0, 0]);
                ended |= stream == _stream && type is 0 or 1 && (flags & 1) != 0;
                at += FrameHead + length;
            }

            _buffer.AsSpan(at, have - at).CopyTo(_buffer);
            have -= at;
        }

        _stream += 2;
    }

    private int Receive(int have)
    {
        int received = _socket.Receive(_buffer.AsSpan(have));
        Assert.True(received > 0);
        return received;
    }

    private static byte[] Http2Request()
    {
        // :method GET, :scheme http, :path /a, :authority a.test, user-agent, accept: the last four spelled out, as nobody remembers them here.
        byte[] block = [0x82, 0x86, 0x04, 2, .. "/a"u8, 0x01, 6, .. "a.test"u8, 0x0f, 58 - 15, 7, .. "quiet/1"u8, 0x0f, 19 - 15, 3, .. "*/*"u8];
        return [0, 0, (byte)block.Length, 1, 5, 0, 0, 0, 0, .. block];
    }
}
