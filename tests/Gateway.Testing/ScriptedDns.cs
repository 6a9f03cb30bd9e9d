using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Testing;

/// <summary>A DNS server on loopback whose answers are written by the test, byte by byte if need be.</summary>
public sealed class ScriptedDns : IAsyncDisposable
{
    private readonly Func<ScriptedDnsQuery, byte[]?> _reply;
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _tcp;
    private readonly UdpClient _udp;
    private readonly Task _loops;
    private int _udpQueries;
    private int _tcpQueries;

    /// <summary>Starts a server.</summary>
    /// <param name="reply">The answer to a query; null = none.</param>
    public ScriptedDns(Func<ScriptedDnsQuery, byte[]?> reply)
    {
        _reply = reply;
        (_tcp, _udp) = Bind();
        _loops = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
    }

    /// <summary>Its address.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_tcp.LocalEndpoint;

    /// <summary>Queries over UDP so far.</summary>
    public int UdpQueries => Volatile.Read(ref _udpQueries);

    /// <summary>Queries over TCP so far.</summary>
    public int TcpQueries => Volatile.Read(ref _tcpQueries);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _tcp.Stop();
        _udp.Dispose();
        await _loops;
        _stop.Dispose();
    }

    private static (TcpListener Tcp, UdpClient Udp) Bind()
    {
        while (true)
        {
            var tcp = new TcpListener(IPAddress.Loopback, 0);
            tcp.Start();
            try
            {
                return (tcp, new UdpClient((IPEndPoint)tcp.LocalEndpoint));
            }
            catch (SocketException)
            {
                tcp.Stop();
            }
        }
    }

    private async Task ServeUdpAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                UdpReceiveResult query = await _udp.ReceiveAsync(_stop.Token);
                Interlocked.Increment(ref _udpQueries);
                if (_reply(new ScriptedDnsQuery(query.Buffer, false)) is { } reply)
                    await _udp.SendAsync(reply, query.RemoteEndPoint, _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                continue;
            }
        }
    }

    private async Task ServeTcpAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using TcpClient client = await _tcp.AcceptTcpClientAsync(_stop.Token);
                NetworkStream stream = client.GetStream();
                byte[] length = new byte[2];
                await stream.ReadExactlyAsync(length, _stop.Token);
                byte[] query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(query, _stop.Token);
                Interlocked.Increment(ref _tcpQueries);
                if (_reply(new ScriptedDnsQuery(query, true)) is not { } reply)
                    continue;
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)reply.Length);
                await stream.WriteAsync((byte[])[.. length, .. reply], _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or IOException or SocketException)
            {
                continue;
            }
        }
    }
}

/// <summary>A query to a <see cref="ScriptedDns"/>, and answers to it.</summary>
public sealed class ScriptedDnsQuery
{
    private readonly byte[] _query;
    private readonly int _end;

    internal ScriptedDnsQuery(byte[] query, bool isTcp)
    {
        _query = query;
        IsTcp = isTcp;
        var name = new StringBuilder();
        int position = 12;
        while (query[position] is var length and > 0)
        {
            name.Append(name.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(query, position + 1, length));
            position += length + 1;
        }
        Name = name.ToString();
        Type = BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(position + 1));
        _end = position + 5;
    }

    /// <summary>The name asked for.</summary>
    public string Name { get; }

    /// <summary>1 = A, 28 = AAAA.</summary>
    public int Type { get; }

    /// <summary>Whether it came over TCP.</summary>
    public bool IsTcp { get; }

    /// <summary>Addresses of the type asked for.</summary>
    public byte[] Answer(int ttl, params IPAddress[] addresses) => Reply(0, [.. addresses
        .Where(address => Type == (address.AddressFamily == AddressFamily.InterNetworkV6 ? 28 : 1))
        .Select(address => Record([0xc0, 12], Type, ttl, address.GetAddressBytes()))]);

    /// <summary>An answer of records made by <see cref="Record"/>.</summary>
    public byte[] Reply(int code, byte[][] answers, byte[][]? authorities = null, bool truncated = false, bool withQuestion = true, int idOffset = 0)
    {
        using var reply = new MemoryStream();
        Write16(reply, BinaryPrimitives.ReadUInt16BigEndian(_query) + idOffset);
        Write16(reply, 0x8180 | (truncated ? 0x0200 : 0) | code);
        Write16(reply, withQuestion ? 1 : 0);
        Write16(reply, answers.Length);
        Write16(reply, authorities?.Length ?? 0);
        Write16(reply, 0);
        if (withQuestion)
            reply.Write(_query, 12, _end - 12);
        foreach (byte[] record in answers.Concat(authorities ?? []))
            reply.Write(record);
        return reply.ToArray();
    }

    /// <summary>A record.</summary>
    /// <param name="owner">Its encoded name; <c>c0 0c</c> = the name asked for.</param>
    /// <param name="type">1 A, 5 CNAME, 6 SOA, 28 AAAA.</param>
    /// <param name="ttl">Its TTL, all 32 bits.</param>
    /// <param name="data">Its data.</param>
    public static byte[] Record(byte[] owner, int type, int ttl, byte[] data)
    {
        using var record = new MemoryStream();
        record.Write(owner);
        Write16(record, type);
        Write16(record, 1);
        Write16(record, (ttl >> 16) & 0xffff);
        Write16(record, ttl & 0xffff);
        Write16(record, data.Length);
        record.Write(data);
        return record.ToArray();
    }

    /// <summary>An encoded name.</summary>
    public static byte[] Encoded(string name) => [.. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];

    /// <summary>The data of a SOA record whose last field is <paramref name="minimum"/>.</summary>
    public static byte[] Soa(int minimum)
    {
        using var data = new MemoryStream();
        data.Write(Encoded("ns.test"));
        data.Write(Encoded("admin.test"));
        for (int i = 0; i < 8; i++)
            Write16(data, 1);
        Write16(data, minimum >> 16);
        Write16(data, minimum & 0xffff);
        return data.ToArray();
    }

    private static void Write16(MemoryStream stream, int value)
    {
        stream.WriteByte((byte)(value >> 8));
        stream.WriteByte((byte)value);
    }
}
