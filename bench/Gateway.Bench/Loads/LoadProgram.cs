using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Bench;

/// <summary>Runs a load generator; it inherits CPU 1 from this process.</summary>
internal static class LoadProgram
{
    /// <summary>Longer than any load may take.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    /// <summary>What it wrote, errors last.</summary>
    public static async Task<string> RunAsync(string program, params string[] args)
    {
        var info = new ProcessStartInfo(program, args) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(info)!;
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return output + await errors;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>The number that the expression's first group finds; without one the report is shown as an error.</summary>
    public static long Number(string report, Regex expression)
    {
        Match match = expression.Match(report);
        return match.Success ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : throw new InvalidDataException($"The load generator said: {report}");
    }

    /// <summary>The same, or 0.</summary>
    public static long NumberOrNone(string report, Regex expression) => expression.IsMatch(report) ? Number(report, expression) : 0;
}
