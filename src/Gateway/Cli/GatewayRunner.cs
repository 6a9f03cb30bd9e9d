using System.Runtime.InteropServices;
using Gateway.Admin;
using Gateway.Hosting;
using Gateway.Observability;
using Microsoft.Extensions.Logging;

namespace Gateway.Cli;

/// <summary>One gateway for the whole life of the process: start, signals, drain.</summary>
internal static class GatewayRunner
{
    // PosixSignal has names only for the signals that every system has; others go by their number.
    private const PosixSignal LinuxUser1 = (PosixSignal)10;

    // Held until the process has ended: what a drained gateway ends with is 0, whenever the next signal comes.
    private static readonly List<PosixSignalRegistration> LastWords = [];

    /// <summary>Runs until a signal, <c>/quitquitquit</c> or cancellation; returns the exit code.</summary>
    /// <param name="console">For what went wrong before there is a log.</param>
    /// <param name="options">What to run.</param>
    /// <param name="levels">Log levels.</param>
    /// <param name="jsonLogs">Whether logs are JSON.</param>
    /// <param name="started">Called once the first configuration is served.</param>
    /// <param name="cancellationToken">Cancelling it is the same as the first signal.</param>
    public static async Task<int> RunAsync(
        CliConsole console,
        BootstrapOptions options,
        LogLevels levels,
        bool jsonLogs,
        Func<GatewayHost, CancellationToken, Task> started,
        CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using CancellationTokenSource hurry = new();
        using ILoggerFactory loggers = GatewayLogging.Create(levels, jsonLogs);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        try
        {
            await using GatewayHost host = await GatewayHost.StartAsync(options, loggers, levels, TimeProvider.System, stop.Token).ConfigureAwait(false);
            using PosixSignalRegistration? hangUp = OnSignal(PosixSignal.SIGHUP, () =>
            {
                host.ReopenAccessLog();
                host.RequestReload();
            });
            using PosixSignalRegistration? user1 = OnSignal(LinuxUser1, host.ReopenAccessLog);
            await started(host, stop.Token).ConfigureAwait(false);
            await Task.WhenAny(host.QuitRequested, Task.Delay(Timeout.Infinite, stop.Token)).ConfigureAwait(false);
            await host.DrainAsync(hurry.Token).ConfigureAwait(false);
            return ExitCode.Success;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
        catch (ConfigRefusedException e)
        {
            DiagnosticLines.Write(console, console.Error, e.Diagnostics);
            await console.Error.WriteLineAsync($"gateway: {DiagnosticLines.Summary(e.Diagnostics)}; not started. --allow-invalid starts with what has no error.").ConfigureAwait(false);
            return ExitCode.Failure;
        }
        catch (AdminPortException e)
        {
            await console.Error.WriteLineAsync($"gateway: {e.Message}").ConfigureAwait(false);
            return ExitCode.Failure;
        }

        // The first signal drains, the second cuts short, as people press Ctrl+C twice.
        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            if (stop.IsCancellationRequested)
            {
                hurry.Cancel();
                return;
            }
            lock (LastWords)
            {
                if (LastWords.Count == 0)
                    LastWords.AddRange(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ignore), PosixSignalRegistration.Create(PosixSignal.SIGINT, Ignore));
            }
            stop.Cancel();
        }

        static void Ignore(PosixSignalContext context) => context.Cancel = true;
    }

    private static PosixSignalRegistration? OnSignal(PosixSignal signal, Action action)
    {
        if (!OperatingSystem.IsLinux() && signal == LinuxUser1)
            return null;
        return PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            action();
        });
    }
}
