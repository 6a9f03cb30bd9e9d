using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Clusters;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Transport;

namespace Gateway.Tests.Forwarding.Limits;

/// <summary><c>proxyProtocol</c>: the client's addresses at the beginning of each connection.</summary>
public sealed class ProxyHeaderTests
{
    [Theory]
    [InlineData(ProxyHeaderVersion.V1, "192.0.2.1", "198.51.100.7", "50524F5859205443503420" + "3139322E302E322E31203139382E35312E3130302E3720" + "353635373820343433" + "0D0A")]
    [InlineData(ProxyHeaderVersion.V2, "192.0.2.1", "198.51.100.7", "0D0A0D0A000D0A515549540A" + "2111000C" + "C0000201" + "C6336407" + "DD0201BB")]
    [InlineData(ProxyHeaderVersion.V2, "::ffff:192.0.2.1", "198.51.100.7", "0D0A0D0A000D0A515549540A" + "2111000C" + "C0000201" + "C6336407" + "DD0201BB")]
    [InlineData(ProxyHeaderVersion.V2, "2001:db8::1", "2001:db8::2", "0D0A0D0A000D0A515549540A" + "21210024" + "20010DB8000000000000000000000001" + "20010DB8000000000000000000000002" + "DD0201BB")]
    internal void Bytes_are_as_the_specification_has_them(ProxyHeaderVersion version, string source, string destination, string bytes) =>
        Assert.Equal(bytes, Convert.ToHexString(ProxyHeader.Make(version, new IPEndPoint(IPAddress.Parse(source), 56578), new IPEndPoint(IPAddress.Parse(destination), 443))));

    [Fact]
    public void Who_is_not_known_is_not_made_up()
    {
        Assert.Equal("PROXY UNKNOWN\r\n", Encoding.ASCII.GetString(ProxyHeader.Make(ProxyHeaderVersion.V1, null, null)));
        Assert.Equal("0D0A0D0A000D0A515549540A20000000", Convert.ToHexString(ProxyHeader.Make(ProxyHeaderVersion.V2, null, null)));
    }

    [Theory]
    [InlineData(false, "V1")]
    [InlineData(false, "V2")]
    [InlineData(true, "V1")]
    public async Task Each_client_gets_connections_of_its_own_with_its_own_header(bool eventLoops, string version)
    {
        if (eventLoops && !EventLoopGroup.IsSupported)
            return;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var headers = new ConcurrentQueue<string>();
        _ = AcceptAsync(listener, version, headers);
        await using TestGateway gateway = await TestGateway.StartOnAsync(
            eventLoops, TestConfig.HttpGateway(), TestConfig.Route("*", "up.test"),
            TestConfig.Backend("up.test", "HTTP", ((IPEndPoint)listener.LocalEndpoint).Port), LimitedBackend.Rule($"proxyProtocol: {{version: {version}}}"));
        List<int> ports = [];

        for (int client = 0; client < 2; client++)
        {
            await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(80));
            for (int request = 0; request < 3; request++)
            {
                await connection.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
                Assert.Equal(200, (await connection.ReadResponseAsync())!.Status);
                int ended = (client * 3) + request + 1;
                await Eventually.HoldsAsync(() => gateway.Completed.Count == ended, "the request is over");
            }
            ports.Add(gateway.Completed.Last().ClientPort);
        }

        string[] expected = [.. ports.Select(port => Encoding.Latin1.GetString(ProxyHeader.Make(
            version == "V1" ? ProxyHeaderVersion.V1 : ProxyHeaderVersion.V2, new IPEndPoint(IPAddress.Loopback, port), new IPEndPoint(IPAddress.Loopback, gateway.Port(80)))))];
        Assert.Equal(expected, headers);
    }

    // Answers every request on a connection that begins with a header.
    private static async Task AcceptAsync(TcpListener listener, string version, ConcurrentQueue<string> headers)
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(), version, headers);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private static async Task ServeAsync(TcpClient client, string version, ConcurrentQueue<string> headers)
    {
        using (client)
        {
            NetworkStream stream = client.GetStream();
            headers.Enqueue(version == "V1" ? await ReadUntilAsync(stream, "\r\n") : await ReadAsync(stream, 28));
            try
            {
                while (await ReadUntilAsync(stream, "\r\n\r\n") is { Length: > 0 })
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
            }
            catch (IOException)
            {
                // The gateway closed.
            }
        }
    }

    private static async Task<string> ReadAsync(NetworkStream stream, int count)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes);
        return Encoding.Latin1.GetString(bytes);
    }

    private static async Task<string> ReadUntilAsync(NetworkStream stream, string end)
    {
        var text = new StringBuilder();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one) == 0)
                return "";
            text.Append((char)one[0]);
        }
        return text.ToString();
    }
}
