using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Tools;

/// <summary>Stands between a client and the gateway, keeps each ClientHello, and passes it on in another shape.</summary>
internal sealed class HelloReshaper : IAsyncDisposable
{
    private const int RecordHeader = 5;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly ConcurrentQueue<byte[]> _hellos = [];
    private readonly int _gateway;
    private readonly Func<Stream, Stream> _shape;
    private readonly Task _accepting;

    /// <summary>Begins.</summary>
    /// <param name="gateway">The gateway's port.</param>
    /// <param name="shape">What the hello goes through.</param>
    public HelloReshaper(int gateway, Func<Stream, Stream> shape)
    {
        _gateway = gateway;
        _shape = shape;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The ways that a hello may come: as it is, in single bytes, over many records.</summary>
    public static Stream Reshape(string shape, Stream stream) => shape switch
    {
        "single bytes" => new SingleBytes(stream),
        "many records" => new ManyRecords(stream),
        _ => stream,
    };

    /// <summary>Its port on loopback.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The first records that clients have sent.</summary>
    public IReadOnlyCollection<byte[]> Hellos => _hellos;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _connections.Add(PassAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using TcpClient from = client;
        using var to = new TcpClient { NoDelay = true };
        try
        {
            await to.ConnectAsync(IPAddress.Loopback, _gateway, _stop.Token);
            byte[] header = new byte[RecordHeader];
            await from.GetStream().ReadExactlyAsync(header, _stop.Token);
            byte[] hello = [.. header, .. new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3))]];
            await from.GetStream().ReadExactlyAsync(hello.AsMemory(RecordHeader), _stop.Token);
            _hellos.Enqueue(hello);
            await _shape(to.GetStream()).WriteAsync(hello, _stop.Token);
            Task back = to.GetStream().CopyToAsync(from.GetStream(), _stop.Token);
            await from.GetStream().CopyToAsync(to.GetStream(), _stop.Token);
            to.Client.Shutdown(SocketShutdown.Send);
            await back;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Either side has gone.
        }
    }
}
