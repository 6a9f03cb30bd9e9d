using System.Text.RegularExpressions;

namespace Gateway.Bench;

/// <summary>HTTP/2 by h2load: 16 connections with 16 streams each.</summary>
internal static partial class H2Load
{
    public static async Task<LoadResult> RunAsync(string url, int seconds, params string[] options)
    {
        string report = await LoadProgram.RunAsync("h2load", ["-c16", "-m16", $"-D{seconds}", .. options, url]);
        long good = LoadProgram.Number(report, Good());
        long bad = LoadProgram.Number(report, Failed()) + LoadProgram.Number(report, Redirected());
        return new LoadResult(good, bad, seconds);
    }

    [GeneratedRegex(@"status codes: (\d+) 2xx")]
    private static partial Regex Good();

    [GeneratedRegex(@"status codes: \d+ 2xx, (\d+) 3xx")]
    private static partial Regex Redirected();

    // Answers with 4xx and 5xx, streams that were reset, connections that were lost.
    [GeneratedRegex(@"(\d+) failed")]
    private static partial Regex Failed();
}
