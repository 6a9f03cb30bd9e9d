using System.Diagnostics;

namespace Gateway.Bench;

/// <summary>How steady the machine is: the same computation again and again on one CPU.</summary>
internal static class Noise
{
    /// <summary>Median deviation from the median, in percent, of twenty runs.</summary>
    public static double Measure()
    {
        var times = new List<double>();
        ulong value = 1;
        for (int run = 0; run < 20; run++)
        {
            var watch = Stopwatch.StartNew();
            for (int i = 0; i < 20_000_000; i++)
                value = (value * 6364136223846793005) + 1442695040888963407;
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        GC.KeepAlive(value);
        double median = Measurement.Median(times);
        return 100 * Measurement.Median(times.Select(time => Math.Abs(time - median))) / median;
    }
}
