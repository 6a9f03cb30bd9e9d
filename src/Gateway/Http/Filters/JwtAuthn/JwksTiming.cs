namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>When key sets are fetched anew.</summary>
internal sealed record JwksTiming
{
    /// <summary>After a fetch that worked.</summary>
    public TimeSpan Refresh { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>After the first one that failed; doubles up to <see cref="LongestRetry"/>.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest time after a failure.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Least time between fetches that tokens with unknown keys ask for; doubles with every one that brings nothing new, up
    /// to <see cref="LongestRenewal"/>.
    /// </summary>
    public TimeSpan FirstRenewal { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest such time: for so long, who sends forged key names can keep a new key unknown.</summary>
    public TimeSpan LongestRenewal { get; init; } = TimeSpan.FromSeconds(10);
}
