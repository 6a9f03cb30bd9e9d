using System.Diagnostics;
using System.Globalization;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests.Program;

/// <summary>Ten thousand clients that stay connected, of whom a few hundred ask: the program serves them all, and gives everything back.</summary>
[Trait("Drives", "Program")]
[Collection(ManyDescriptors.Name)]
public sealed class TenThousandConnectionsTests(ITestOutputHelper output) : IDisposable
{
    private const int Connections = 10_000;
    private const int Busy = 300;
    private const int Rounds = 20;
    private const int Openers = 16;
    private const int Other = 800;
    private const double MebiByte = 1024 * 1024;
    private const string Get = "GET /small HTTP/1.1\r\nHost: a.test\r\n\r\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway").FullName;
    private readonly RawHttpConnection?[] _clients = new RawHttpConnection?[Connections];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [DescriptorFact(Connections + Other)]
    public async Task Ten_thousand_connections_are_served_and_given_back()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "all.yaml"), string.Join("\n---\n", TestConfig.HttpGateway(), TestConfig.Backend("a-up.test", echo), TestConfig.Route("a.test", "a-up.test")));
        await using GatewayProcess gateway = await GatewayProcess.StartAsync("run", "--config", _folder);
        int port = await gateway.PortAsync(80);
        // What it holds when it has served is what it must come back to.
        await RoundAsync(await OpenAsync(port, 0, Busy), 2);
        double warm = gateway.ResidentBytes() / MebiByte;
        int descriptors = gateway.Descriptors();

        var clock = Stopwatch.StartNew();
        await OpenAsync(port, Busy, Connections - Busy);
        await Eventually.HoldsAsync(async () => await OpenConnectionsAsync(gateway) == Connections, "all are open");
        TimeSpan opening = clock.Elapsed;
        double idle = gateway.ResidentBytes() / MebiByte;
        await RoundAsync(_clients[..Busy]!, Rounds);
        await RoundAsync([.. Enumerable.Range(0, Busy).Select(i => _clients[Connections - 1 - (i * 31)]!)], 1);
        TimeSpan asked = clock.Elapsed - opening;
        Assert.Equal(Connections, await OpenConnectionsAsync(gateway));

        foreach (RawHttpConnection? client in _clients)
            await client!.DisposeAsync();
        await Eventually.HoldsAsync(async () => await OpenConnectionsAsync(gateway) == 0, "all are closed");
        // Connections to the backend may stay for the next requests.
        await Eventually.HoldsAsync(() => gateway.Descriptors() < descriptors + 50, "descriptors are given back");
        double end = gateway.ResidentBytes() / MebiByte;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Connections} opened within {opening.TotalSeconds:F1} s, {(Busy * Rounds) + Busy} requests within {asked.TotalSeconds:F1} s; resident {warm:F0} MiB before, {idle:F0} with all idle, {end:F0} after"));
        Assert.True(idle - warm < 200, $"{idle - warm:F0} MiB for {Connections} idle connections");
        Assert.True(end < idle + 64, $"Resident memory went from {idle:F0} to {end:F0} MiB.");
    }

    private async Task<RawHttpConnection[]> OpenAsync(int port, int from, int count)
    {
        await Parallel.ForEachAsync(Enumerable.Range(from, count), new ParallelOptions { MaxDegreeOfParallelism = Openers }, async (i, cancel) =>
        {
            _clients[i] = await RawHttpConnection.ConnectAsync(port, cancel: cancel);
            // An idle connection is one that has been used: who says nothing is not kept for long.
            await AskAsync(_clients[i]!);
        });
        return _clients[from..(from + count)]!;
    }

    private static async Task RoundAsync(RawHttpConnection[] clients, int rounds) => await Task.WhenAll(clients.Select(async client =>
    {
        for (int i = 0; i < rounds; i++)
            await AskAsync(client);
    }));

    private static async Task AskAsync(RawHttpConnection client)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await client.SendAsync(Get, deadline.Token);
        Assert.Equal(200, (await client.ReadResponseAsync(cancel: deadline.Token))?.Status);
    }

    private static async Task<int> OpenConnectionsAsync(GatewayProcess gateway) => (await gateway.AdminAsync("listeners"))[0].GetProperty("connectionsOpen").GetInt32();
}
