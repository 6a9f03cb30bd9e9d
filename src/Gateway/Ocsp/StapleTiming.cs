namespace Gateway.Ocsp;

/// <summary>When responders are asked.</summary>
internal sealed record StapleTiming
{
    /// <summary>How long one answer may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause after the first failure; each further one doubles it.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest pause after failures.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Shortest time between two good answers, however soon they expire.</summary>
    public TimeSpan ShortestRefresh { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest time between two good answers, however long they are good.</summary>
    public TimeSpan LongestRefresh { get; init; } = TimeSpan.FromDays(1);

    /// <summary>When to ask again after a good answer: halfway to its end, so that the rest is left for failures.</summary>
    public TimeSpan Refresh(TimeSpan left) => TimeSpan.FromTicks(Math.Clamp(left.Ticks / 2, ShortestRefresh.Ticks, LongestRefresh.Ticks));

    /// <summary>When to ask again after so many failures in a row.</summary>
    public TimeSpan Pause(int failures) =>
        TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(failures - 1, 20)));
}
