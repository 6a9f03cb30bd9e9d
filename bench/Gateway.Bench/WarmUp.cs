namespace Gateway.Bench;

/// <summary>What a contender costs under a load once that no longer changes.</summary>
/// <param name="Micros">CPU time per unit in the last window.</param>
/// <param name="Settled">Whether the last two windows were alike and nothing was compiled.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record WarmUp(double Micros, bool Settled, int Seconds)
{
    private const double Alike = 0.03;
    private const double Compiling = 0.02;

    /// <summary>
    /// Loads in windows until two in a row differ by less than 3 % and the compiler took less than 2 % of the last one, or the
    /// time is over. The proxy has one CPU, on which its compiler competes with the load: half the cost would be the compiler's,
    /// and steadily so for many seconds.
    /// </summary>
    public static async Task<WarmUp> RunAsync(Load load, Contender contender, BenchFolder folder, BenchOptions options)
    {
        int limit = contender.WasLoaded ? options.NextWarmUpSeconds : options.WarmUpSeconds;
        contender.WasLoaded = true;
        double last = double.NaN;
        for (int seconds = options.Seconds; ; seconds += options.Seconds)
        {
            TimeSpan before = CompilerThread.Cpu(contender.Process!.Id);
            Sample window = await SampleAsync(load, contender, folder, options.Seconds);
            TimeSpan compiled = CompilerThread.Cpu(contender.Process.Id) - before;
            bool settled = !contender.Compiles || (Math.Abs(window.Micros - last) < Alike * window.Micros && compiled < Compiling * window.Cpu);
            if (settled || seconds + options.Seconds > limit)
                return new WarmUp(window.Micros, settled, seconds);
            last = window.Micros;
        }
    }

    /// <summary>One window.</summary>
    public static async Task<Sample> SampleAsync(Load load, Contender contender, BenchFolder folder, int seconds)
    {
        TimeSpan before = contender.Process!.Cpu();
        LoadResult result = await load(contender, folder, seconds);
        return new Sample(contender.Process.Cpu() - before, result);
    }
}
