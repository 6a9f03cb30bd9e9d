using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Gateway.Config.Model;
using Gateway.Hosting;
using Gateway.Snapshot;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Tests.Hosting;
using Gateway.Tests.Transport;
using Gateway.Tls;
using Gateway.Tls.OpenSsl;

namespace Gateway.Tests.Tls.OpenSsl;

/// <summary>What clients do wrong, and what happens to them, to others, and to native memory.</summary>
public sealed class OpenSslFaultTests : IDisposable
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
    private static readonly DownstreamTlsConfig Config = new() { Certificates = [new CertificateReference("istio-system", "a", null, null, null)] };
    private readonly TestCertificates _authority = new();

    public OpenSslFaultTests() => TestMode.UseOpenSsl();

    public void Dispose() => _authority.Dispose();

    [LinuxFact]
    public async Task A_hello_in_single_bytes_is_understood()
    {
        await using DataPlaneBed bed = await BedAsync();

        Assert.Equal("ok", await AskAsync(bed, stream => new SingleBytes(stream)));
    }

    [LinuxFact]
    public async Task A_hello_over_many_records_is_understood()
    {
        await using DataPlaneBed bed = await BedAsync();

        Assert.Equal("ok", await AskAsync(bed, stream => new ManyRecords(stream)));
    }

    [LinuxFact]
    public async Task Garbage_in_every_phase_ends_its_connection_only_and_frees_its_session()
    {
        await using DataPlaneBed bed = await BedAsync();
        byte[] hello = await HelloAsync();
        byte[] garbage = [0x17, 3, 3, 0, 32, .. new byte[32]];
        foreach (byte[] bytes in (byte[][])[[.. Encoding.ASCII.GetBytes(Get)], [.. hello, .. garbage], [.. hello, .. hello], [.. hello, 0x15, 3, 3, 0, 2, 2, 40]])
        {
            await using RawHttpConnection raw = await RawHttpConnection.ConnectAsync(bed.PortOf(443));
            await raw.SendAsync(bytes);
            await raw.WaitForCloseAsync();
        }

        await using RawHttpConnection later = await ServedAsync(bed);
        // Past the TLS layer: bytes that are no record.
        await using (RawHttpConnection broken = await ServedAsync(bed))
        {
            await broken.Socket.SendAsync(garbage);
            await broken.WaitForCloseAsync();
        }

        Assert.Equal("ok", await AskAsync(later));
        await later.DisposeAsync();
        await FreedAsync(bed);
    }

    [LinuxFact]
    public async Task A_reset_at_any_point_of_the_handshake_frees_everything()
    {
        await using DataPlaneBed bed = await BedAsync();
        int hello = (await HelloAsync()).Length;

        foreach (int bytes in (int[])[1, hello / 2, hello, hello + 1, hello + 10, hello + 40, hello + 80])
            await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(bed, (stream, socket) => new ResetAfter(stream, bytes, () => Reset(socket))));
        RawHttpConnection served = await ServedAsync(bed);
        served.Abort();

        await FreedAsync(bed);
        Assert.Equal("ok", await AskAsync(bed, stream => stream));
    }

    [LinuxFact]
    public async Task A_client_is_told_that_its_connection_ends()
    {
        await using DataPlaneBed bed = await BedAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, bed.PortOf(443));
        await using var recorded = new RecordedReads(client.GetStream());
        await using var tls = new SslStream(recorded);
        // In TLS 1.3 an alert looks like data from outside.
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "a.test",
            EnabledSslProtocols = SslProtocols.Tls12,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
        await tls.WriteAsync("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"u8.ToArray());
        await tls.CopyToAsync(Stream.Null);

        const byte Alert = 21;
        Assert.Equal(Alert, recorded.LastRecordType());
        await FreedAsync(bed);
    }

    [LinuxFact]
    public async Task A_request_before_a_half_close_is_answered()
    {
        await using DataPlaneBed bed = await BedAsync();
        // Until the server has taken a connection, its end is seen before its first request: that is a client that has left.
        await using RawHttpConnection connection = await ServedAsync(bed);
        await connection.SendAsync(Get);
        await connection.Tls!.ShutdownAsync();
        connection.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("ok", (await connection.ReadResponseAsync())!.Text);
        await connection.WaitForCloseAsync();
        await FreedAsync(bed);
    }

    [LinuxFact]
    public async Task A_connection_cut_in_the_middle_of_a_record_is_ended()
    {
        await using DataPlaneBed bed = await BedAsync();
        await using RawHttpConnection connection = await ServedAsync(bed);
        await connection.Socket.SendAsync((byte[])[0x17, 3, 3, 0, 200, 1, 2, 3]);
        connection.Socket.Shutdown(SocketShutdown.Send);

        await connection.WaitForCloseAsync();
        await FreedAsync(bed);
    }

    [LinuxFact]
    public async Task Two_thousand_half_open_handshakes_do_not_keep_others_waiting()
    {
        const int HalfOpen = 2000;
        await using DataPlaneBed bed = await BedAsync();
        byte[] hello = await HelloAsync();
        var stalled = new List<Socket>();
        try
        {
            for (int i = 0; i < HalfOpen; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                stalled.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, bed.PortOf(443));
                // Half of them wait for the answer to a whole hello, half have sent a part of one.
                await socket.SendAsync(i % 2 == 0 ? hello : hello[..(hello.Length / 2)]);
                if (i % 100 == 0)
                    Assert.Equal("ok", await AskAsync(bed, stream => stream));
            }

            await Eventually.HoldsAsync(() => Context(bed).Sessions >= HalfOpen / 2, "all whole hellos are answered");
            Assert.Equal("ok", await AskAsync(bed, stream => stream));
        }
        finally
        {
            foreach (Socket socket in stalled)
                socket.Dispose();
        }

        await FreedAsync(bed);
    }

    [LinuxFact]
    public async Task A_gateway_that_ends_frees_the_sessions_of_idle_and_opening_connections()
    {
        DataPlaneBed bed = await BedAsync();
        OpenSslContext context = Context(bed);
        await using RawHttpConnection idle = await ServedAsync(bed);
        await using RawHttpConnection opening = await RawHttpConnection.ConnectAsync(bed.PortOf(443));
        await opening.SendAsync(await HelloAsync());
        await Eventually.HoldsAsync(() => context.Sessions == 2, "both have a session");

        await bed.DisposeAsync();

        await Eventually.HoldsAsync(() => context.Sessions == 0, "both sessions are freed");
    }

    private async Task<DataPlaneBed> BedAsync() => await DataPlaneBed.StartAsync(
        new GatewaySnapshot
        {
            Listeners = [DataPlaneBed.Https(443, DataPlaneBed.Chain("a", Config, [], DataPlaneBed.Direct("/", 200, "ok")))],
            Clusters = [],
            Secrets = new[] { Secret(_authority.IssueServer("a.test")) }.ToImmutableDictionary(secret => $"{secret.Metadata.Namespace}/{secret.Metadata.Name}"),
            Mesh = MeshConfig.Default,
        },
        new DataPlaneOptions { EventLoops = 2, DrainTime = TimeSpan.FromSeconds(20) });

    private static Resource<SecretSpec> Secret(TestCertificate certificate) =>
        TlsTests.Secret("a", ("tls.crt", certificate.CertificatePem), ("tls.key", certificate.KeyPem));

    private static OpenSslContext Context(DataPlaneBed bed) => bed.Plane.Certificates.Find(Config)!.OpenSsl!;

    private static Task FreedAsync(DataPlaneBed bed) =>
        Eventually.HoldsAsync(() => Context(bed).Sessions == 0 && bed.Plane.Listeners.OpenConnectionCount == 0, "no connection and no native session is left");

    private static async Task<RawHttpConnection> ServedAsync(DataPlaneBed bed)
    {
        RawHttpConnection connection = await RawHttpConnection.ConnectAsync(bed.PortOf(443), ClientTls.Http1("a.test"));
        Assert.Equal("ok", await AskAsync(connection));
        return connection;
    }

    private static async Task<string> AskAsync(RawHttpConnection connection)
    {
        await connection.SendAsync(Get);
        return (await connection.ReadResponseAsync())!.Text;
    }

    private static Task<string> AskAsync(DataPlaneBed bed, Func<Stream, Stream> wrap) => AskAsync(bed, (stream, _) => wrap(stream));

    private static async Task<string> AskAsync(DataPlaneBed bed, Func<Stream, Socket, Stream> wrap)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, bed.PortOf(443));
        await using var network = new NetworkStream(socket);
        await using SslStream tls = await ClientTls.Http1("a.test").AuthenticateAsync(wrap(network, socket), CancellationToken.None);
        await tls.WriteAsync("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(tls, Encoding.ASCII);
        return (await reader.ReadToEndAsync()).Split("\r\n\r\n")[1];
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    // What a client would send, caught before it leaves.
    private static async Task<byte[]> HelloAsync()
    {
        using var caught = new MemoryStream();
        await using var tls = new SslStream(caught);
        await Assert.ThrowsAnyAsync<IOException>(() => tls.AuthenticateAsClientAsync("a.test"));
        return caught.ToArray();
    }
}
