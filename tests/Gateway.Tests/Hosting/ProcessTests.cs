using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Testing;
using Gateway.Tests.Sources;

namespace Gateway.Tests.Hosting;

/// <summary>The real process, told things by signals.</summary>
[Trait("Drives", "Program")]
public sealed partial class ProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new();
    private readonly List<string> _log = [];

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Signals_reopen_the_log_and_end_the_process_in_good_order()
    {
        string accessLog = Path.Combine(_folder.Path, "access.log");
        _folder.Write("config/gateway.yaml", HostFixture.RootGateway);
        _folder.Write("config/route.yaml", HostFixture.DirectResponse);
        using Process gateway = Start(accessLog);
        try
        {
            await Eventually.HoldsAsync(() => Port() is not null, "it listens");
            Uri address = new($"http://127.0.0.1:{Port()}/direct");
            Assert.Equal("hello", await _client.GetStringAsync(address));
            await Eventually.HoldsAsync(() => File.Exists(accessLog) && File.ReadAllLines(accessLog).Length == 1, "the request is logged");

            File.Move(accessLog, accessLog + ".1");
            await SignalAsync(gateway, "USR1");
            await Eventually.HoldsAsync(
                async () =>
                {
                    await _client.GetStringAsync(address);
                    return File.Exists(accessLog);
                },
                "the access log is opened anew");

            await SignalAsync(gateway, "HUP");
            await Eventually.HoldsAsync(() => Logged("Configuration 2 is in force"), "everything is read anew");

            await SignalAsync(gateway, "TERM");
            await gateway.WaitForExitAsync().WaitAsync(Eventually.Deadline);
            Assert.Equal(0, gateway.ExitCode);
            Assert.True(Logged("Drained."));
        }
        finally
        {
            if (!gateway.HasExited)
                gateway.Kill();
        }
    }

    [Fact]
    public async Task A_current_folder_that_is_removed_does_not_end_it()
    {
        _folder.Write("home/config/gateway.yaml", HostFixture.RootGateway);
        _folder.Write("home/config/route.yaml", HostFixture.DirectResponse);
        string home = Path.Combine(_folder.Path, "home");
        using Process gateway = Start("off", home, "config", "debug");
        try
        {
            await Eventually.HoldsAsync(() => Port() is not null, "it listens");

            Directory.Delete(home, recursive: true);

            // Said each time the folder is looked for: the second time says that the first one did no harm.
            await Eventually.HoldsAsync(() => gateway.HasExited || Count("looked at from time to time") > 1, "it goes on looking");
            Assert.False(gateway.HasExited);
        }
        finally
        {
            if (!gateway.HasExited)
                gateway.Kill();
        }
    }

    private Process Start(string accessLog) => Start(accessLog, _folder.Path, Path.Combine(_folder.Path, "config"), "info");

    private Process Start(string accessLog, string currentFolder, string config, string logLevel)
    {
        ProcessStartInfo start = ProgramUnderTest.With(
            "run", "--config", config, "--port-map", "*=0", "--admin-address", "off", "--health-port", "off", "--metrics-port", "off",
            "--access-log", accessLog, "--drain-time", "0s", "--log-level", logLevel);
        start.WorkingDirectory = currentFolder;
        start.RedirectStandardError = true;
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
                _log.Add(line.Data ?? "");
        };
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task SignalAsync(Process process, string signal)
    {
        using Process kill = Process.Start("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    private int Count(string text)
    {
        lock (_log)
            return _log.Count(line => line.Contains(text, StringComparison.Ordinal));
    }

    private bool Logged(string text)
    {
        lock (_log)
            return _log.Exists(line => line.Contains(text, StringComparison.Ordinal));
    }

    private string? Port()
    {
        lock (_log)
        {
            return _log.Select(line => ListeningPattern().Match(line)).FirstOrDefault(match => match.Success)?.Groups[1].Value;
        }
    }

    [GeneratedRegex(@"Listening: 0\.0\.0\.0_80 at .*:(\d+)\.")]
    private static partial Regex ListeningPattern();
}
