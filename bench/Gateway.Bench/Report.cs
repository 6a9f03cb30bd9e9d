using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Gateway.Bench;

/// <summary>Tables for people, JSON for machines.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static void Header(double noise)
    {
        Print($"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors, .NET {Environment.Version}, {TimeProvider.System.GetUtcNow():u}");
        Print($"Noise of the machine: {noise:F1} % (median deviation of one computation repeated).");
    }

    public static void Scenario(Scenario scenario, IReadOnlyList<Measurement> measurements)
    {
        double nginx = Of(measurements, "nginx"), yarp = Of(measurements, "yarp");
        Print($"\n{scenario.Name}: {scenario.Title}");
        Print($"  {"",-16} {"µs/req",8} {"of nginx",9} {"of yarp",8} {"req/s",9} {"p50 ms",8} {"p99 ms",8} {"calls",6} {"spread",7} {"errors",7}");
        foreach (Measurement m in measurements)
        {
            Print($"  {m.Contender,-16} {m.MicrosPerRequest,8:F1} {m.MicrosPerRequest / nginx,9:F2} {m.MicrosPerRequest / yarp,8:F2} {m.RequestsPerSecond,9:F0} {m.P50Ms,8:F2} {m.P99Ms,8:F2} {m.SystemCalls,6:F1} {m.Spread,7:P0} {m.Errors,7}");
        }
    }

    public static void Extras(IReadOnlyList<MemoryFigures> memory, IReadOnlyList<StartFigures> starts)
    {
        if (memory.Count > 0)
            Print($"\nmemory\n  {"",-16} {"idle MB",8} {"KB/conn",8} {"KB/TLS",8}");
        foreach (MemoryFigures m in memory)
            Print($"  {m.Contender,-16} {m.IdleMegabytes,8:F1} {m.KilobytesPerConnection,8:F1} {m.KilobytesPerTlsConnection,8:F1}");
        if (starts.Count > 0)
            Print($"\nstart\n  {"",-16} {"ms",8}");
        foreach (StartFigures s in starts)
            Print($"  {s.Contender,-16} {s.Milliseconds,8:F0}");
    }

    public static async Task WriteJsonAsync(string path, IEnumerable<Measurement> measurements, IEnumerable<MemoryFigures> memory, IEnumerable<StartFigures> starts)
    {
        await using FileStream file = File.Create(path);
        await JsonSerializer.SerializeAsync(file, new { measurements, memory, starts }, JsonOptions);
    }

    private static double Of(IEnumerable<Measurement> measurements, string contender) =>
        measurements.FirstOrDefault(m => m.Contender == contender)?.MicrosPerRequest ?? double.NaN;

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
