using System.Diagnostics;
using System.Globalization;
using System.Net;
using Gateway.Config;
using Gateway.Hosting;
using Gateway.Observability;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>
/// What only a fresh process shows: a whole gateway started cold on a folder of 10,000 files, then one file changed.
/// Run as a child of the summary; prints <c>name value</c> lines.
/// </summary>
internal static class ProcessScenario
{
    public const string Option = "--scenario";
    public const string LoadInMemory = "load";
    public const string Serve = "serve";

    /// <summary>Followed by the address of the DNS server.</summary>
    public const string Names = "names=";

    private const int WarmRuns = 5;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(string name, TextWriter output)
    {
        switch (name)
        {
            case LoadInMemory:
                Load(output);
                return 0;
            case Serve:
                await ServeAsync(output);
                return 0;
            case var names when names.StartsWith(Names, StringComparison.Ordinal):
                await NameRefresh.RunAsync(IPEndPoint.Parse(names.AsSpan(Names.Length)), output);
                return 0;
            default:
                return 1;
        }
    }

    private static void Load(TextWriter output)
    {
        ConfigDocument[] documents = [.. Fleet.ManyHosts(MatchingBenchmarks.Hosts)];
        TimeSpan before = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        object snapshot = CompiledFleet.Compile(documents);
        Print(output, "loaded-ms", watch.Elapsed.TotalMilliseconds);
        Print(output, "loaded-cpu-ms", (Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
        Print(output, "peak-mb", PeakMegabytes());
        for (int i = 0; i < WarmRuns; i++)
        {
            before = Environment.CpuUsage.TotalTime;
            watch.Restart();
            snapshot = CompiledFleet.Compile(documents);
            Print(output, "warm-ms", watch.Elapsed.TotalMilliseconds);
            Print(output, "warm-cpu-ms", (Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
        }
        GC.KeepAlive(snapshot);
    }

    private static async Task ServeAsync(TextWriter output)
    {
        using var folder = new TemporaryFolder();
        foreach (ConfigDocument document in Fleet.ManyHosts(MatchingBenchmarks.Hosts))
            await File.WriteAllBytesAsync(Path.Combine(folder.Path, document.Source), document.Text);
        var options = new BootstrapOptions
        {
            ConfigPaths = [folder.Path],
            PortMap = PortMap.AnyFree,
            DefaultBind = IPAddress.Loopback,
            AdminEndPoint = null,
            HealthEndPoint = null,
            MetricsEndPoint = null,
        };

        var watch = Stopwatch.StartNew();
        await using GatewayHost host = await GatewayHost.StartAsync(options, NullLoggerFactory.Instance, new LogLevels(Microsoft.Extensions.Logging.LogLevel.None), TimeProvider.System, CancellationToken.None);
        Print(output, "started-ms", watch.Elapsed.TotalMilliseconds);

        using var client = new HttpClient { BaseAddress = new Uri($"http://{host.DataPlane.Listeners.EndPointOf(80)}/") };
        int last = MatchingBenchmarks.Hosts - 1;
        await UntilAsync(client, last, "one");
        Print(output, "served-ms", watch.Elapsed.TotalMilliseconds);
        Print(output, "peak-mb", PeakMegabytes());

        // The first reload is cold, as it is in life; the next ones show the steady state.
        for (int i = 0; i < 4; i++)
        {
            string version = $"change-{i}";
            string path = Path.Combine(folder.Path, $"shop-{last:D5}.yaml");
            watch.Restart();
            await File.WriteAllTextAsync(path, Fleet.VirtualService(last, version));
            await UntilAsync(client, last, version);
            Print(output, i == 0 ? "first-change-live-ms" : "change-live-ms", watch.Elapsed.TotalMilliseconds);
        }
        Print(output, "peak-after-changes-mb", PeakMegabytes());
    }

    private static async Task UntilAsync(HttpClient client, int index, string version)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "version") { Headers = { Host = Fleet.Host(index) } };
            using HttpResponseMessage response = await client.SendAsync(request, deadline.Token);
            if (await response.Content.ReadAsStringAsync(deadline.Token) == version)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(2), deadline.Token);
        }
    }

    // The greatest resident set of the process, as the kernel counts it.
    private static double PeakMegabytes()
    {
        string? line = File.Exists("/proc/self/status")
            ? File.ReadLines("/proc/self/status").FirstOrDefault(text => text.StartsWith("VmHWM:", StringComparison.Ordinal))
            : null;
        return line is null
            ? Process.GetCurrentProcess().PeakWorkingSet64 / (1024.0 * 1024)
            : double.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private static void Print(TextWriter output, string name, double value) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {value:F1}"));
}
