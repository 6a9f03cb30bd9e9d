using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests.Chaos;

/// <summary>
/// The program under load while endpoints die, hang, come back, are added and removed, and its files change every second.
/// Ten seconds; <c>GATEWAY_CHAOS_SECONDS=60</c> for the long form.
/// </summary>
[Trait("Drives", "Program")]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int Backends = 8;
    private const int Clients = 16;
    private const double MebiByte = 1024 * 1024;

    private static readonly string[] Algorithms = ["simple: LEAST_REQUEST", "simple: ROUND_ROBIN", "simple: RANDOM", "consistentHash: {httpHeaderName: x-key}", "consistentHash: {httpHeaderName: x-key, maglev: {tableSize: 1031}}"];

    private readonly ConcurrentQueue<string> _failures = new();
    private long _answers;
    private long _slowest;

    [Fact]
    public async Task Clients_of_idempotent_requests_see_no_failure_and_nothing_is_left_behind()
    {
        TimeSpan length = TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_CHAOS_SECONDS"), CultureInfo.InvariantCulture, out int seconds) ? seconds : 10);
        ChaosBackend[] backends = [.. Enumerable.Range(1, Backends).Select(number => new ChaosBackend(number))];
        string folder = Directory.CreateTempSubdirectory("gateway-chaos-").FullName;
        string log = Path.Combine(folder, "access.log");
        string file = Path.Combine(folder, "all.yaml");
        await File.WriteAllTextAsync(file, Documents(backends, 0));
        await using GatewayProcess gateway = await GatewayProcess.StartAsync("run", "--config", folder, "--access-log", log);
        int port = await gateway.PortAsync(80);
        using var stop = new CancellationTokenSource();
        double warm = 0;
        double most = 0;
        int turns = 0;

        using (HttpClient client = TestHttpClient.Create(port, HttpVersion.Version11))
        {
            Task load = Task.WhenAll(Enumerable.Range(0, Clients).Select(number => SendAsync(client, number, stop.Token)));
            var watch = Stopwatch.StartNew();
            using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
            for (; watch.Elapsed < length; turns++)
            {
                Trouble(backends, turns);
                await WriteAsync(file, Documents(backends, turns + 1));
                await second.WaitForNextTickAsync();
                double memory = gateway.ResidentBytes() / MebiByte;
                most = Math.Max(most, memory);
                if (turns == Math.Min(20, (int)length.TotalSeconds / 2))
                    warm = memory;
            }
            foreach (ChaosBackend backend in backends)
                backend.Revive();
            await stop.CancelAsync();
            await load;
        }

        JsonElement[] Endpoints(JsonElement clusters) => [.. clusters.EnumerateArray().SelectMany(cluster => cluster.GetProperty("endpoints").EnumerateArray())];
        await Eventually.HoldsAsync(
            async () => Endpoints(await gateway.AdminAsync("clusters")).All(endpoint => endpoint.GetProperty("activeRequests").GetInt64() == 0)
                && (await gateway.AdminAsync("listeners")).EnumerateArray().All(listener => listener.GetProperty("connectionsOpen").GetInt64() == 0),
            "no request and no connection of a client is left");
        double end = gateway.ResidentBytes() / MebiByte;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{turns} s: {Interlocked.Read(ref _answers)} answers, {_failures.Count} failures, slowest {TimeSpan.FromTicks(Interlocked.Read(ref _slowest)).TotalMilliseconds:F0} ms; resident {warm:F0} MiB warm, {most:F0} MiB at most, {end:F0} MiB at the end."));

        if (!_failures.IsEmpty)
            Assert.Fail(string.Join('\n', _failures.Take(3).Concat(File.ReadLines(log).Where(line => !line.Contains("HTTP/1.1\" 200 ", StringComparison.Ordinal)).Take(10))));
        Assert.True(Interlocked.Read(ref _answers) > turns * 20, "The load was too small to show anything.");
        Assert.All(backends, backend => Assert.NotEqual(0, backend.Requests));
        // The runtime gives memory back late: what leaks with requests or reloads is more than this.
        Assert.True(end < warm + 48, $"Resident memory went from {warm:F0} to {end:F0} MiB.");
        foreach (ChaosBackend backend in backends)
            await backend.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    // At any time one is dead, one hangs, and the others are well; six of the eight are configured.
    private static void Trouble(ChaosBackend[] backends, int turn)
    {
        for (int i = 0; i < backends.Length; i++)
        {
            if (i == turn % Backends)
                backends[i].Die();
            else if (i == (turn + 3) % Backends)
                backends[i].Hang();
            else
                backends[i].Revive();
        }
    }

    // Two endpoints at most are bad in any second and two more ejected, of six: two are always there. With a hash policy Istio tries the same endpoint again unless told otherwise.
    private static string Documents(ChaosBackend[] backends, int turn) => $$"""
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: gateway, namespace: default}
        spec:
          servers:
          - port: {number: 80, name: http, protocol: HTTP}
            bind: 127.0.0.1
            hosts: ["*"]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: chaos, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [gateway]
          http:
          - route: [{destination: {host: chaos.test} }]
            timeout: 20s
            retries: {attempts: 10, perTryTimeout: 500ms, retryOn: "connect-failure,refused-stream,reset,gateway-error", retryIgnorePreviousHosts: true}
            headers: {response: {set: {x-turn: "{{turn}}" } } }
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: chaos, namespace: default}
        spec:
          hosts: [chaos.test]
          resolution: STATIC
          ports: [{number: 80, name: http, protocol: HTTP}]
          endpoints: [{{string.Join(", ", Enumerable.Range(turn, 6).Select(i => Endpoint(backends[i % Backends], 1 + (i % 3))))}}]
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: chaos, namespace: default}
        spec:
          host: chaos.test
          trafficPolicy:
            loadBalancer: { {{Algorithms[turn / 3 % Algorithms.Length]}} }
            connectionPool: {tcp: {connectTimeout: 1s} }
            outlierDetection: {consecutiveGatewayErrors: 2, interval: 500ms, baseEjectionTime: 1s, maxEjectionPercent: 34}
        """;

    private static string Endpoint(ChaosBackend backend, int weight) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{address: {{backend.EndPoint.Address}}, ports: {http: {{backend.EndPoint.Port}} }, weight: {{weight}} }""");

    private static async Task WriteAsync(string file, string text)
    {
        await File.WriteAllTextAsync(file + ".new", text);
        File.Move(file + ".new", file, overwrite: true);
    }

    private async Task SendAsync(HttpClient client, int number, CancellationToken stop)
    {
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            long start = Stopwatch.GetTimestamp();
            try
            {
                using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", "chaos.test", "/");
                request.Headers.Add("x-key", string.Create(CultureInfo.InvariantCulture, $"{number}-{i}"));
                using HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None);
                if (response.StatusCode == HttpStatusCode.OK)
                    Interlocked.Increment(ref _answers);
                else
                    _failures.Enqueue($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(CancellationToken.None)}");
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                _failures.Enqueue(exception.ToString());
            }
            long took = Stopwatch.GetElapsedTime(start).Ticks;
            for (long slowest = Interlocked.Read(ref _slowest); took > slowest; slowest = Interlocked.Read(ref _slowest))
                Interlocked.CompareExchange(ref _slowest, took, slowest);
        }
    }
}
