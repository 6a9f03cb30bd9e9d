namespace Gateway.Http.Filters.LocalRateLimit;

/// <summary>How fast tokens come and how many are kept.</summary>
internal readonly record struct TokenRate
{
    // Half of what a long holds, so that an instant and a capacity can be added.
    private const long MostNanoseconds = long.MaxValue / 4;

    /// <summary>Makes a rate.</summary>
    /// <param name="tokens">Tokens that come in <paramref name="window"/>; at least 1.</param>
    /// <param name="window">A time; longer than nothing.</param>
    /// <param name="burst">Most tokens that are kept; at least 1.</param>
    public TokenRate(long tokens, TimeSpan window, long burst)
    {
        TokenNanoseconds = Math.Max(1, (long)Math.Min(window.TotalNanoseconds / tokens, MostNanoseconds));
        CapacityNanoseconds = (long)Math.Min((double)TokenNanoseconds * burst, MostNanoseconds);
    }

    /// <summary>From one token to the next.</summary>
    public long TokenNanoseconds { get; }

    /// <summary>From an empty bucket to a full one.</summary>
    public long CapacityNanoseconds { get; }
}

/// <summary>What a bucket said.</summary>
/// <param name="Allowed">Whether there was a token, which is taken now.</param>
/// <param name="Remaining">Tokens left.</param>
/// <param name="WaitNanoseconds">Until the next token; 0 if there was one.</param>
/// <param name="FullNanoseconds">Until the bucket is full.</param>
internal readonly record struct BucketAnswer(bool Allowed, long Remaining, long WaitNanoseconds, long FullNanoseconds);

/// <summary>
/// A token bucket that fills continuously, as Envoy's. Its whole state is the instant at which it will be full again, so
/// that one compare-and-swap takes a token, and a bucket whose instant has passed is like one that never was.
/// </summary>
internal static class TokenBucket
{
    /// <summary>Takes a token. Thread-safe.</summary>
    /// <param name="full">The state: when the bucket is full again, in nanoseconds; 0 for a new one.</param>
    /// <param name="now">The instant, by the same clock.</param>
    /// <param name="rate">How it fills.</param>
    public static BucketAnswer Take(ref long full, long now, TokenRate rate)
    {
        long seen = Volatile.Read(ref full);
        while (true)
        {
            long next = Math.Max(seen, now) + rate.TokenNanoseconds;
            long debt = next - now;
            if (debt > rate.CapacityNanoseconds)
                return new BucketAnswer(false, 0, debt - rate.CapacityNanoseconds, debt - rate.TokenNanoseconds);
            long before = Interlocked.CompareExchange(ref full, next, seen);
            if (before == seen)
                return new BucketAnswer(true, (rate.CapacityNanoseconds - debt) / rate.TokenNanoseconds, 0, debt);
            seen = before;
        }
    }

    /// <summary>What <see cref="Take"/> would say, without taking.</summary>
    public static BucketAnswer Peek(ref readonly long full, long now, TokenRate rate)
    {
        long copy = Volatile.Read(in full);
        return Take(ref copy, now, rate);
    }
}
