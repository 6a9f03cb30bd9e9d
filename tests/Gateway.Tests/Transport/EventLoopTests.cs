using System.Net;
using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Transport;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Tests.Transport;

public sealed class EventLoopTests
{
    [LinuxFact]
    public async Task An_exception_in_a_callback_is_reported_and_the_loop_goes_on()
    {
        List<Exception> errors = [];
        using var group = new EventLoopGroup(new EventLoopOptions { Loops = 1 }, errors.Add);
        EventLoop loop = group.Loops[0];

        loop.Post(static _ => throw new InvalidOperationException("posted"), null);
        loop.Post(_ => loop.Timers.Set(new LoopTimer(static _ => throw new InvalidOperationException("timer"), null), 1), null);
        await Eventually.HoldsAsync(() => errors.Count == 2, "both are reported");

        await loop.SwitchAsync();
        Assert.True(loop.IsCurrent);
        Assert.Equal(["posted", "timer"], errors.Select(error => error.Message));
    }

    [LinuxFact]
    public async Task An_exception_in_a_socket_callback_leaves_the_others_alone()
    {
        await using var server = new LoopServer(LoopServer.EchoAsync, new EventLoopOptions { Loops = 1 });
        EventLoop loop = server.Group.Loops[0];
        await Task.Run(async () =>
        {
            LoopSocket socket = await EventLoopConnector.ConnectAsync(loop, server.Listener.EndPoint, TimeSpan.FromSeconds(5));
            await loop.SwitchAsync();
            socket.IdleEvent = static _ => throw new InvalidOperationException("idle");
            socket.TrySend("x"u8);
        });

        await Task.Run(() => Eventually.HoldsAsync(() => server.Errors.Count == 1, "the exception is reported"));
        using Socket client = server.Connect();
        await client.SendAsync(new byte[3]);
        Assert.Equal(3, (await EventLoopConnectionTests.ReceiveAsync(client, 3)).Length);
    }

    [LinuxFact]
    public async Task What_waits_for_the_end_of_a_turn_continues_after_the_rest_of_it_and_in_order()
    {
        List<Exception> errors = [];
        List<string> order = [];
        using var group = new EventLoopGroup(new EventLoopOptions { Loops = 1 }, errors.Add);
        EventLoop loop = group.Loops[0];
        var done = new TaskCompletionSource();

        // Posted on the loop, all of them are of one turn.
        loop.Post(
            _ =>
            {
                loop.Post(_ => _ = LateAsync("first"), null);
                loop.Post(_ => loop.EndOfTurnAsync().OnCompleted(() => throw new InvalidOperationException("late")), null);
                loop.Post(_ => _ = LateAsync("second"), null);
                loop.Post(_ => order.Add("rest"), null);
            },
            null);
        await done.Task.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(["rest", "first", "second", "first again", "second again"], order);
        Assert.Equal("late", Assert.Single(errors).Message);

        async Task LateAsync(string name)
        {
            await loop.EndOfTurnAsync();
            order.Add(name);
            await loop.EndOfTurnAsync();
            order.Add(name + " again");
            if (order.Count == 5)
                done.SetResult();
        }
    }

    [LinuxFact]
    public async Task A_loop_that_ends_leaves_nobody_waiting_for_the_end_of_a_turn()
    {
        using var group = new EventLoopGroup(new EventLoopOptions { Loops = 1 });
        EventLoop loop = group.Loops[0];
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        loop.Post(
            _ =>
            {
                loop.Post(_ => _ = TwiceAsync(), null);
                loop.Post(_ => loop.Dispose(), null);
            },
            null);

        await done.Task.WaitAsync(TimeSpan.FromSeconds(10));

        async Task TwiceAsync()
        {
            await loop.EndOfTurnAsync();
            // This turn is the last one.
            var again = loop.EndOfTurnAsync();
            again.OnCompleted(done.SetResult);
        }
    }

    [LinuxFact]
    public async Task Work_posted_from_many_threads_all_runs_and_in_order()
    {
        using var group = new EventLoopGroup(new EventLoopOptions { Loops = 1 });
        EventLoop loop = group.Loops[0];
        int[] next = new int[4];
        int wrong = 0;

        await Task.WhenAll(Enumerable.Range(0, 4).Select(poster => Task.Run(() =>
        {
            for (int i = 0; i < 50_000; i++)
            {
                int number = i;
                loop.Post(_ => wrong += next[poster]++ == number ? 0 : 1, null);
            }
        })));

        await Eventually.HoldsAsync(() => next.All(count => count == 50_000), "all ran");
        Assert.Equal(0, wrong);
    }

