using System.Numerics;

namespace Gateway.Bench;

/// <summary>Latencies in classes 3 % wide or less, from a microsecond to hours.</summary>
internal sealed class LatencyHistogram
{
    private const int SubclassBits = 5;

    private readonly long[] _counts = new long[64 << SubclassBits];
    private long _total;

    public void Add(TimeSpan latency)
    {
        ulong micros = (ulong)Math.Max(1, latency.TotalMicroseconds);
        _counts[Class(micros)]++;
        _total++;
    }

    /// <summary>The latency in milliseconds that such a part of all stays below; NaN = there were none.</summary>
    public double Milliseconds(double part)
    {
        long rest = (long)Math.Ceiling(part * _total);
        for (int i = 0; i < _counts.Length && _total > 0; i++)
        {
            rest -= _counts[i];
            if (rest <= 0)
                return Start(i + 1) / 1000.0;
        }

        return double.NaN;
    }

    // Small numbers have a class each; above, so many classes for each power of two.
    private static int Class(ulong micros)
    {
        int shift = Math.Max(0, BitOperations.Log2(micros) - SubclassBits);
        return (shift << SubclassBits) + (int)(micros >> shift);
    }

    private static double Start(int index)
    {
        int shift = Math.Max(0, (index >> SubclassBits) - 1);
        return (double)(index - (shift << SubclassBits)) * (1UL << shift);
    }
}
