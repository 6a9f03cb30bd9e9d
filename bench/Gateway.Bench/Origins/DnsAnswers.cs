using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Bench;

/// <summary>A name server that knows 127.0.0.1 for every name, for a minute, and notes when it was asked. Disposing ends it.</summary>
internal sealed class DnsAnswers : IAsyncDisposable
{
    private const int HeaderBytes = 12;
    private const int TypeAndClassBytes = 4;
    private const int TypeA = 1;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Lock _lock = new();
    private readonly HashSet<string> _names = [];
    private readonly List<long> _asked = [];
    private readonly Task _serving;

    public DnsAnswers()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>How many different names were asked for.</summary>
    public int Names
    {
        get
        {
            lock (_lock)
                return _names.Count;
        }
    }

    /// <summary>Moments of all queries so far, as the clock's ticks.</summary>
    public IReadOnlyList<long> Asked
    {
        get
        {
            lock (_lock)
                return [.. _asked];
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _serving;
    }

    private async Task ServeAsync()
    {
        byte[] buffer = new byte[512];
        var anyone = new IPEndPoint(IPAddress.Any, 0);
        try
        {
            while (true)
            {
                SocketReceiveFromResult query = await _socket.ReceiveFromAsync(buffer, anyone);
                await _socket.SendToAsync(Answer(buffer, query.ReceivedBytes), query.RemoteEndPoint);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private Memory<byte> Answer(byte[] packet, int length)
    {
        int nameEnd = HeaderBytes + packet.AsSpan(HeaderBytes, length - HeaderBytes).IndexOf((byte)0) + 1;
        lock (_lock)
        {
            _asked.Add(System.Diagnostics.Stopwatch.GetTimestamp());
            _names.Add(Encoding.ASCII.GetString(packet, HeaderBytes, nameEnd - HeaderBytes));
        }

        int end = nameEnd + TypeAndClassBytes;
        bool hasAddress = BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(nameEnd)) == TypeA;
        // A response, recursion available; one question, one answer or none, nothing else.
        ((byte[])[0x81, 0x80, 0, 1, 0, (byte)(hasAddress ? 1 : 0), 0, 0, 0, 0]).CopyTo(packet, 2);
        if (!hasAddress)
            return packet.AsMemory(0, end);
        // The question's name, A, IN, 60 seconds, four bytes of address.
        ((byte[])[0xc0, HeaderBytes, 0, TypeA, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]).CopyTo(packet, end);
        return packet.AsMemory(0, end + 16);
    }
}
