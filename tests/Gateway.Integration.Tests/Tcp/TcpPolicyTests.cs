using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Integration.Tests.Tcp;

/// <summary>What a DestinationRule says of connections whose bytes are passed on.</summary>
public sealed class TcpPolicyTests
{
    public static TheoryData<bool> Transports => OperatingSystem.IsLinux() ? [false, true] : [false];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task The_PROXY_header_names_the_client_before_its_bytes(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops);
        string[] documents = TcpBed.Documents(bed.BackendPort, "{}");
        documents[3] = documents[3].Split("    connectionPool", 2)[0] + "    proxyProtocol: {version: V1}";
        Assert.Empty(await bed.Gateway.ApplyAsync(documents));
        using Socket client = await bed.ConnectAsync();
        using Socket backend = await bed.AcceptAsync();
        await client.SendAsync("hello"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);

        string received = Encoding.ASCII.GetString(await TcpBed.ReadToEndAsync(backend));

        Assert.Equal($"PROXY TCP4 127.0.0.1 127.0.0.1 {((IPEndPoint)client.LocalEndPoint!).Port} {bed.Gateway.Port(9000)}\r\nhello", received);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_session_ends_when_it_was_silent_for_idleTimeout(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops, "{idleTimeout: 0.5s}");
        using Socket client = await bed.ConnectAsync();
        using Socket backend = await bed.AcceptAsync();

        await EndsAsync(client);
        await bed.Gateway.CompletionAsync(_ => true);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_session_ends_after_maxConnectionDuration_although_it_is_busy(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops, "{maxConnectionDuration: 1s}");
        using Socket client = await bed.ConnectAsync();
        using Socket backend = await bed.AcceptAsync();
        using var stop = new CancellationTokenSource();
        Task busy = SpeakAsync(backend, stop.Token);

        await EndsAsync(client);
        await stop.CancelAsync();
        await busy;
    }

    private static async Task EndsAsync(Socket socket)
    {
        try
        {
            await TcpBed.ReadToEndAsync(socket);
        }
        catch (SocketException)
        {
            // By a reset.
        }
    }

    private static async Task SpeakAsync(Socket socket, CancellationToken stop)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        try
        {
            while (await pace.WaitForNextTickAsync(stop))
                await socket.SendAsync("x"u8.ToArray(), stop);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // It was ended.
        }
    }
}
