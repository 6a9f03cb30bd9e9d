using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Bench;

/// <summary>Runs the load generators on CPU 1 and reads their reports.</summary>
internal static partial class LoadTools
{
    public static async Task<LoadResult> WrkAsync(string url, int connections, int seconds, params string[] options)
    {
        string report = await RunAsync("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", .. options, url]);
        long requests = long.Parse(WrkRequests().Match(report).Groups[1].Value, CultureInfo.InvariantCulture);
        long errors = WrkNon2xx().Match(report) is { Success: true } bad ? long.Parse(bad.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        foreach (Match match in WrkSocketErrors().Matches(report))
            errors += long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        return new LoadResult(requests - errors, errors, seconds, WrkPercentile(report, "50%"), WrkPercentile(report, "99%"));
    }

    public static Task<LoadResult> UploadAsync(Contender proxy, BenchFolder folder, int seconds) =>
        WrkAsync($"http://127.0.0.1:{proxy.Plain}/upload", 8, seconds, "-s", Path.Combine(folder.Path, "upload.lua"));

    public static async Task<LoadResult> H2LoadAsync(string url, int seconds, params string[] options)
    {
        string report = await RunAsync("h2load", ["-c16", "-m16", $"-D{seconds}", .. options, url]);
        Match match = H2LoadStatus().Match(report);
        long total = long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        Match counts = H2LoadRequests().Match(report);
        long failed = long.Parse(counts.Groups[1].Value, CultureInfo.InvariantCulture);
        return new LoadResult(total, failed, seconds);
    }

    public static Task<LoadResult> GrpcAsync(Contender proxy, BenchFolder folder, int seconds) =>
        H2LoadAsync($"http://127.0.0.1:{proxy.H2c}/bench.Echo/Unary", seconds, "-d", Path.Combine(folder.Path, "grpc.bin"), "-H", "content-type: application/grpc", "-H", "te: trailers");

    /// <summary>A full handshake and one request per connection. wrk would not do: it resumes sessions.</summary>
    public static Task<LoadResult> HandshakeAsync(Contender proxy, BenchFolder folder, int seconds) => HandshakesAsync(proxy, seconds, "-new");

    /// <summary>A resumed handshake and one request per connection.</summary>
    public static Task<LoadResult> ResumeAsync(Contender proxy, BenchFolder folder, int seconds) => HandshakesAsync(proxy, seconds, "-reuse");

    private static async Task<LoadResult> HandshakesAsync(Contender proxy, int seconds, string kind)
    {
        const int Clients = 4;
        string text = seconds.ToString(CultureInfo.InvariantCulture);
        string[] reports = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ =>
            RunAsync("openssl", ["s_time", "-connect", $"127.0.0.1:{proxy.Tls}", kind, "-time", text, "-www", "/1k"])));
        long connections = reports.Sum(report => long.Parse(OpensslConnections().Match(report).Groups[1].Value, CultureInfo.InvariantCulture));
        return new LoadResult(connections, 0, seconds);
    }

    private static async Task<string> RunAsync(string program, string[] args)
    {
        var info = new ProcessStartInfo("taskset") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string arg in (string[])["-c", "1", program, .. args])
            info.ArgumentList.Add(arg);
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output + await errors;
    }

    private static double WrkPercentile(string report, string percent)
    {
        Match match = Regex.Match(report, $@"\s{Regex.Escape(percent)}\s+([\d.]+)(us|ms|s)\b");
        if (!match.Success)
            return 0;
        double value = double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        return match.Groups[2].Value switch { "us" => value / 1000, "ms" => value, _ => value * 1000 };
    }

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex WrkRequests();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex WrkNon2xx();

    [GeneratedRegex(@"(?:connect|read|write|timeout) (\d+)")]
    private static partial Regex WrkSocketErrors();

    [GeneratedRegex(@"status codes: (\d+) 2xx")]
    private static partial Regex H2LoadStatus();

    [GeneratedRegex(@"(\d+) failed")]
    private static partial Regex H2LoadRequests();

    [GeneratedRegex(@"(\d+) connections in \d+ real seconds")]
    private static partial Regex OpensslConnections();
}
