using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Gateway.Clusters.LoadBalancing;

namespace Gateway.Benchmarks;

/// <summary>The table of <c>docs/performance.md</c>: each figure with its limit.</summary>
internal static class Summary
{
    // What else the machine does can only make a run slower: the best of a few is what the program needs.
    private const int Runs = 3;
    private const double MemoryLimitMegabytes = 400;

    public static async Task<int> RunAsync(TextWriter output, string? part)
    {
        List<Row> rows = part switch
        {
            // They take seconds.
            "endpoints" => [.. EndpointRows()],
            "security" => [.. SecurityRows()],
            // They take two minutes.
            "names" => await NameRowsAsync(),
            _ => [.. await ProcessRowsAsync(), .. MatchingRows(), .. EndpointRows(), .. SecurityRows(), .. await NameRowsAsync()],
        };
        output.WriteLine("| what | measured | limit |");
        output.WriteLine("|---|---|---|");
        foreach (Row row in rows)
            output.WriteLine($"| {row.What} | {row.Measured} | {row.Limit} |");
        return rows.All(row => row.IsKept) ? 0 : 1;
    }

    private static async Task<List<Row>> ProcessRowsAsync()
    {
        List<ILookup<string, double>> load = await MeasureAsync(ProcessScenario.LoadInMemory);
        List<ILookup<string, double>> serve = await MeasureAsync(ProcessScenario.Serve);
        return
        [
            Time("load and compile 10,000 VirtualServices, warm", load.Min(run => Median(run["warm-ms"])), 3000, load.Min(run => Median(run["warm-cpu-ms"]))),
            Time("the same in a fresh process, JIT included", load.Min(run => run["loaded-ms"].Max()), 3000, load.Min(run => run["loaded-cpu-ms"].Max())),
            Memory("the same: peak resident memory of the process", load.Max(run => run["peak-mb"].Max())),
            Time("a gateway started on 10,000 files: until it serves", serve.Min(run => run["served-ms"].Max()), 3000),
            Memory("the same: peak resident memory of the process", serve.Max(run => run["peak-mb"].Max())),
            Time("one changed file of 10,000: until it is live, first change", serve.Min(run => run["first-change-live-ms"].Max()), 1000),
            Time("one changed file of 10,000: until it is live, slowest of the next three", serve.Min(run => run["change-live-ms"].Max()), 1000),
            Memory("peak resident memory after these changes", serve.Max(run => run["peak-after-changes-mb"].Max())),
        ];
    }

    private static List<Row> MatchingRows()
    {
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(Job.Default.WithWarmupCount(3).WithIterationCount(10).WithToolchain(InProcessEmitToolchain.Instance))
            .AddColumnProvider(DefaultConfig.Instance.GetColumnProviders().ToArray())
            .AddLogger(NullLogger.Instance);
        Dictionary<string, double> nanoseconds = BenchmarkRunner.Run<MatchingBenchmarks>(config).Reports.ToDictionary(
            report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name,
            report => report.ResultStatistics?.Min ?? double.NaN);
        return
        [
            Ratio("match of the last of 10,000 hosts against the first", nanoseconds["FirstHost"], nanoseconds["LastHost"]),
            Ratio("match of the last of 1,000 routes of a host against the first", nanoseconds["FirstRoute"], nanoseconds["LastRoute"]),
        ];
    }

    private static IEnumerable<Row> EndpointRows()
    {
        foreach ((LoadBalancerAlgorithm algorithm, int tableSize) in ((LoadBalancerAlgorithm, int)[])
            [(LoadBalancerAlgorithm.LeastRequest, 0), (LoadBalancerAlgorithm.RoundRobin, 0), (LoadBalancerAlgorithm.Random, 0), (LoadBalancerAlgorithm.RingHash, 1024), (LoadBalancerAlgorithm.Maglev, 65_537)])
        {
            double update = EndpointUpdates.MillisecondsPerUpdate(algorithm, tableSize);
            yield return new($"10,000 endpoints updated once a second, {algorithm}: share of a core", Text($"{update / 10:F2} %"), "5 %", update < 50);
            double few = EndpointUpdates.NanosecondsPerPick(algorithm, tableSize, 10);
            double many = EndpointUpdates.NanosecondsPerPick(algorithm, tableSize, 1000);
            yield return new($"choosing among 1,000 endpoints against 10, {algorithm}", Text($"{few:F0} ns, {many:F0} ns: {many / few:F2}"), "3.00", many / few <= 3);
        }
    }

