using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests.Allocation;

/// <summary>A backend that gives everybody the same answer and allocates nothing by that: a thread for each connection.</summary>
internal sealed class QuietOrigin : IDisposable
{
    private const int FrameHead = 9;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly bool _isHttp2;

    public QuietOrigin(bool isHttp2)
    {
        _isHttp2 = isHttp2;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>The body of every answer.</summary>
    public static ReadOnlySpan<byte> Body => "hello"u8;

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket connection = _listener.Accept();
                connection.NoDelay = true;
                new Thread(() => Serve(connection)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private void Serve(Socket connection)
    {
        using Socket socket = connection;
        try
        {
            if (_isHttp2)
                ServeHttp2(socket);
            else
                ServeHttp1(socket);
        }
        catch (SocketException)
        {
            // The gateway has gone.
        }
    }

    private static void ServeHttp1(Socket socket)
    {
        byte[] buffer = new byte[16 * 1024];
        byte[] answer = [.. "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nServer: quiet\r\nContent-Length: 5\r\n\r\n"u8, .. Body];
        int have = 0;
        while (true)
        {
            int received = socket.Receive(buffer.AsSpan(have));
            if (received == 0)
                return;
            have += received;
            if (!buffer.AsSpan(0, have).EndsWith("\r\n\r\n"u8))
                continue;
            socket.Send(answer);
            have = 0;
        }
    }

    private static void ServeHttp2(Socket socket)
    {
        const int Preface = 24;
        byte[] buffer = new byte[64 * 1024];
        // :status 200, content-type, content-length by the static table's names.
        byte[] block = [0x88, 0x0f, 31 - 15, 10, .. "text/plain"u8, 0x0f, 28 - 15, 1, (byte)'5'];
        byte[] answer = [0, 0, (byte)block.Length, 1, 4, 0, 0, 0, 0, .. block, 0, 0, (byte)Body.Length, 0, 1, 0, 0, 0, 0, .. Body];
        int data = FrameHead + block.Length;
        socket.Send([0, 0, 0, 4, 0, 0, 0, 0, 0]);
        int have = 0;
        int at = Preface;
        while (true)
        {
            int received = socket.Receive(buffer.AsSpan(have));
            if (received == 0)
                return;
            have += received;
            while (have - at >= FrameHead)
            {
                int length = (int)(BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(at)) >> 8);
                if (have - at < FrameHead + length)
                    break;
                if (buffer[at + 3] == 1)
                {
                    buffer.AsSpan(at + 5, 4).CopyTo(answer.AsSpan(5));
                    buffer.AsSpan(at + 5, 4).CopyTo(answer.AsSpan(data + 5));
                    socket.Send(answer);
                }
                else if (buffer[at + 3] == 4 && (buffer[at + 4] & 1) == 0)
                {
                    socket.Send([0, 0, 0, 4, 1, 0, 0, 0, 0]);
                }

                at += FrameHead + length;
            }

            if (have < at)
                continue;
            buffer.AsSpan(at, have - at).CopyTo(buffer);
            have -= at;
            at = 0;
        }
    }
}
