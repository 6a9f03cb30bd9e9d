using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Hosting;
using Gateway.Listeners;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Tests.Hosting;
using Gateway.Tests.Transport;
using Gateway.Transport;

namespace Gateway.Tests.Listeners;

/// <summary>A client is refused until a port is there, and served from then on: nobody is taken and dropped.</summary>
public sealed class NoConnectionLostTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    public static TheoryData<string> Transports => [.. TestMode.Transports.Where(transport => OperatingSystem.IsLinux() || transport == "sockets")];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Clients_that_try_during_start_and_reloads_are_refused_or_served(string transport)
    {
        int port = QuietPort();
        int other = QuietPort();
        var failures = new ConcurrentQueue<string>();
        using var end = new CancellationTokenSource();
        var watch = new Watch();
        Task[] clients = [.. Enumerable.Range(0, 6).Select(_ => Task.Run(() => HammerAsync(port, watch, failures, end.Token)))];

        for (int start = 0; start < 3; start++)
        {
            TestMode.Use(transport);
            watch.Phase = Phase.Starting;
            await using DataPlaneBed bed = await DataPlaneBed.StartAsync(options: new DataPlaneOptions { EventLoops = 2, PortMap = new Dictionary<int, int> { [80] = port, [81] = other } });
            for (int reload = 0; reload < 12; reload++)
            {
                ListenerConfig[] ports = reload % 3 == 1 ? [Listener(80, reload), Listener(81, reload)] : [Listener(80, reload)];
                Assert.Empty(await bed.ApplyAsync(DataPlaneBed.Snapshot(ports)));
                watch.Phase = Phase.Serving;
                int before = watch.Served;
                await Eventually.HoldsAsync(() => watch.Served > before + 6 || !failures.IsEmpty, "clients are served");
            }

            watch.Phase = Phase.Ending;
        }

        await end.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Empty(failures);
    }

    [LinuxFact]
    public async Task Connections_that_wait_in_the_kernel_when_a_port_is_closed_are_served()
    {
        await using var server = new LoopServer(LoopServer.EchoAsync);
        using var go = new ManualResetEventSlim();
        foreach (EventLoop loop in server.Group.Loops)
            loop.Post(_ => go.Wait(Eventually.Deadline), null);
        Socket[] waiting = [.. Enumerable.Range(0, 20).Select(_ => server.Connect())];

        ValueTask closing = server.Listener.UnbindAsync();
        go.Set();
        await closing;

        foreach (Socket client in waiting)
        {
            using Socket socket = client;
            await socket.SendAsync(new byte[] { 7 });
            Assert.Equal(new byte[] { 7 }, await EventLoopConnectionTests.ReceiveAsync(socket, 1));
        }
    }

    [LinuxFact]
    public async Task A_client_that_has_connected_when_its_port_goes_still_gets_an_answer()
    {
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync();
        RawHttpResponse? answer = null;

        // It has a second to ask, which a busy machine may use up.
        for (int attempt = 0; attempt < 5 && answer is null; attempt++)
        {
            Assert.Empty(await bed.ApplyAsync(DataPlaneBed.Snapshot([Listener(80, 0)])));
            await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
            await Eventually.HoldsAsync(() => bed.Plane.Listeners.OpenConnectionCount == 1, "it is accepted");
            await bed.ApplyAsync(DataPlaneBed.Snapshot([]));
            answer = await AskAsync(client);
        }

        // There is no route any more, and that is said.
        Assert.Equal(404, answer?.Status);
    }

    private static async Task<RawHttpResponse?> AskAsync(RawHttpConnection client)
    {
        try
        {
            await client.SendAsync(Request);
            return await client.ReadResponseAsync();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static ListenerConfig Listener(int port, int version) => DataPlaneBed.Http(port, DataPlaneBed.Direct("/", 200, $"version {version}"));

    private static async Task HammerAsync(int port, Watch watch, ConcurrentQueue<string> failures, CancellationToken end)
    {
        while (!end.IsCancellationRequested && failures.IsEmpty)
        {
            Phase before = watch.Phase;
            int ends = watch.Ends;
            bool connected = false;
            string? failure = null;
            try
            {
                await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(port, cancel: CancellationToken.None);
                connected = true;
                await client.SendAsync(Request, CancellationToken.None);
                RawHttpResponse? answer = await client.ReadResponseAsync(false, CancellationToken.None);
                if (answer?.Status == 200)
                    watch.OnServed();
                else
                    failure = $"answered by {answer?.Status.ToString(CultureInfo.InvariantCulture) ?? "nothing"}";
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                failure = e.Message;
            }

            // Refusals are in order until the first configuration is in force, everything is while the gateway ends.
            if (failure is not null && before != Phase.Ending && watch.Ends == ends && (connected || before == Phase.Serving))
                failures.Enqueue($"{before}, connected: {connected}: {failure}");
        }
    }

    // Not one of those that the system gives to clients: a client that tries such a port may connect to itself.
    private static int QuietPort()
    {
        for (int port = Random.Shared.Next(15_000, 30_000); ; port++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }

    private enum Phase
    {
        Starting,
        Serving,
        Ending,
    }

    private sealed class Watch
    {
        private int _phase = (int)Phase.Ending;
        private int _ends;
        private int _served;

        public Phase Phase
        {
            get => (Phase)Volatile.Read(ref _phase);
            set
            {
                if (value == Phase.Ending)
                    Interlocked.Increment(ref _ends);
                Volatile.Write(ref _phase, (int)value);
            }
        }

        /// <summary>How often the gateway has ended: the next one may serve already when a client of the one before sees its end.</summary>
        public int Ends => Volatile.Read(ref _ends);

        public int Served => Volatile.Read(ref _served);

        public void OnServed() => Interlocked.Increment(ref _served);
    }
}
