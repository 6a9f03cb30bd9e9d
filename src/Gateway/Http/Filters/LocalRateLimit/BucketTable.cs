using System.Numerics;

namespace Gateway.Http.Filters.LocalRateLimit;

/// <summary>
/// Buckets by key in a table of fixed size, whatever clients send. A key lives in one of the eight places of its group; a
/// place whose bucket is full again is free, and where none is, the one that is nearest to it is taken over. No locks:
/// of two requests that bring the same new key at one instant, both may find a fresh bucket.
/// </summary>
internal sealed class BucketTable
{
    private const int Ways = 8;

    private readonly Slot[] _slots;
    private readonly ulong _groups;
    private long _evicted;

    /// <summary>Makes a table for at least so many keys.</summary>
    public BucketTable(int keys)
    {
        _groups = BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, (keys + Ways - 1) / Ways));
        _slots = new Slot[_groups * Ways];
    }

    private struct Slot
    {
        public ulong Key;
        public long Full;
    }

    /// <summary>Most keys that are remembered.</summary>
    public int Capacity => _slots.Length;

    /// <summary>Buckets that were taken over before they were full again.</summary>
    public long Evicted => Interlocked.Read(ref _evicted);

    /// <summary>Takes a token from a key's bucket.</summary>
    /// <param name="key">The key's hash.</param>
    /// <param name="now">The instant.</param>
    /// <param name="rate">How buckets fill.</param>
    public BucketAnswer Take(ulong key, long now, TokenRate rate)
    {
        // 0 means that a place was never used.
        if (key == 0)
            key = 1;
        Span<Slot> group = _slots.AsSpan((int)((key >> 32) & (_groups - 1)) * Ways, Ways);
        while (true)
        {
            int place = 0;
            ulong holder = 0;
            long earliest = long.MaxValue;
            for (int i = 0; i < Ways; i++)
            {
                ulong there = Volatile.Read(ref group[i].Key);
                if (there == key)
                    return TokenBucket.Take(ref group[i].Full, now, rate);
                long full = there == 0 ? long.MinValue : Volatile.Read(ref group[i].Full);
                if (full < earliest)
                    (place, holder, earliest) = (i, there, full);
            }
            if (Interlocked.CompareExchange(ref group[place].Key, key, holder) != holder)
                continue;
            if (earliest > now)
            {
                Interlocked.Increment(ref _evicted);
                // What the other one owed is not this one's.
                Interlocked.CompareExchange(ref group[place].Full, now, earliest);
            }
            return TokenBucket.Take(ref group[place].Full, now, rate);
        }
    }
}
