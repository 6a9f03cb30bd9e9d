namespace Gateway.Bench;

/// <summary>Requests for 1 KB at a rate that leaves the proxy's CPU two fifths of its time.</summary>
internal static class ConstantRate
{
    private const string Path = "/1k";
    private const double Share = 0.6;

    private static readonly Load Saturating = Variants.Wrk("", Variants.Plain, Path, 64).Load;

    /// <summary>Requests per second that are 60 % of what the warm proxy's CPU could do.</summary>
    public static async Task<double> FindAsync(Contender contender, StudyContext context)
    {
        WarmUp warm = await WarmUp.RunAsync(Saturating, contender, context.Folder, context.Options);
        return Share * 1_000_000 / warm.Micros;
    }

    /// <summary>Connects; the caller runs it.</summary>
    public static RateLoad Open(Contender contender, double rate) => Open(contender.Plain, rate);

    /// <summary>The same to any port.</summary>
    public static RateLoad Open(int port, double rate) => new(port, Path, StaticOrigin.Bodies["1k"], rate);

    /// <summary>Runs it for so long and tells the CPU time per request, in µs.</summary>
    public static double Measure(Contender contender, double rate, int seconds)
    {
        using RateLoad load = Open(contender, rate);
        TimeSpan before = contender.Process!.Cpu();
        load.Run(seconds);
        return (contender.Process.Cpu() - before).TotalMicroseconds / load.Good;
    }
}
