using Gateway.Config;

namespace Gateway.Clusters;

/// <summary>When failing endpoints get no requests for a while. Compares by content; Envoy's defaults.</summary>
internal sealed record OutlierConfig
{
    /// <summary>Answers of 500 and above in a row; 0 = off.</summary>
    public uint Consecutive5xx { get; init; } = 5;

    /// <summary>Answers 502, 503 and 504 in a row; 0 = off.</summary>
    public uint ConsecutiveGateway { get; init; }

    /// <summary>Failures to get an answer at all in a row; 0 = off. Used if they are counted apart.</summary>
    public uint ConsecutiveLocalOrigin { get; init; } = 5;

    /// <summary>The statuses that are errors, and count as 500; empty = those from 500 on.</summary>
    public EquatableArray<int> ErrorCodes { get; init; }

    /// <summary>Whether failures to get an answer are counted apart; otherwise they count as 503, a timeout as 504.</summary>
    public bool SplitsLocalOrigin { get; init; }

    /// <summary>Time between sweeps: only then endpoints come back.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Shortest ejection, times the number of ejections.</summary>
    public TimeSpan BaseEjectionTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most endpoints that may be out, in percent.</summary>
    public int MaxEjectionPercent { get; init; } = 10;

    /// <summary>With a smaller share of healthy endpoints, in percent, all get requests; 0 = never.</summary>
    public int MinHealthPercent { get; init; }
}
