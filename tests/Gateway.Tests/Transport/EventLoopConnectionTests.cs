using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Tests.Transport;

public sealed class EventLoopConnectionTests
{
    [LinuxTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4095)]
    [InlineData(16383)]
    [InlineData(16384)]
    [InlineData(16385)]
    [InlineData(65536)]
    [InlineData(1_000_003)]
    [InlineData(20_000_000)]
    public async Task Bytes_come_back_whatever_their_number(int size)
    {
        await using var server = new LoopServer(LoopServer.EchoAsync);
        using Socket client = server.Connect();
        byte[] data = Pattern(size);

        Task sending = SendAllAsync(client, data);
        byte[] echo = await ReceiveAsync(client, size);
        await sending;

        Assert.Equal(data, echo);
    }

    [LinuxFact]
    public async Task Bytes_come_back_however_they_are_split()
    {
        await using var server = new LoopServer(LoopServer.EchoAsync);
        using Socket client = server.Connect();
        client.NoDelay = true;
        byte[] data = Pattern(600);
        var random = new Random(7);

        for (int split = 1; split < data.Length; split += random.Next(1, 9))
        {
            await client.SendAsync(data.AsMemory(0, split));
            await client.SendAsync(data.AsMemory(split));
            Assert.Equal(data, await ReceiveAsync(client, data.Length));
        }
    }

    [LinuxTheory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task Addresses_are_told_as_a_socket_tells_them(string address)
    {
        var seen = new TaskCompletionSource<(EndPoint?, EndPoint?)>();
        await using var server = new LoopServer(
            connection =>
            {
                seen.SetResult((connection.LocalEndPoint, connection.RemoteEndPoint));
                return Task.CompletedTask;
            },
            endPoint: new IPEndPoint(IPAddress.Parse(address), 0));
        int port = ((IPEndPoint)server.Listener.EndPoint).Port;
        using var client = new Socket(address is "::1" ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(address is "::1" ? IPAddress.IPv6Loopback : IPAddress.Loopback, port);

        (EndPoint? local, EndPoint? remote) = await seen.Task.WaitAsync(Eventually.Deadline);

        Assert.Equal(Unmapped(client.RemoteEndPoint!), Unmapped(local!));
        Assert.Equal(Unmapped(client.LocalEndPoint!), Unmapped(remote!));
    }

    [LinuxFact]
    public async Task A_unix_socket_serves()
    {
        string path = Path.Combine(Path.GetTempPath(), $"loop-{Guid.NewGuid():N}.sock");
        try
        {
            await using var server = new LoopServer(LoopServer.EchoAsync, endPoint: new UnixDomainSocketEndPoint(path));
            for (int i = 0; i < 5; i++)
            {
                using Socket client = server.Connect();
                byte[] data = Pattern(100_000);
                Task sending = SendAllAsync(client, data);
                Assert.Equal(data, await ReceiveAsync(client, data.Length));
                await sending;
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [LinuxFact]
    public async Task After_the_clients_end_the_answer_still_goes_out()
    {
        await using var server = new LoopServer(async connection =>
        {
            long received = await DrainAsync(connection.Transport.Input);
            await connection.Transport.Output.WriteAsync(BitConverter.GetBytes(received));
        });
        using Socket client = server.Connect();

        await SendAllAsync(client, Pattern(50_000));
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal(50_000L, BitConverter.ToInt64(await ReceiveAsync(client, 8)));
        Assert.Equal(0, await client.ReceiveAsync(new byte[1]));
    }

    [LinuxFact]
    public async Task After_our_end_the_client_can_still_send()
    {
        var received = new TaskCompletionSource<long>();
        await using var server = new LoopServer(async connection =>
        {
            await connection.Transport.Output.WriteAsync("bye"u8.ToArray());
            await connection.Transport.Output.CompleteAsync();
            received.SetResult(await DrainAsync(connection.Transport.Input));
        });
        using Socket client = server.Connect();

        Assert.Equal("bye"u8.ToArray(), await ReceiveAsync(client, 3));
        Assert.Equal(0, await client.ReceiveAsync(new byte[1]));
        await SendAllAsync(client, Pattern(300_000));
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal(300_000, await received.Task.WaitAsync(Eventually.Deadline));
    }

    [LinuxFact]
    public async Task Everything_written_before_the_end_arrives()
    {
        byte[] data = Pattern(5_000_000);
        await using var server = new LoopServer(async connection => await connection.Transport.Output.WriteAsync(data));
        using Socket client = server.Connect();

        Assert.Equal(data, await ReceiveAsync(client, data.Length));
        Assert.Equal(0, await client.ReceiveAsync(new byte[1]));
    }

    [LinuxFact]
    public async Task An_answer_to_a_client_that_still_sends_is_not_lost()
    {
        await using var server = new LoopServer(async connection =>
        {
            ReadResult read = await connection.Transport.Input.ReadAsync();
            connection.Transport.Input.AdvanceTo(read.Buffer.Start);
            await connection.Transport.Output.WriteAsync("no"u8.ToArray());
        });
        for (int i = 0; i < 20; i++)
        {
            using Socket client = server.Connect();
            await SendAllAsync(client, Pattern(400_000));
            Assert.Equal("no"u8.ToArray(), await ReceiveAsync(client, 2));
        }
    }

    [LinuxFact]
    public async Task A_reset_ends_the_input_with_an_error_and_fires_the_token()
    {
        var error = new TaskCompletionSource<Exception?>();
        await using var server = new LoopServer(async connection =>
        {
            Exception? seen = await Record.ExceptionAsync(async () => await DrainAsync(connection.Transport.Input));
            await Eventually.HoldsAsync(() => connection.ConnectionClosed.IsCancellationRequested, "the token fires");
            error.SetResult(seen);
        });
        using (Socket client = server.Connect())
        {
            await client.SendAsync(new byte[10]);
            Reset(client);
        }

        Assert.IsType<ConnectionResetException>(await error.Task.WaitAsync(Eventually.Deadline));
    }

    [LinuxFact]
    public async Task A_reset_while_we_send_lets_the_writer_go_on()
    {
        var done = new TaskCompletionSource();
        await using var server = new LoopServer(async connection =>
        {
            while (!(await connection.Transport.Output.WriteAsync(new byte[60_000])).IsCompleted)
            {
            }

            done.SetResult();
        });
        using (Socket client = server.Connect())
        {
            await ReceiveAsync(client, 100);
            Reset(client);
        }

        await done.Task.WaitAsync(Eventually.Deadline);
        await Eventually.HoldsAsync(() => server.Open == 0, "the connection ends");
        Assert.Empty(server.Errors);
    }

    [LinuxFact]
    public async Task Resets_at_any_moment_leave_nothing_behind()
    {
        await using var server = new LoopServer(LoopServer.EchoAsync);
        var random = new Random(3);
        for (int i = 0; i < 300; i++)
        {
            using Socket client = server.Connect();
            if (random.Next(3) > 0)
                _ = client.SendAsync(Pattern(random.Next(1, 200_000)).AsMemory()).AsTask().ContinueWith(task => task.Exception, TaskScheduler.Default);
            if (random.Next(3) == 0)
                await client.ReceiveAsync(new byte[random.Next(1, 1000)], SocketFlags.None, CancellationTokenSource.CreateLinkedTokenSource(new CancellationTokenSource(5).Token).Token).AsTask().ContinueWith(task => task.Exception, TaskScheduler.Default);
            Reset(client);
        }

        await Eventually.HoldsAsync(() => server.Listener.Accepts >= 1 && server.Open == 0, "all connections end");
        Assert.Empty(server.Errors);
        using Socket last = server.Connect();
        await last.SendAsync(new byte[5]);
        Assert.Equal(5, (await ReceiveAsync(last, 5)).Length);
    }

    [LinuxFact]
    public async Task A_client_that_does_not_read_stops_the_writer()
    {
        long written = 0;
        var stop = new CancellationTokenSource();
        await using var server = new LoopServer(async connection =>
        {
            while (!stop.IsCancellationRequested && !(await connection.Transport.Output.WriteAsync(new byte[16_000])).IsCompleted)
                Interlocked.Add(ref written, 16_000);
        });
        using Socket client = server.Connect();
        long last = -1;
        await Eventually.HoldsAsync(
            async () =>
            {
                long before = Interlocked.Exchange(ref last, Interlocked.Read(ref written));
                await Task.Delay(100);
                return before == Interlocked.Read(ref written) && before > 0;
            },
            "the writer stops");

        Assert.InRange(server.Group.Loops.Sum(loop => loop.Pool.Blocks), 1, 64);
        stop.Cancel();
        Reset(client);
        await Eventually.HoldsAsync(() => server.Open == 0, "the connection ends");
    }

    [LinuxFact]
    public async Task A_handler_that_does_not_read_stops_the_client_and_memory_stays_bounded()
    {
        var release = new TaskCompletionSource();
        await using var server = new LoopServer(async connection =>
        {
            await release.Task;
            await DrainAsync(connection.Transport.Input);
        });
        using Socket client = server.Connect();
        client.Blocking = false;
        long sent = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                long before = sent;
                for (int i = 0; i < 1000 && client.Poll(0, SelectMode.SelectWrite); i++)
                    sent += client.Send(new byte[16_000]);
                await Task.Delay(100);
                return sent == before && sent > 0;
            },
            "the client cannot send any more");

        int inPipe = server.Group.Options.InputPauseBytes / LoopMemoryPool.BlockBytes;
        Assert.InRange(server.Group.Loops.Sum(loop => loop.Pool.Blocks), 1, inPipe + 4);
        release.SetResult();
        await Eventually.HoldsAsync(() => client.Poll(0, SelectMode.SelectWrite), "the client can send again");
    }

    [LinuxFact]
    public async Task Idle_connections_hold_no_buffer()
    {
        await using var server = new LoopServer(LoopServer.EchoAsync, new EventLoopOptions { Loops = 1 });
        List<Socket> clients = [];
        for (int i = 0; i < 50; i++)
        {
            Socket client = server.Connect();
            clients.Add(client);
            await client.SendAsync(new byte[100]);
            await ReceiveAsync(client, 100);
        }

        Assert.InRange(server.Group.Loops[0].Pool.Blocks, 1, 4);
        clients.ForEach(client => client.Dispose());
    }

    [LinuxFact]
    public async Task An_abort_from_another_thread_resets_at_once()
    {
        var connections = new TaskCompletionSource<ConnectionContext>();
        await using var server = new LoopServer(async connection =>
        {
            connections.SetResult(connection);
            await DrainAsync(connection.Transport.Input);
        });
        using Socket client = server.Connect();
        ConnectionContext accepted = await connections.Task.WaitAsync(Eventually.Deadline);

        await Task.Run(() => accepted.Abort(new ConnectionAbortedException("test")));

        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
        await Eventually.HoldsAsync(() => server.Open == 0, "the handler ends");
    }

    [LinuxFact]
    public async Task An_abort_frees_a_handler_that_waits_to_write()
    {
        var connections = new TaskCompletionSource<ConnectionContext>();
        await using var server = new LoopServer(async connection =>
        {
            connections.SetResult(connection);
            while (!(await connection.Transport.Output.WriteAsync(new byte[60_000])).IsCompleted)
            {
            }
        });
        using Socket client = server.Connect();
        ConnectionContext accepted = await connections.Task.WaitAsync(Eventually.Deadline);
        await ReceiveAsync(client, 10);

        await Task.Run(accepted.Abort);

        await Eventually.HoldsAsync(() => server.Open == 0, "the handler ends");
    }

    [LinuxFact]
    public async Task A_disposed_connection_whose_client_does_not_read_is_reset_after_the_close_timeout()
    {
        await using var server = new LoopServer(
            async connection => await connection.Transport.Output.WriteAsync(new byte[30_000_000], new CancellationTokenSource(200).Token),
            new EventLoopOptions { Loops = 1, CloseTimeout = TimeSpan.FromMilliseconds(200) });
        using Socket client = server.Connect();

        await Eventually.HoldsAsync(() => server.Listener.Accepts == 1 && server.Group.Loops[0].Registrations == 1, "only the listener is left");
    }

    [LinuxFact]
    public async Task Features_are_found_set_and_removed()
    {
        var seen = new TaskCompletionSource<bool>();
        await using var server = new LoopServer(connection =>
        {
            Assert.NotNull(connection.Features.Get<IMemoryPoolFeature>());
            Assert.NotNull(connection.Features.Get<IEventLoopFeature>()!.Loop);
            Assert.Same(connection.Transport, connection.Features.Get<IConnectionTransportFeature>()!.Transport);
            Assert.Null(connection.Features.Get<IConnectionHeartbeatFeature>());
            connection.Features.Set<string>("mine");
            Assert.Equal("mine", connection.Features.Get<string>());
            Assert.Contains(connection.Features, pair => pair.Key == typeof(string));
            connection.Features.Set<string>(null);
            Assert.Null(connection.Features.Get<string>());
            seen.SetResult(true);
            return Task.CompletedTask;
        });
        using Socket client = server.Connect();

        Assert.True(await seen.Task.WaitAsync(Eventually.Deadline));
    }

    internal static byte[] Pattern(int size)
    {
        byte[] data = new byte[size];
        new Random(size).NextBytes(data);
        return data;
    }

    internal static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        using var timeout = new CancellationTokenSource(Eventually.Deadline);
        byte[] data = new byte[count];
        int done = 0;
        while (done < count)
        {
            int received = await socket.ReceiveAsync(data.AsMemory(done), SocketFlags.None, timeout.Token);
            Assert.True(received > 0, $"The connection ended after {done} of {count} bytes.");
            done += received;
        }

        return data;
    }

    internal static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    private static async Task SendAllAsync(Socket socket, byte[] data)
    {
        for (int sent = 0; sent < data.Length;)
            sent += await socket.SendAsync(data.AsMemory(sent));
    }

    private static async Task<long> DrainAsync(PipeReader reader)
    {
        long total = 0;
        while (true)
        {
            ReadResult read = await reader.ReadAsync();
            total += read.Buffer.Length;
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return total;
        }
    }

    private static IPEndPoint Unmapped(EndPoint endPoint)
    {
        var ip = (IPEndPoint)endPoint;
        return ip.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(ip.Address.MapToIPv4(), ip.Port) : ip;
    }
}
