namespace Gateway.Testing;

/// <summary>Waits for a condition with a deadline: the only way tests wait.</summary>
public static class Eventually
{
    /// <summary>How long tests wait for what should happen at once; generous, because machines are slow and busy.</summary>
    public static TimeSpan Deadline { get; } = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits until the condition holds; fails with <paramref name="what"/> when it does not in time.</summary>
    public static Task HoldsAsync(Func<bool> condition, string what, TimeSpan? deadline = null) =>
        HoldsAsync(() => Task.FromResult(condition()), what, deadline);

    /// <summary>Waits until the condition holds; fails with <paramref name="what"/> when it does not in time.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition, string what, TimeSpan? deadline = null)
    {
        using var timeout = new CancellationTokenSource(deadline ?? Deadline);
        using var timer = new PeriodicTimer(Interval);
        while (!await condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Not in {deadline ?? Deadline}: {what}");
            }
        }
    }
}
