using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Tls;

/// <summary>How a ClientHello may come, and what it may and may not say. Handshakes that stall: <c>TlsTests</c> of the unit tests.</summary>
public sealed class ClientHelloTests : IDisposable
{
    private readonly TestCertificates _authority = new();

    public static TheoryData<string> Ways => TlsWays.All;

    public void Dispose() => _authority.Dispose();

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_hello_may_come_in_single_bytes_over_many_records_and_larger_than_packets(string way)
    {
        await using TestGateway gateway = await StartAsync(way, "a.test");
        SslApplicationProtocol[] many = [.. Enumerable.Range(0, 60).Select(i => new SslApplicationProtocol(new string('x', 50) + i.ToString(CultureInfo.InvariantCulture))), SslApplicationProtocol.Http11];
        ClientTls small = ClientTls.Http1("a.test");
        ClientTls large = new("a.test", many);

        Assert.Equal(404, await AskAsync(gateway, small, stream => new SingleBytes(stream)));
        Assert.Equal(404, await AskAsync(gateway, small, stream => new ManyRecords(stream)));
        Assert.Equal(404, await AskAsync(gateway, large, stream => stream));
        Assert.Equal(404, await AskAsync(gateway, large, stream => new ManyRecords(stream)));
        Assert.NotNull(await new HandmadeHello { ServerName = "a.test", KeyShareBytes = 1216 }.AskAsync(gateway.Port(443)));
        Assert.Empty(gateway.Faults);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task No_name_an_address_and_an_unknown_name_get_the_server_of_all_hosts_or_none(string way)
    {
        await using TestGateway all = await StartAsync(way, "*");
        await using TestGateway one = await StartAsync(way, "a.test");

        foreach (string? name in (string?[])[null, "127.0.0.1", "::1", "b.test"])
        {
            var hello = new HandmadeHello { ServerName = name };
            Assert.NotNull(await hello.AskAsync(all.Port(443)));
            Assert.Null(await hello.AskAsync(one.Port(443)));
        }
        Assert.NotNull(await new HandmadeHello { ServerName = "A.test" }.AskAsync(one.Port(443)));
        Assert.Equal(404, await AskAsync(all, ClientTls.Http1(""), stream => stream));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Of_two_certificates_the_one_is_shown_that_the_clients_cipher_suites_go_with(string way)
    {
        const ushort WithEcdsa = 0xC02B;
        // No default list has it.
        const ushort OldWithEcdsa = 0xC009;
        const ushort WithRsa = 0xC02F;
        TlsWays.Use(way);
        using TestCertificate ecdsa = _authority.IssueServer("a.test");
        using TestCertificate rsa = _authority.IssueServer(KeyKind.Rsa, "a.test");
        await using TestGateway gateway = await TestGateway.StartAsync(
            TestConfig.HttpsGateway("x").Replace("credentialName: x", "credentialNames: [ecdsa, rsa]", StringComparison.Ordinal),
            TestConfig.Secret("ecdsa", ecdsa), TestConfig.Secret("rsa", rsa));

        foreach (ushort[] suites in (ushort[][])[[WithEcdsa], [WithRsa], [WithRsa, WithEcdsa]])
        {
            // Both kinds of signatures are understood in all three.
            (_, ushort chosen, _) = Assert.NotNull(await new HandmadeHello { ServerName = "a.test", CipherSuites = suites }.AskAsync(gateway.Port(443)));
            Assert.Contains(chosen, suites);
        }
        // A suite that goes with ECDSA but is not agreed on must not lead to that certificate.
        Assert.Equal(WithRsa, Assert.NotNull(await new HandmadeHello { ServerName = "a.test", CipherSuites = [OldWithEcdsa, WithRsa] }.AskAsync(gateway.Port(443))).CipherSuite);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Garbage_costs_its_own_connection_only(string way)
    {
        await using TestGateway gateway = await StartAsync(way, "a.test");
        byte[] hello = new HandmadeHello { ServerName = "a.test" }.ToBytes();
        byte[][] garbage =
        [
            [0], [22, 3, 1, 0xFF, 0xFF, 1], [22, 3, 1, 0, 0], [22, 3, 1, 0, 4, 1, 0xFF, 0xFF, 0xFF], [22, 3, 1, 0, 4, 2, 0, 0, 0],
            [0x80, 46, 1, 0, 2], [21, 3, 1, 0, 2, 2, 40], [.. hello.Take(40), .. new byte[200]], [.. hello, .. hello],
            [.. hello, 22, 3, 3, 0, 4, 16, 0, 0, 0], [.. hello, 23, 3, 3, 0, 2, 1, 2], Encoding.ASCII.GetBytes("SSH-2.0-client\r\n"), new byte[40_000],
        ];

        await using RawHttpConnection neighbour = await RawHttpConnection.ConnectAsync(gateway.Port(443), ClientTls.Http1("a.test"));
        foreach (byte[] bytes in garbage)
        {
            using var deadline = new CancellationTokenSource(Eventually.Deadline);
            await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(gateway.Port(443), cancel: deadline.Token);
            try
            {
                await connection.SendAsync(bytes, deadline.Token);
                connection.Socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                continue;
            }
            await connection.WaitForCloseAsync(deadline.Token);
        }

        await neighbour.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
        Assert.Equal(404, (await neighbour.ReadResponseAsync())?.Status);
        await neighbour.DisposeAsync();
        await Eventually.HoldsAsync(() => gateway.OpenConnections == 0, "no connection is left");
        Assert.Empty(gateway.Faults);
    }

    private async Task<TestGateway> StartAsync(string way, string host)
    {
        TlsWays.Use(way);
        using TestCertificate certificate = _authority.IssueServer("a.test");
        return await TestGateway.StartAsync(TestConfig.HttpsGateway("cert", hosts: host), TestConfig.Secret("cert", certificate));
    }

    private static async Task<int> AskAsync(TestGateway gateway, ClientTls client, Func<Stream, Stream> wrap)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Port(443), deadline.Token);
        await using var network = new NetworkStream(socket);
        await using SslStream tls = await client.AuthenticateAsync(wrap(network), deadline.Token);
        Assert.Contains("CN=a.test", ((X509Certificate2)tls.RemoteCertificate!).Subject, StringComparison.Ordinal);
        await tls.WriteAsync("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"u8.ToArray(), deadline.Token);
        using var reader = new StreamReader(tls, Encoding.ASCII);
        return int.Parse((await reader.ReadLineAsync(deadline.Token))!.Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
