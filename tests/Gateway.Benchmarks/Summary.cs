using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Gateway.Benchmarks;

/// <summary>The table of <c>docs/performance.md</c>: each figure with its limit.</summary>
internal static class Summary
{
    public static async Task<int> RunAsync(TextWriter output)
    {
        List<Row> rows = [.. await ProcessRowsAsync(), .. MatchingRows()];
        output.WriteLine("| what | measured | limit |");
        output.WriteLine("|---|---|---|");
        foreach (Row row in rows)
            output.WriteLine($"| {row.What} | {row.Measured} | {row.Limit} |");
        return rows.All(row => row.IsKept) ? 0 : 1;
    }

    private static async Task<List<Row>> ProcessRowsAsync()
    {
        ILookup<string, double> load = await MeasureAsync(ProcessScenario.LoadInMemory);
        ILookup<string, double> serve = await MeasureAsync(ProcessScenario.Serve);
        return
        [
            Below("load and compile 10,000 VirtualServices, warm (median)", Median(load["warm-ms"]), 3000, "ms", Median(load["warm-cpu-ms"])),
            Below("the same in a fresh process, JIT included", load["loaded-ms"].Max(), 3000, "ms", load["loaded-cpu-ms"].Max()),
            Below("the same: peak resident memory of the process", load["peak-mb"].Max(), 400, "MB"),
            Below("a gateway started on 10,000 files: until it serves", serve["served-ms"].Max(), 3000, "ms"),
            Below("the same: peak resident memory of the process", serve["peak-mb"].Max(), 400, "MB"),
            Below("one changed file of 10,000: until it is live, first change", serve["first-change-live-ms"].Max(), 1000, "ms"),
            Below("one changed file of 10,000: until it is live, slowest of the next three", serve["change-live-ms"].Max(), 1000, "ms"),
            Below("peak resident memory after these changes", serve["peak-after-changes-mb"].Max(), 400, "MB"),
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

    private static Row Below(string what, double value, double limit, string unit, double? processorMilliseconds = null)
    {
        string processor = processorMilliseconds is { } time ? Text($" ({time:N0} ms of processor time)") : "";
        return new(what, Text($"{value:N0} {unit}") + processor, Text($"{limit:N0} {unit}"), value < limit);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static Row Ratio(string what, double first, double last) =>
        new(what, Text($"{first:F0} ns, {last:F0} ns: {last / first:F2}"), "1.50", last / first <= 1.5);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static async Task<ILookup<string, double>> MeasureAsync(string scenario)
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
