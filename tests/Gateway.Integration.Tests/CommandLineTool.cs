using System.Diagnostics;
using System.Text;
using Gateway.Testing;

namespace Gateway.Integration.Tests;

/// <summary>Runs a program to its end.</summary>
internal static class CommandLineTool
{
    /// <summary>The exit code and everything the program wrote.</summary>
    public static Task<(int ExitCode, string Output)> RunAsync(string tool, params string[] arguments) => RunAsync(Eventually.Deadline * 4, tool, arguments);

    /// <summary>The same for what takes longer.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(TimeSpan limit, string tool, params string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.Start();
        using var deadline = new CancellationTokenSource(limit);
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

    /// <summary>Everything a program wrote that was talked to: each text is sent and its effect in the output awaited, then the input ends.</summary>
    public static async Task<string> TalkAsync(string tool, (string Text, string Effect)[] talk, params string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true },
        };
        var output = new StringBuilder();
        void Add(object sender, DataReceivedEventArgs line)
        {
            lock (output)
                output.AppendLine(line.Data);
        }

        string Output()
        {
            lock (output)
                return output.ToString();
        }

        process.OutputDataReceived += Add;
        process.ErrorDataReceived += Add;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var deadline = new CancellationTokenSource(Eventually.Deadline * 2);
        try
        {
            foreach ((string text, string effect) in talk)
            {
                await process.StandardInput.WriteAsync(text);
                await process.StandardInput.FlushAsync(deadline.Token);
                await Eventually.HoldsAsync(() => Output().Contains(effect, StringComparison.Ordinal), $"'{effect}' in the output of {tool}");
            }

            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return Output();
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
