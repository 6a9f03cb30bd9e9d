using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Bench;

/// <summary>Counts a process tree's system calls with perf, where that is allowed.</summary>
internal sealed partial class SystemCallCounter : IDisposable
{
    private const string Calls = "raw_syscalls:sys_enter";

    private static readonly Lazy<bool> Available = new(IsAvailable);

    private readonly Process _perf;

    private SystemCallCounter(Process perf) => _perf = perf;

    /// <summary>Starts; null = perf is absent or may not.</summary>
    public static async Task<SystemCallCounter?> TryStartAsync(ProcessTree process)
    {
        if (!Available.Value)
            return null;
        // Attaching takes time, and the load starts at once: it is told to count, and says when it does.
        var counter = new SystemCallCounter(Start(["-D", "-1", "--control", "fd:0,1", "-p", string.Join(',', process.All())]));
        await counter._perf.StandardInput.WriteAsync("enable\n");
        await counter._perf.StandardInput.FlushAsync();
        await counter._perf.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10));
        return counter;
    }

    /// <summary>Ends it and tells the number.</summary>
    public async Task<long> StopAsync()
    {
        using Process kill = Process.Start("kill", ["-INT", _perf.Id.ToString(CultureInfo.InvariantCulture)]);
        string report = await _perf.StandardError.ReadToEndAsync();
        await _perf.WaitForExitAsync();
        Match match = Count().Match(report);
        return match.Success ? long.Parse(match.Groups[1].Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) : -1;
    }

    public void Dispose()
    {
        if (!_perf.HasExited)
            _perf.Kill();
        _perf.Dispose();
    }

    private static bool IsAvailable()
    {
        try
        {
            using Process perf = Start(["true"]);
            string report = perf.StandardError.ReadToEnd();
            perf.WaitForExit();
            return perf.ExitCode == 0 && Count().IsMatch(report);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static Process Start(string[] what)
    {
        var info = new ProcessStartInfo("perf") { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string arg in (string[])["stat", "-e", Calls, .. what])
            info.ArgumentList.Add(arg);
        return Process.Start(info)!;
    }

    [GeneratedRegex(@"([\d,]+)\s+raw_syscalls:sys_enter")]
    private static partial Regex Count();
}
