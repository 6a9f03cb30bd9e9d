using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Bench;

/// <summary>A TLS connection per request, by openssl. wrk would not do: it resumes sessions without being asked to.</summary>
internal static partial class TlsHandshakes
{
    private const int Clients = 4;

    public static Task<LoadResult> FullAsync(Contender proxy, BenchFolder folder, int seconds) => RunAsync(proxy, seconds, "-new", 'r');

    public static Task<LoadResult> ResumedAsync(Contender proxy, BenchFolder folder, int seconds) => RunAsync(proxy, seconds, "-reuse", '*');

    // openssl draws 'r' for a resumed and '*' for a full handshake. Each client's first one is always full.
    private static async Task<LoadResult> RunAsync(Contender proxy, int seconds, string kind, char wrong)
    {
        string[] reports = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => LoadProgram.RunAsync(
            "openssl", "s_time", "-connect", $"localhost:{proxy.Tls}", kind, "-time", seconds.ToString(CultureInfo.InvariantCulture), "-www", "/1k")));
        long connections = reports.Sum(report => LoadProgram.Number(report, Connections()));
        long errors = reports.Sum(report => Math.Max(0, report[..report.IndexOf("connections in", StringComparison.Ordinal)].Count(c => c == wrong) - 1));
        return new LoadResult(connections - errors, errors, seconds);
    }

    [GeneratedRegex(@"(\d+) connections in \d+ real seconds")]
    private static partial Regex Connections();
}
