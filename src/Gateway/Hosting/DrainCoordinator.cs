using Microsoft.Extensions.Logging;

namespace Gateway.Hosting;

/// <summary>What the coordinator drives, in this order.</summary>
/// <param name="BeginDrain">Ask clients to go elsewhere (<c>Connection: close</c>, GOAWAY) while everything is still served.</param>
/// <param name="EndTraffic">Close the ports, wait until requests under way have ended or the time is over or the token fires, cut off what is left.</param>
internal sealed record DrainSteps(Action BeginDrain, Func<TimeSpan, CancellationToken, Task> EndTraffic);

/// <summary>
/// The end of a gateway: readiness fails at once, traffic is served for the drain time so that load balancers notice,
/// then no more is accepted, requests under way may end until the deadline, and what is left is cut off.
/// </summary>
internal sealed partial class DrainCoordinator
{
    private readonly DrainSteps _steps;
    private readonly TimeProvider _time;
    private readonly ILogger<DrainCoordinator> _logger;
    private int _draining;

    /// <summary>Makes a coordinator that has not begun.</summary>
    public DrainCoordinator(DrainSteps steps, TimeProvider time, ILogger<DrainCoordinator> logger)
    {
        _steps = steps;
        _time = time;
        _logger = logger;
    }

    /// <summary>Whether the end has begun; from then on the gateway is not ready.</summary>
    public bool IsDraining => Volatile.Read(ref _draining) == 1;

    /// <summary>Runs all steps once; a second call does nothing. <paramref name="hurry"/> skips what waiting is left.</summary>
    public async Task RunAsync(TimeSpan drainTime, TimeSpan shutdownTimeout, CancellationToken hurry)
    {
        if (Interlocked.Exchange(ref _draining, 1) == 1)
            return;
        LogDraining(_logger, drainTime.TotalSeconds);
        _steps.BeginDrain();
        await DelayAsync(drainTime, hurry).ConfigureAwait(false);

        await _steps.EndTraffic(shutdownTimeout, hurry).ConfigureAwait(false);
        LogDrained(_logger);
    }

    private async Task DelayAsync(TimeSpan delay, CancellationToken hurry)
    {
        try
        {
            await Task.Delay(delay, _time, hurry).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (hurry.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Draining: not ready any more, traffic is accepted for another {Seconds} s.")]
    private static partial void LogDraining(ILogger logger, double seconds);

    [LoggerMessage(2, LogLevel.Information, "Drained.")]
    private static partial void LogDrained(ILogger logger);
}
