namespace Gateway.Bench;

/// <summary>One contender in one scenario, over all rounds.</summary>
internal sealed record Measurement(string Scenario, string Contender, IReadOnlyList<Sample> Samples)
{
    /// <summary>Median of the CPU time per request, in µs.</summary>
    public double MicrosPerRequest => Median(Samples.Select(sample => sample.MicrosPerRequest));

    public double RequestsPerSecond => Median(Samples.Select(sample => sample.Load.Requests / sample.Load.Seconds));

    public double P50Ms => Median(Samples.Select(sample => sample.Load.P50Ms));

    public double P99Ms => Median(Samples.Select(sample => sample.Load.P99Ms));

    /// <summary>System calls per request; NaN = could not be counted.</summary>
    public double SystemCalls => Median(Samples.Select(sample => sample.SystemCalls));

    public long Errors => Samples.Sum(sample => sample.Load.Errors);

    /// <summary>Distance of the extremes, as a part of the median: what of a difference is noise.</summary>
    public double Spread => (Samples.Max(sample => sample.MicrosPerRequest) - Samples.Min(sample => sample.MicrosPerRequest)) / MicrosPerRequest;

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>One round.</summary>
/// <param name="Cpu">User and system time of the proxy's processes.</param>
/// <param name="Load">What the load generator said.</param>
/// <param name="SystemCalls">Per request; NaN = not counted.</param>
internal sealed record Sample(TimeSpan Cpu, LoadResult Load, double SystemCalls)
{
    public double MicrosPerRequest => Load.Requests == 0 ? double.NaN : Cpu.TotalMicroseconds / Load.Requests;
}
