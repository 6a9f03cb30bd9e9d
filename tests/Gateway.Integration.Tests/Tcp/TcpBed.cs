using System.Net;
using System.Net.Sockets;
using Gateway.Testing;

namespace Gateway.Integration.Tests.Tcp;

/// <summary>A gateway with one plain TCP port and a backend whose sockets the test itself holds.</summary>
internal sealed class TcpBed : IAsyncDisposable
{
    private readonly TcpListener _backend = new(IPAddress.Loopback, 0);

    private TcpBed(TestGateway gateway) => Gateway = gateway;

    public TestGateway Gateway { get; }

    /// <summary>Port of the backend.</summary>
    public int BackendPort => ((IPEndPoint)_backend.LocalEndpoint).Port;

    public static async Task<TcpBed> StartAsync(bool onEventLoops, string tcpSettings = "{}")
    {
        var bed = new TcpBed(await TestGateway.StartEmptyAsync(TimeSpan.FromSeconds(1), onEventLoops: onEventLoops));
        bed._backend.Start();
        Assert.Empty(await bed.Gateway.ApplyAsync(Documents(bed.BackendPort, tcpSettings)));
        return bed;
    }

    /// <summary>The configuration: port 9000 to the backend <c>db.test</c>.</summary>
    public static string[] Documents(int port, string tcpSettings) =>
    [
        """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: tcp, namespace: default}
        spec:
          servers:
          - port: {number: 9000, name: tcp, protocol: TCP}
            hosts: ["*"]
        """,
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: tcp, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [tcp]
          tcp:
          - match: [{port: 9000}]
            route: [{destination: {host: db.test}}]
        """,
        TestConfig.Backend("db.test", "TCP", port),
        $$"""
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: db, namespace: default}
        spec:
          host: db.test
          trafficPolicy:
            connectionPool:
              tcp: {{tcpSettings}}
        """,
    ];

    /// <summary>Connects a client.</summary>
    public async Task<Socket> ConnectAsync()
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, Gateway.Port(9000));
        return client;
    }

    /// <summary>Connects a client that is reset, be it before its connect call has returned.</summary>
    public Task ExpectResetAsync() => Assert.ThrowsAsync<SocketException>(async () =>
    {
        using Socket client = await ConnectAsync();
        await ReadToEndAsync(client);
    });

    /// <summary>The backend's end of the next connection.</summary>
    public async Task<Socket> AcceptAsync()
    {
        using var limit = new CancellationTokenSource(Eventually.Deadline);
        return await _backend.AcceptSocketAsync(limit.Token);
    }

    /// <summary>Nobody listens at the backend any more.</summary>
    public void StopBackend() => _backend.Stop();

    /// <summary>Reads until the peer ends its side.</summary>
    public static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(Eventually.Deadline);
        using var all = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        int received;
        while ((received = await socket.ReceiveAsync(buffer, limit.Token)) > 0)
            all.Write(buffer, 0, received);
        return all.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        _backend.Dispose();
    }
}
