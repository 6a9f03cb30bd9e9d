namespace Gateway.Bench;

/// <summary>Latency of the slowest percent at 60 % of saturation.</summary>
internal static class TailLatency
{
    private const int Seconds = 4;

    public static async Task<Table> MeasureAsync(StudyContext context)
    {
        IReadOnlyList<Contender> contenders = context.Roster.Standard;
        await context.Roster.NeedAsync(contenders);
        var rates = new Dictionary<Contender, double>();
        foreach (Contender contender in contenders)
        {
            rates[contender] = await ConstantRate.FindAsync(contender, context);
            // The load's own code gets compiled, and the proxy meets the new rhythm.
            ConstantRate.Measure(contender, rates[contender], 1);
        }

        Dictionary<Contender, List<double[]>> rounds = contenders.ToDictionary(contender => contender, _ => new List<double[]>());
        for (int round = 0; round < context.Options.Rounds; round++)
        {
            foreach (Contender contender in contenders)
                rounds[contender].Add(Round(contender, rates[contender]));
        }

        Dictionary<string, double[]> medians = contenders.ToDictionary(contender => contender.Name,
            contender => Enumerable.Range(0, rounds[contender][0].Length).Select(column => Measurement.Median(rounds[contender].Select(round => round[column]))).ToArray());
        return new Table(["req/s", "p50 ms", "p99 ms", "p99.9 ms", "µs/req", "CPU %", "errors", "of haproxy", "of nginx", "least p99", "most p99"],
            [.. contenders.Select(contender => new TableRow(contender.Name,
            [
                rates[contender], .. medians[contender.Name], medians[contender.Name][1] / Tail("haproxy"), medians[contender.Name][1] / Tail("nginx"),
                rounds[contender].Min(round => round[1]), rounds[contender].Max(round => round[1]),
            ]))]);

        double Tail(string name) => medians.TryGetValue(name, out double[]? figures) ? figures[1] : double.NaN;
    }

    private static double[] Round(Contender contender, double rate)
    {
        using RateLoad load = ConstantRate.Open(contender, rate);
        TimeSpan before = contender.Process!.Cpu();
        LatencyHistogram latencies = load.Run(Seconds);
        TimeSpan cpu = contender.Process.Cpu() - before;
        return [latencies.Milliseconds(0.5), latencies.Milliseconds(0.99), latencies.Milliseconds(0.999), cpu.TotalMicroseconds / load.Good, 100 * cpu.TotalSeconds / Seconds, load.Bad];
    }
}
