namespace Gateway.Bench;

/// <summary>What a load brought about.</summary>
/// <param name="Done">Requests, messages or connections that went well.</param>
/// <param name="Errors">Not answered, or not as they should be.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="P50Ms">Median latency; NaN = not told.</param>
/// <param name="P99Ms">99th percentile; NaN = not told.</param>
internal sealed record LoadResult(long Done, long Errors, double Seconds, double P50Ms = double.NaN, double P99Ms = double.NaN);

/// <summary>A load on one contender for so many seconds.</summary>
internal delegate Task<LoadResult> Load(Contender proxy, BenchFolder folder, int seconds);
