using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Testing;

namespace Gateway.Integration.Tests.Tcp;

/// <summary>Plain TCP through the gateway, on both transports.</summary>
public sealed class TcpProxyTests
{
    public static TheoryData<bool> Transports => OperatingSystem.IsLinux() ? [false, true] : [false];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Bytes_arrive_unchanged_in_both_directions_and_are_counted(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops);
        byte[] up = new byte[8 * 1024 * 1024];
        byte[] down = new byte[5 * 1024 * 1024];
        new Random(1).NextBytes(up);
        new Random(2).NextBytes(down);
        using Socket client = await bed.ConnectAsync();
        using Socket backend = await bed.AcceptAsync();

        Task<byte[]> received = TcpBed.ReadToEndAsync(backend);
        Task<byte[]> answered = TcpBed.ReadToEndAsync(client);
        await Task.WhenAll(SendAsync(client, up), SendAsync(backend, down));

        Assert.Equal(up, await received);
        Assert.Equal(down, await answered);
        CompletedRequest session = await bed.Gateway.CompletionAsync(_ => true);
        Assert.Equal(("-", up.LongLength, down.LongLength, "outbound|80||db.test"), (session.Flags, session.BytesReceived, session.BytesSent, session.Cluster));
        Assert.Empty(bed.Gateway.Faults);

        static async Task SendAsync(Socket socket, byte[] bytes)
        {
            await socket.SendAsync(bytes);
            socket.Shutdown(SocketShutdown.Send);
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_backend_may_speak_first(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops);
        using Socket client = await bed.ConnectAsync();
        using Socket backend = await bed.AcceptAsync();
        await backend.SendAsync("220 hello\r\n"u8.ToArray());
        byte[] greeting = new byte[64];

        Assert.Equal(11, await client.ReceiveAsync(greeting));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_client_that_has_ended_its_side_still_gets_the_answer(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops);
        using Socket client = await bed.ConnectAsync();
        await client.SendAsync("question"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);
        using Socket backend = await bed.AcceptAsync();

        Assert.Equal("question", Encoding.ASCII.GetString(await TcpBed.ReadToEndAsync(backend)));
        await backend.SendAsync("answer"u8.ToArray());
        backend.Close();

        Assert.Equal("answer", Encoding.ASCII.GetString(await TcpBed.ReadToEndAsync(client)));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_backend_that_has_ended_its_side_still_gets_what_the_client_sends(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops);
        using Socket client = await bed.ConnectAsync();
        using Socket backend = await bed.AcceptAsync();
        await backend.SendAsync("all I have"u8.ToArray());
        backend.Shutdown(SocketShutdown.Send);

        Assert.Equal("all I have", Encoding.ASCII.GetString(await TcpBed.ReadToEndAsync(client)));
        await client.SendAsync("and now me"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal("and now me", Encoding.ASCII.GetString(await TcpBed.ReadToEndAsync(backend)));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_reset_of_the_backend_is_a_reset_for_the_client(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops);
        using Socket client = await bed.ConnectAsync();
        using Socket backend = await bed.AcceptAsync();
        backend.Close(0);

        SocketException error = await Assert.ThrowsAsync<SocketException>(() => TcpBed.ReadToEndAsync(client));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_reset_of_the_client_is_a_reset_for_the_backend(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops);
        using Socket client = await bed.ConnectAsync();
        using Socket backend = await bed.AcceptAsync();
        client.Close(0);

        SocketException error = await Assert.ThrowsAsync<SocketException>(() => TcpBed.ReadToEndAsync(backend));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_backend_that_refuses_costs_the_connection(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops);
        bed.StopBackend();

        await bed.ExpectResetAsync();
        Assert.Equal("UF,URX", (await bed.Gateway.CompletionAsync(_ => true)).Flags);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_silent_session_ends_after_its_idle_timeout(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops, "{idleTimeout: 300ms}");
        using Socket client = await bed.ConnectAsync();
        using Socket backend = await bed.AcceptAsync();

        await Assert.ThrowsAsync<SocketException>(() => TcpBed.ReadToEndAsync(client));
        await Assert.ThrowsAsync<SocketException>(() => TcpBed.ReadToEndAsync(backend));
        Assert.Equal("tcp_session_idle_timeout", (await bed.Gateway.CompletionAsync(_ => true)).TerminationDetails);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_session_ends_when_it_was_open_for_as_long_as_it_may_although_it_is_busy(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops, "{maxConnectionDuration: 1s}");
        using Socket client = await bed.ConnectAsync();
        using Socket backend = await bed.AcceptAsync();
        using var stop = new CancellationTokenSource();
        Task busy = SpeakAsync(backend, stop.Token);

        await Assert.ThrowsAsync<SocketException>(() => TcpBed.ReadToEndAsync(client));
        await stop.CancelAsync();
        await busy;
        Assert.Equal("DT", (await bed.Gateway.CompletionAsync(_ => true)).Flags);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task More_sessions_than_allowed_are_closed_and_room_comes_back(bool onEventLoops)
    {
        await using TcpBed bed = await TcpBed.StartAsync(onEventLoops, "{maxConnections: 1}");
        Socket first = await bed.ConnectAsync();
        using Socket backend = await bed.AcceptAsync();

        await bed.ExpectResetAsync();
        Assert.Equal("UO", (await bed.Gateway.CompletionAsync(_ => true)).Flags);
        first.Dispose();
        backend.Dispose();
        await bed.Gateway.CompletionAsync(session => session.Flags == "-");
        using Socket third = await bed.ConnectAsync();
        using Socket again = await bed.AcceptAsync();
        await again.SendAsync("hi"u8.ToArray());
        Assert.Equal(2, await third.ReceiveAsync(new byte[8]));
    }

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
