using Gateway.Http.Filters.LocalRateLimit;

namespace Gateway.Tests.Http.RateLimits;

/// <summary>Buckets and their table, by a clock of the test's own.</summary>
public sealed class BucketTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void A_bucket_gives_its_burst_at_once_and_then_by_its_rate()
    {
        var rate = new TokenRate(10, TimeSpan.FromSeconds(1), 5);
        long full = 0;

        for (int i = 4; i >= 0; i--)
            Assert.Equal((true, (long)i), Said(TokenBucket.Take(ref full, 100 * Second, rate)));
        BucketAnswer refused = TokenBucket.Take(ref full, 100 * Second, rate);

        Assert.Equal((false, 0L, Second / 10, Second / 2), (refused.Allowed, refused.Remaining, refused.WaitNanoseconds, refused.FullNanoseconds));
        Assert.False(TokenBucket.Take(ref full, (100 * Second) + (Second / 10) - 1, rate).Allowed);
        Assert.True(TokenBucket.Take(ref full, (100 * Second) + (Second / 10), rate).Allowed);
        Assert.Equal((true, 4L), Said(TokenBucket.Take(ref full, 1000 * Second, rate)));
    }

    [Theory]
    [InlineData(1, 86_400, 1_000_000_000)]
    [InlineData(1_000_000_000, 1, 1_000_000_000)]
    public void The_largest_numbers_do_not_overflow(long tokens, int seconds, long burst)
    {
        var rate = new TokenRate(tokens, TimeSpan.FromSeconds(seconds), burst);
        long full = 0;

        BucketAnswer answer = TokenBucket.Take(ref full, long.MaxValue / 4, rate);

        Assert.True(answer.Allowed);
        Assert.True(answer.Remaining > 0);
    }

    [Fact]
    public async Task Many_threads_get_no_more_than_there_is()
    {
        var rate = new TokenRate(1, TimeSpan.FromHours(1), 1000);
        var table = new BucketTable(64);
        int allowed = 0;

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                if (table.Take(42, Second, rate).Allowed)
                    Interlocked.Increment(ref allowed);
            }
        })));

        // All threads may bring the new key at one instant; from then on they share its bucket.
        Assert.InRange(allowed, 1000, 1004);
    }

    [Fact]
    public void The_table_stays_as_it_is_whatever_comes_and_forgets_idle_keys_first()
    {
        var rate = new TokenRate(1, TimeSpan.FromSeconds(1), 2);
        var table = new BucketTable(1024);
        Assert.Equal(1024, table.Capacity);

        for (ulong key = 1; key <= 1_000_000; key++)
            Assert.True(table.Take(key << 32, Second, rate).Allowed);

        Assert.Equal(1024, table.Capacity);
        Assert.Equal(1_000_000 - 1024, table.Evicted);

        // A second later all buckets are full, so that taking their places costs nobody anything.
        for (ulong key = 1; key <= 1000; key++)
            Assert.True(table.Take((2_000_000 + key) << 32, 10 * Second, rate).Allowed);
        Assert.Equal(1_000_000 - 1024, table.Evicted);
    }

    [Fact]
    public void A_key_that_takes_a_place_over_does_not_pay_for_the_one_before()
    {
        var rate = new TokenRate(1, TimeSpan.FromHours(1), 1);
        var table = new BucketTable(8);
        for (ulong key = 1; key <= 8; key++)
            Assert.True(table.Take(key, Second, rate).Allowed);

        Assert.True(table.Take(9, Second, rate).Allowed);
        Assert.False(table.Take(9, Second, rate).Allowed);
    }

    private static (bool Allowed, long Remaining) Said(BucketAnswer answer) => (answer.Allowed, answer.Remaining);
}
