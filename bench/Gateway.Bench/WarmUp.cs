namespace Gateway.Bench;

/// <summary>What a contender costs under a load once that no longer changes.</summary>
/// <param name="Micros">CPU time per unit in the last window.</param>
/// <param name="Settled">Whether the last two windows were alike.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record WarmUp(double Micros, bool Settled, int Seconds)
{
    private const double Alike = 0.03;

    /// <summary>
    /// Loads in windows until two in a row differ by less than 3 %, or the time is over. The proxy has one CPU, on which its
    /// compiler competes with the load: measured earlier, a figure would be the compiler's.
    /// </summary>
    public static async Task<WarmUp> RunAsync(Load load, Contender contender, BenchFolder folder, BenchOptions options)
    {
        double last = double.NaN;
        for (int seconds = options.Seconds; ; seconds += options.Seconds)
        {
            double micros = (await SampleAsync(load, contender, folder, options.Seconds)).Micros;
            bool alike = Math.Abs(micros - last) < Alike * micros;
            if (alike || !contender.Compiles || seconds + options.Seconds > options.WarmUpSeconds)
                return new WarmUp(micros, alike || !contender.Compiles, seconds);
            last = micros;
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
