using Gateway.Hosting;
using Gateway.Testing;
using Gateway.Tests.Sources;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Hosting;

public sealed class DrainCoordinatorTests
{
    private readonly WaitableTimeProvider _time = new();
    private readonly List<string> _steps = [];
    private readonly DrainCoordinator _drain;

    public DrainCoordinatorTests() => _drain = new DrainCoordinator(
        new DrainSteps(
            () => _steps.Add($"begin, draining={_drain!.IsDraining}"),
            (limit, _) =>
            {
                _steps.Add($"end within {limit.TotalSeconds}");
                return Task.CompletedTask;
            }),
        _time,
        NullLogger<DrainCoordinator>.Instance);

    [Fact]
    public async Task Readiness_fails_first_then_clients_are_asked_then_traffic_ends_after_the_drain_time()
    {
        Task run = _drain.RunAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20), CancellationToken.None);
        Assert.True(_drain.IsDraining);
        Assert.Equal(["begin, draining=True"], _steps);

        await Eventually.HoldsAsync(() => _time.PendingTimers > 0, "the drain time runs");
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Single(_steps);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await run.WaitAsync(Eventually.Deadline);

        Assert.Equal(["begin, draining=True", "end within 20"], _steps);
    }

    [Fact]
    public async Task It_runs_once()
    {
        await _drain.RunAsync(TimeSpan.Zero, TimeSpan.Zero, CancellationToken.None);
        await _drain.RunAsync(TimeSpan.Zero, TimeSpan.Zero, CancellationToken.None);

        Assert.Equal(2, _steps.Count);
    }
}
