using System.Diagnostics;
using Gateway.Testing;

namespace Gateway.Integration.Tests;

/// <summary>Runs a program to its end.</summary>
internal static class CommandLineTool
{
    /// <summary>The exit code and everything the program wrote.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string tool, params string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.Start();
        using var deadline = new CancellationTokenSource(Eventually.Deadline * 4);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
