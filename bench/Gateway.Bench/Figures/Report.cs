using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Gateway.Bench;

/// <summary>Tables for people, JSON for machines.</summary>
internal static class Report
{
    private const int LabelWidth = 24;

    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static void Header(double noise, BenchOptions options)
    {
        Print($"{RuntimeInformation.OSDescription}, {Processors()} processors, .NET {Environment.Version}, {TimeProvider.System.GetUtcNow():u}");
        Print($"Noise of the machine: {noise:F1} % (median deviation of one computation repeated). {options.Rounds} interleaved rounds of {options.Seconds} s, medians.");
        Print($"Measured once two windows in a row differ by less than 3 % and nothing is compiled; after {options.WarmUpSeconds} s at the latest, {options.NextWarmUpSeconds} s for later loads (marked *). Ratios only between what made no errors.");
    }

    public static void Show(Scenario scenario, IReadOnlyList<Measurement> rows, BenchFolder folder)
    {
        string unit = scenario.Unit;
        bool compares = rows.Select(row => row.Label).Distinct().Count() > 1 && (scenario.Variants.Length > 1 || scenario.Contenders is not null);
        Print($"\n{scenario.Name}: {scenario.Title}");
        string head = string.Create(CultureInfo.InvariantCulture, $"  {"",-LabelWidth} {"µs/" + unit,9}{(scenario.Megabytes > 0 ? $" {"µs/MB",8}" : "")} {"of nginx",8} {"haproxy",8} {"yarp",8}");
        Print($"{head}{(compares ? $" {"of first",8} {"more µs",8}" : "")} {unit + "/s",9} {"p50 ms",8} {"p99 ms",8} {"calls",7} {"spread",7} {"errors",7} {"warm-up",8}");
        foreach (Measurement row in rows)
            Print($"{Row(scenario, row, rows, compares)}");
        if (scenario.Note?.Invoke(rows, folder) is { } note)
            Print($"  {note.ToString(CultureInfo.InvariantCulture)}");
    }

    public static void Show(Study study, Table table)
    {
        Print($"\n{study.Name}: {study.Title}");
        Print($"  {"",-LabelWidth} {string.Join(' ', table.Columns.Select(column => $"{column,10}"))}");
        foreach (TableRow row in table.Rows)
            Print($"  {row.Label,-LabelWidth} {string.Join(' ', row.Values.Select(value => $"{Figure(value),10}"))}");
    }

    public static async Task WriteJsonAsync(string path, object figures)
    {
        await using FileStream file = File.Create(path);
        await JsonSerializer.SerializeAsync(file, figures, JsonOptions);
    }

    private static string Row(Scenario scenario, Measurement row, IReadOnlyList<Measurement> rows, bool compares)
    {
        if (row.Refusal is { } refusal)
            return $"  {row.Label,-LabelWidth} not measured: {refusal}";
        Measurement first = rows.First(other => scenario.Contenders is null || rows.All(any => any.Contender == row.Contender) ? other.Contender == row.Contender : other.Variant == row.Variant);
        Func<string, string> of = name => Figure(Ratio(row, rows.FirstOrDefault(other => other.Contender == name && other.Variant == row.Variant)));
        return string.Create(CultureInfo.InvariantCulture, $"  {row.Label,-LabelWidth} {row.Micros,9:F1}{(scenario.Megabytes > 0 ? $" {Figure(row.Micros / scenario.Megabytes),8}" : "")}") +
            $" {of("nginx"),8} {of("haproxy"),8} {of("yarp"),8}{(compares ? $" {Figure(Ratio(row, first)),8} {Figure(row.Micros - first.Micros),8}" : "")}" +
            string.Create(CultureInfo.InvariantCulture, $" {row.PerSecond,9:F0} {Figure(row.P50Ms),8} {Figure(row.P99Ms),8} {Figure(row.SystemCalls),7} {row.Spread,7:P0} {row.Errors,7} {row.WarmUpSeconds,6} s{(row.Settled ? "" : "*")}");
    }

    private static double Ratio(Measurement row, Measurement? other) => other is not null && row.IsSound && other.IsSound ? row.Micros / other.Micros : double.NaN;

    private static string Figure(double value) => Math.Abs(value) switch
    {
        double.NaN => "–",
        >= 1000 => value.ToString("F0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("F1", CultureInfo.InvariantCulture),
        _ => value.ToString("F2", CultureInfo.InvariantCulture),
    };

    // This process itself may use one only.
    private static int Processors() => File.ReadLines("/proc/stat").Count(line => line.StartsWith("cpu", StringComparison.Ordinal)) - 1;

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
