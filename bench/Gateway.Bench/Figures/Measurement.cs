namespace Gateway.Bench;

/// <summary>One row of a table: a contender in one variant of a scenario, over all rounds.</summary>
/// <param name="Contender">Who was measured.</param>
/// <param name="Variant">How; empty = the scenario has one only.</param>
/// <param name="Samples">The rounds.</param>
/// <param name="Settled">Whether the cost had settled when measuring began.</param>
/// <param name="WarmUpSeconds">How long that took.</param>
/// <param name="SystemCalls">Per unit, from a round of its own; NaN = not counted.</param>
/// <param name="Refusal">Why it was not measured; null = it was.</param>
internal sealed record Measurement(string Contender, string Variant, IReadOnlyList<Sample> Samples, bool Settled, int WarmUpSeconds, double SystemCalls, string? Refusal = null)
{
    /// <summary>Name of the row.</summary>
    public string Label => $"{Contender} {Variant}".TrimEnd();

    /// <summary>Median of the CPU time per unit, in µs.</summary>
    public double Micros => Median(Samples.Select(sample => sample.Micros));

    public double PerSecond => Median(Samples.Select(sample => sample.Load.Done / sample.Load.Seconds));

    public double P50Ms => Median(Samples.Select(sample => sample.Load.P50Ms));

    public double P99Ms => Median(Samples.Select(sample => sample.Load.P99Ms));

    public long Errors => Samples.Sum(sample => sample.Load.Errors);

    /// <summary>Whether its figures may be compared: it was measured and made no mistake.</summary>
    public bool IsSound => Refusal is null && Errors == 0 && Samples.All(sample => sample.Load.Done > 0);

    /// <summary>Distance of the extremes, as a part of the median: what of a difference is noise.</summary>
    public double Spread => Samples.Count == 0 ? double.NaN : (Samples.Max(sample => sample.Micros) - Samples.Min(sample => sample.Micros)) / Micros;

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>One round.</summary>
/// <param name="Cpu">User and system time of the proxy's processes.</param>
/// <param name="Load">What the load generator said.</param>
internal sealed record Sample(TimeSpan Cpu, LoadResult Load)
{
    public double Micros => Load.Done == 0 ? double.NaN : Cpu.TotalMicroseconds / Load.Done;
}
