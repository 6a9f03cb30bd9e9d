namespace Gateway.Bench;

/// <summary>A measurement that is not a load in rounds.</summary>
/// <param name="Name">For <c>--scenarios</c>.</param>
/// <param name="Title">For people.</param>
/// <param name="RunAsync">Makes the table.</param>
internal sealed record Study(string Name, string Title, Func<StudyContext, Task<Table>> RunAsync)
{
    public static IReadOnlyList<Study> All { get; } =
    [
        new("p99-60", "HTTP/1.1, 1 KB, at 60 % of what the proxy's CPU can do, latency from the moment each request was due", TailLatency.MeasureAsync),
        new("memory", "At rest, and per idle connection that has had one request", IdleMemory.MeasureAsync),
        new("start", "From the start of the process to the first proxied answer", StartUp.MeasureAsync),
        new("cold", "Under constant load from the first second on: cost per request of a second, as a ratio to the warm cost", ColdStart.MeasureAsync),
        new("dns-5000", "5,000 hosts that are resolved again each minute, no traffic", DnsRefresh.MeasureAsync),
    ];
}

/// <summary>What a study works with.</summary>
/// <param name="Roster">The proxies.</param>
/// <param name="Folder">For files.</param>
/// <param name="Origins">Where the origins listen.</param>
/// <param name="FixedBodies">The origin of fixed bodies.</param>
/// <param name="Options">What was asked for.</param>
internal sealed record StudyContext(Roster Roster, BenchFolder Folder, OriginPorts Origins, ProcessTree FixedBodies, BenchOptions Options);

/// <summary>Figures by row and column.</summary>
internal sealed record Table(IReadOnlyList<string> Columns, IReadOnlyList<TableRow> Rows);

/// <summary>One row; NaN = no figure.</summary>
internal sealed record TableRow(string Label, params double[] Values);
