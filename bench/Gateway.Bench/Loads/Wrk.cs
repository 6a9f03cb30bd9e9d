using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Bench;

/// <summary>HTTP/1.1 by wrk: as many requests as go through so many connections.</summary>
internal static partial class Wrk
{
    public static async Task<LoadResult> RunAsync(string url, int connections, int seconds, params string[] options)
    {
        string report = await LoadProgram.RunAsync("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", .. options, url]);
        long requests = LoadProgram.Number(report, Requests());
        long errors = LoadProgram.NumberOrNone(report, Non2xx());
        foreach (Match match in SocketErrors().Matches(report))
            errors += long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        return new LoadResult(requests - errors, errors, seconds, Percentile(report, "50%"), Percentile(report, "99%"));
    }

    private static double Percentile(string report, string percent)
    {
        Match match = Regex.Match(report, $@"\s{Regex.Escape(percent)}\s+([\d.]+)(us|ms|s)\b");
        if (!match.Success)
            return double.NaN;
        double value = double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        return match.Groups[2].Value switch { "us" => value / 1000, "ms" => value, _ => value * 1000 };
    }

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Requests();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex Non2xx();

    [GeneratedRegex(@"(?:connect|read|write|timeout) (\d+)")]
    private static partial Regex SocketErrors();
}
