using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Testing;

/// <summary>A DNS server on loopback (UDP and TCP on one port) with answers set by the test; unknown names are NXDOMAIN.</summary>
public sealed class FakeDns : IAsyncDisposable
{
    private const int TypeA = 1;
    private const int TypeAaaa = 28;
    private const int NoSuchName = 3;
    private readonly ConcurrentDictionary<string, Answer> _answers = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, int> _queries = new(StringComparer.OrdinalIgnoreCase);
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _tcp;
    private readonly UdpClient _udp;
    private readonly Task _loops;

    /// <summary>Starts a server.</summary>
    public FakeDns()
    {
        (_tcp, _udp) = Bind();
        EndPoint = (IPEndPoint)_tcp.LocalEndpoint;
        _loops = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
    }

    /// <summary>Its address.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Sets the addresses of a name (none: the name exists without addresses).</summary>
    public void Set(string name, TimeSpan ttl, params IPAddress[] addresses) => _answers[name.TrimEnd('.')] = new Answer(ttl, addresses, false);

    /// <summary>Lets queries for the name fail with SERVFAIL.</summary>
    public void Fail(string name) => _answers[name.TrimEnd('.')] = new Answer(TimeSpan.Zero, [], true);

    /// <summary>Forgets a name.</summary>
    public void Remove(string name) => _answers.TryRemove(name.TrimEnd('.'), out _);

    /// <summary>How often a name was asked for.</summary>
    public int Queries(string name) => _queries.GetValueOrDefault(name.TrimEnd('.'));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _tcp.Stop();
        _udp.Dispose();
        await _loops;
        _stop.Dispose();
    }

    /// <summary>UDP takes the port number that TCP got; another process may have it, then the next is tried.</summary>
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
                await _udp.SendAsync(Reply(query.Buffer), query.RemoteEndPoint, _stop.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
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
                byte[] reply = Reply(query);
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)reply.Length);
                await stream.WriteAsync((byte[])[.. length, .. reply], _stop.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or IOException or SocketException)
            {
                continue;
            }
        }
    }

    private byte[] Reply(byte[] query)
    {
        (string name, int end) = ReadName(query);
        int type = BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(end));
        _queries.AddOrUpdate(name, 1, (_, count) => count + 1);
        bool known = _answers.TryGetValue(name, out Answer? answer);
        int code = !known ? NoSuchName : answer!.Fails ? 2 : 0;
        IPAddress[] addresses = [.. (answer?.Addresses ?? []).Where(address => TypeOf(address) == type)];
        using var reply = new MemoryStream();
        reply.Write(query, 0, 2);
        Write16(reply, 0x8180 | code);
        Write16(reply, 1);
        Write16(reply, addresses.Length);
        Write16(reply, 0);
        Write16(reply, 0);
        reply.Write(query, 12, end + 4 - 12);
        foreach (IPAddress address in addresses)
        {
            byte[] bytes = address.GetAddressBytes();
            Write16(reply, 0xc00c);
            Write16(reply, type);
            Write16(reply, 1);
            Write16(reply, 0);
            Write16(reply, (int)answer!.Ttl.TotalSeconds);
            Write16(reply, bytes.Length);
            reply.Write(bytes);
        }
        return reply.ToArray();
    }

    private static int TypeOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? TypeA : TypeAaaa;

    private static (string Name, int End) ReadName(byte[] query)
    {
        var name = new StringBuilder();
        int position = 12;
        while (query[position] is var length and > 0)
        {
            if (name.Length > 0)
                name.Append('.');
            name.Append(Encoding.ASCII.GetString(query, position + 1, length));
            position += length + 1;
        }
        return (name.ToString(), position + 1);
    }

    private static void Write16(MemoryStream stream, int value)
    {
        stream.WriteByte((byte)(value >> 8));
        stream.WriteByte((byte)value);
    }

    private sealed record Answer(TimeSpan Ttl, IPAddress[] Addresses, bool Fails);
}