    [LinuxFact]
    public async Task A_stall_shows_as_lag()
    {
        using var group = new EventLoopGroup(new EventLoopOptions { Loops = 1 });
        EventLoop loop = group.Loops[0];
        using var release = new ManualResetEventSlim();
        loop.Post(_ => release.Wait(), null);

        await Eventually.HoldsAsync(() => loop.Lag > TimeSpan.FromMilliseconds(100), "the stall under way shows");
        release.Set();
        await loop.SwitchAsync();
        await loop.YieldAsync();

        Assert.True(loop.Lag > TimeSpan.FromMilliseconds(100), "the stall is remembered");
    }

    [LinuxFact]
    public async Task A_connection_that_sends_without_end_does_not_starve_the_others()
    {
        await using var server = new LoopServer(LoopServer.EchoAsync, new EventLoopOptions { Loops = 1 });
        using var stop = new CancellationTokenSource();
        using Socket greedy = server.Connect();
        Task sending = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await greedy.SendAsync(new byte[64_000]);
        });
        Task receiving = Task.Run(async () =>
        {
            byte[] buffer = new byte[64_000];
            while (!stop.IsCancellationRequested)
                await greedy.ReceiveAsync(buffer);
        });
        using Socket modest = server.Connect();

        for (int i = 0; i < 100; i++)
        {
            await modest.SendAsync(new byte[1]);
            await EventLoopConnectionTests.ReceiveAsync(modest, 1);
        }

        stop.Cancel();
        await Task.WhenAny(Task.WhenAll(sending, receiving), Task.Delay(1000));
    }

    [LinuxFact]
    public async Task A_port_in_use_is_refused()
    {
        using var group = new EventLoopGroup(new EventLoopOptions { Loops = 2 });
        await using EventLoopListener first = EventLoopListener.Bind(group, new IPEndPoint(IPAddress.Loopback, 0));

        Assert.Throws<AddressInUseException>(() => EventLoopListener.Bind(group, first.EndPoint));
    }

    [LinuxFact]
    public async Task A_port_can_be_bound_again_once_it_is_free_and_its_connections_live_on()
    {
        await using var server = new LoopServer(LoopServer.EchoAsync);
        using Socket client = server.Connect();
        await client.SendAsync(new byte[1]);
        await EventLoopConnectionTests.ReceiveAsync(client, 1);

        await server.Listener.UnbindAsync();
        await using EventLoopListener again = EventLoopListener.Bind(server.Group, server.Listener.EndPoint);

        await client.SendAsync(new byte[1]);
        await EventLoopConnectionTests.ReceiveAsync(client, 1);
    }

    [LinuxFact]
    public async Task Untaken_connections_pause_the_accepting_until_they_are_taken()
    {
        using var group = new EventLoopGroup(new EventLoopOptions { Loops = 1, MaxUntakenConnections = 4 });
        await using EventLoopListener listener = EventLoopListener.Bind(group, new IPEndPoint(IPAddress.Loopback, 0));
        List<Socket> clients = [];
        for (int i = 0; i < 12; i++)
        {
            var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
            client.Connect(listener.EndPoint);
            clients.Add(client);
        }

        await Eventually.HoldsAsync(() => listener.Accepts == 4, "four are accepted");
        await group.Loops[0].SwitchAsync();
        await Task.Yield();
        Assert.Equal(4, listener.Accepts);
        for (int i = 0; i < 12; i++)
        {
            ConnectionContext? connection = await listener.AcceptAsync().AsTask().WaitAsync(Eventually.Deadline);
            await connection!.DisposeAsync();
        }

        Assert.Equal(12, listener.Accepts);
        clients.ForEach(client => client.Dispose());
    }

    [LinuxFact]
    public async Task An_ended_group_resets_its_connections_and_answers_whoever_still_asks()
    {
        var server = new LoopServer(LoopServer.EchoAsync);
        using Socket client = server.Connect();
        await Eventually.HoldsAsync(() => server.Listener.Accepts == 1, "accepted");

        await server.DisposeAsync();

        await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1]));
        await server.Group.Loops[0].SwitchAsync();
        Assert.False(server.Group.Loops[0].IsCurrent);
    }
}
