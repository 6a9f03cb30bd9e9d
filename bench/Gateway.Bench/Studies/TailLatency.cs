namespace Gateway.Bench;

/// <summary>Latency of the slowest percent at 60 % of saturation.</summary>
internal static class TailLatency
{
    private const int Seconds = 4;

    // What generator and origin take without a proxy: nothing below it can be told.
    private const string Floor = "(no proxy)";

    private static readonly string[] Columns = ["p50 ms", "p99 ms", "p99.9 ms", "µs/req", "CPU %", "errors"];

    public static async Task<Table> MeasureAsync(StudyContext context)
    {
        await context.Roster.NeedAsync(context.Roster.Standard);
        List<Entrant> entrants = [];
        foreach (Contender contender in context.Roster.Standard)
        {
            double rate = await ConstantRate.FindAsync(contender, context);
            entrants.Add(new Entrant(contender.Name, contender.Plain, rate, contender.Process!.All()));
        }

        entrants.Add(new Entrant(Floor, context.Origins.Static, entrants.Count == 0 ? 25000 : entrants.Max(entrant => entrant.Rate), []));
        using var precedence = new Precedence(context.FixedBodies.All());
        // The load's own code gets compiled, and the proxies meet the new rhythm.
        foreach (Entrant entrant in entrants)
            entrant.Measure(1);
        for (int round = 0; round < context.Options.Rounds; round++)
        {
            foreach (Entrant entrant in entrants)
                entrant.Rounds.Add(entrant.Measure(Seconds));
        }

        return new Table(["req/s", .. Columns, "of haproxy", "of nginx", "least p99", "most p99"],
            [.. entrants.Select(entrant => new TableRow(entrant.Name,
            [
                entrant.Rate, .. Columns.Select((_, column) => Measurement.Median(entrant.Rounds.Select(round => round[column]))),
                entrant.Tail / Tail("haproxy"), entrant.Tail / Tail("nginx"), entrant.Rounds.Min(round => round[1]), entrant.Rounds.Max(round => round[1]),
            ]))]);

        double Tail(string name) => entrants.FirstOrDefault(entrant => entrant.Name == name)?.Tail ?? double.NaN;
    }

    private sealed record Entrant(string Name, int Port, double Rate, IReadOnlyList<int> Processes)
    {
        /// <summary>Figures by round, in the order of <see cref="Columns"/>.</summary>
        public List<double[]> Rounds { get; } = [];

        public double Tail => Measurement.Median(Rounds.Select(round => round[1]));

        public double[] Measure(int seconds)
        {
            using RateLoad load = ConstantRate.Open(Port, Rate);
            TimeSpan before = ProcessTree.Cpu(Processes);
            LatencyHistogram latencies = load.Run(seconds);
            TimeSpan cpu = ProcessTree.Cpu(Processes) - before;
            return [latencies.Milliseconds(0.5), latencies.Milliseconds(0.99), latencies.Milliseconds(0.999), cpu.TotalMicroseconds / load.Good, 100 * cpu.TotalSeconds / seconds, load.Bad];
        }
    }
}
