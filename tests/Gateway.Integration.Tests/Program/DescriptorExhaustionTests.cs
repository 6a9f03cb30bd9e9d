using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Program;

/// <summary>The program with fewer file descriptors than clients: accepting rests, everything else goes on, and nothing spins.</summary>
public sealed partial class DescriptorExhaustionTests : IDisposable
{
    private const int Descriptors = 512;
    private const int Waiting = Descriptors;
    private const int Late = 20;
    private const string Get = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

    // Answered by the gateway itself, and the connection stays: who says nothing is not kept for long.
    private const string GetNothing = "GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [ToolTheory("prlimit")]
    [InlineData("event-loop")]
    [InlineData("event-loop+yarp")]
    [InlineData("sockets")]
    public async Task Accepting_rests_and_resumes_while_open_connections_are_served_and_configuration_is_read(string transport)
    {
        TestMode.Use(transport);
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        string file = Path.Combine(_folder, "all.yaml");
        await File.WriteAllTextAsync(file, string.Join("\n---\n", TestConfig.HttpGateway(), TestConfig.Backend("a-up.test", echo), TestConfig.Route("a.test", "a-up.test")));
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Descriptors, "run", "--config", _folder);
        int port = await gateway.PortAsync(80);
        long start = Stopwatch.GetTimestamp();
        List<RawHttpConnection> open = await OpenAsync(port, 8);
        foreach (RawHttpConnection connection in open)
            await AskAsync(connection, Get);
        Assert.Equal(0, await PausesAsync(gateway));

        List<RawHttpConnection> waiting = await OpenAsync(port, Waiting);
        foreach (RawHttpConnection connection in waiting)
            await connection.SendAsync(GetNothing);
        await Eventually.HoldsAsync(async () => await PausesAsync(gateway) > 0, "accepting rests");
        for (int round = 0; round < 20; round++)
        {
            foreach (RawHttpConnection connection in open)
                await AskAsync(connection, Get);
        }
        await AssertQuietAsync(gateway);
        Assert.InRange(await OpenConnectionsAsync(gateway), 9, Waiting);

        await File.WriteAllTextAsync(file + ".new", await File.ReadAllTextAsync(file) + "\n---\n" + TestConfig.Route("b.test", "a-up.test"));
        File.Move(file + ".new", file, overwrite: true);
        await Eventually.HoldsAsync(async () => (await gateway.MetricsAsync()).Contains("gateway_config_generation 2", StringComparison.Ordinal), "a change of the configuration is in force");
        await AskAsync(open[0], Get.Replace("a.test", "b.test", StringComparison.Ordinal));

        // The last wait until those before them have made room.
        foreach (RawHttpConnection connection in waiting[..^Late])
            await connection.DisposeAsync();
        foreach (RawHttpConnection connection in waiting[^Late..])
        {
            await ReadAsync(connection, 404);
            await AskAsync(connection, Get);
            await connection.DisposeAsync();
        }
        foreach (RawHttpConnection connection in open)
        {
            await AskAsync(connection, Get);
            await connection.DisposeAsync();
        }
        Assert.InRange(SaysSo().Count(gateway.Output), 1, 1 + (int)(Stopwatch.GetElapsedTime(start) / TimeSpan.FromSeconds(30)));
        Assert.DoesNotContain(gateway.Output.Split('\n'), line => line.Contains("fail:", StringComparison.Ordinal));
        await Eventually.HoldsAsync(async () => await OpenConnectionsAsync(gateway) == 0, "no connection is left");
    }

    private static async Task AssertQuietAsync(GatewayProcess gateway)
    {
        double before = await PausesAsync(gateway);
        // Right after the load the runtime still compiles; what spins would do so for ever.
        await Eventually.HoldsAsync(async () => await LoadAsync(gateway) < 0.2, "the processor rests while nothing can be accepted");
        Assert.True(await PausesAsync(gateway) > before, "Descriptors came back by themselves.");
    }

    private static async Task<double> LoadAsync(GatewayProcess gateway)
    {
        TimeSpan used = gateway.ProcessorTime();
        long start = Stopwatch.GetTimestamp();
        // Processor time means something over a time only.
        await Task.Delay(TimeSpan.FromSeconds(1));
        return (gateway.ProcessorTime() - used) / Stopwatch.GetElapsedTime(start);
    }

    private static async Task<List<RawHttpConnection>> OpenAsync(int port, int count)
    {
        List<RawHttpConnection> connections = [];
        for (int i = 0; i < count; i++)
            connections.Add(await RawHttpConnection.ConnectAsync(port));
        return connections;
    }

    private static async Task AskAsync(RawHttpConnection connection, string request)
    {
        await connection.SendAsync(request);
        await ReadAsync(connection, 200);
    }

    private static async Task ReadAsync(RawHttpConnection connection, int status)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        Assert.Equal(status, (await connection.ReadResponseAsync(cancel: deadline.Token))?.Status);
    }

    private static async Task<int> OpenConnectionsAsync(GatewayProcess gateway) => (await gateway.AdminAsync("listeners"))[0].GetProperty("connectionsOpen").GetInt32();

    private static async Task<double> PausesAsync(GatewayProcess gateway) =>
        double.Parse(Pauses().Match(await gateway.MetricsAsync()).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"gateway_listener_accept_pauses_total\{[^}]*\} (\S+)")]
    private static partial Regex Pauses();

    [GeneratedRegex("short of file descriptors")]
    private static partial Regex SaysSo();
}