    private static async Task<List<Row>> NameRowsAsync()
    {
        await using var server = new NameRefresh.Server();
        ILookup<string, double> run = await RunAsync(ProcessScenario.Names + server.EndPoint);
        double share = run["core-percent"].Single();
        int most = server.MostInASecond();
        return
        [
            new($"{NameRefresh.Names:N0} names with a TTL of 60 s kept resolved: share of a core", Text($"{share:F2} % ({run["queries-per-second"].Single():F0} queries/s, {run["resolved"].Single():N0} names with addresses)"), "2 %", share < 2),
            new("the same, from the start: most queries in any second, as the DNS server saw them", Text($"{most}"), "100", most <= 100),
        ];
    }

    private static IEnumerable<Row> SecurityRows()
    {
        yield return Cost("a token that is known, for each request", SecurityCosts.CachedToken(), 3000);
        foreach (string algorithm in (string[])["RS256", "ES256"])
        {
            (double token, double signature) = SecurityCosts.FreshToken(algorithm);
            yield return new($"a new {algorithm} token against the check of its signature alone", Text($"{token:N0} ns, {signature:N0} ns: {token / signature:F2}"), "2.00", token / signature <= 2);
        }
        (string Kind, Func<int, string> Rule, Func<int, string> Host, Func<int, string> Path)[] policies =
        [
            ("paths", i => $"{{to: [{{operation: {{paths: [\"/api/{i}/*\"], methods: [GET]}}}}]}}", _ => "a.test", rules => $"/api/{rules - 1}/x"),
            ("hosts", i => $"{{to: [{{operation: {{hosts: [host-{i}.test]}}}}]}}", rules => $"host-{rules - 1}.test", _ => "/"),
            ("clients, which no index helps", i => $"{{from: [{{source: {{remoteIpBlocks: [\"{(i == 199 ? "192.0.2.0/24" : $"10.0.{i}.0/24")}\"]}}}}]}}", _ => "a.test", _ => "/"),
        ];
        foreach ((string kind, Func<int, string> rule, Func<int, string> host, Func<int, string> path) in policies)
            yield return Cost($"200 ALLOW rules for {kind}: the last one lets the request pass", SecurityCosts.Verdict(200, rule, host, path), 2000);
        yield return Cost("a limit for each client, headers of the response included", SecurityCosts.RateLimit(), 2000);
    }

    private static Row Cost(string what, double nanoseconds, double limit) =>
        new(what, Text($"{nanoseconds:N0} ns"), Text($"{limit:N0} ns"), nanoseconds <= limit);

    private static Row Time(string what, double milliseconds, double limit, double? processorMilliseconds = null)
    {
        string processor = processorMilliseconds is { } time ? Text($" ({time:N0} ms of processor time)") : "";
        return new(what, Text($"{milliseconds:N0} ms") + processor, Text($"{limit:N0} ms"), milliseconds < limit);
    }

    private static Row Memory(string what, double megabytes) =>
        new(what, Text($"{megabytes:N0} MB"), Text($"{MemoryLimitMegabytes:N0} MB"), megabytes < MemoryLimitMegabytes);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static Row Ratio(string what, double first, double last) =>
        new(what, Text($"{first:F0} ns, {last:F0} ns: {last / first:F2}"), "1.50", last / first <= 1.5);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static async Task<List<ILookup<string, double>>> MeasureAsync(string scenario)
    {
        List<ILookup<string, double>> runs = [];
        for (int i = 0; i < Runs; i++)
            runs.Add(await RunAsync(scenario));
        return runs;
    }

    private static async Task<ILookup<string, double>> RunAsync(string scenario)
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("The program has no path.");
        string assembly = typeof(Summary).Assembly.Location;
        bool isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        foreach (string argument in isHost ? [assembly, ProcessScenario.Option, scenario] : new[] { ProcessScenario.Option, scenario })
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("No process was started.");
        string text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' '))
                .ToLookup(parts => parts[0], parts => double.Parse(parts[1], CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"The scenario {scenario} failed: {text}");
    }

    private sealed record Row(string What, string Measured, string Limit, bool IsKept);
}
