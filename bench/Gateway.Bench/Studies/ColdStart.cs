namespace Gateway.Bench;

/// <summary>A process that is loaded from its first second on, on the one CPU that its compiler needs as well.</summary>
internal static class ColdStart
{
    private const int Seconds = 30;
    private const int WarmSeconds = 5;

    private static readonly int[] Shown = [1, 2, 3, 5, 8, 10, 15, 20, 30];

    public static async Task<Table> MeasureAsync(StudyContext context)
    {
        List<TableRow> rows = [];
        foreach (Contender contender in context.Roster.Standard.Where(contender => contender is not (Nginx or Haproxy)))
        {
            await context.Roster.NeedAsync([]);
            await context.Roster.NeedAsync([contender]);
            double rate = await ConstantRate.FindAsync(contender, context);
            double warm = ConstantRate.Measure(contender, rate, WarmSeconds);
            contender.Stop();
            Command command = await contender.ConfigureAsync(context.Folder, context.Origins);
            contender.Launch(command, context.Folder);
            await contender.WaitAsync(context.Folder);
            double[] costs = [.. Windows(contender, rate).Select(cost => cost / warm)];
            rows.Add(new TableRow(contender.Name, [rate, warm, .. Shown.Select(second => costs[second - 1]), costs.Max(), costs.Average()]));
        }

        return new Table(["req/s", "warm µs", .. Shown.Select(second => $"{second} s"), "worst", "mean"], rows);
    }

    // µs per request, second by second.
    private static List<double> Windows(Contender contender, double rate)
    {
        List<double> costs = [];
        using RateLoad load = ConstantRate.Open(contender, rate);
        IReadOnlyList<int> processes = contender.Process!.All();
        TimeSpan cpu = ProcessTree.Cpu(processes);
        long good = 0;
        load.Run(Seconds, _ =>
        {
            TimeSpan now = ProcessTree.Cpu(processes);
            costs.Add((now - cpu).TotalMicroseconds / (load.Good - good));
            (cpu, good) = (now, load.Good);
        });
        return costs;
    }
}
