using System.Globalization;
using System.Text;
using Gateway.Observability.AccessLogs;

namespace Gateway.Tests.Observability;

public sealed class LogRingTests
{
    [Fact]
    public void Entries_come_out_in_order_over_many_rounds()
    {
        LogRing ring = new(256);
        byte[] target = new byte[64];
        for (int i = 0; i < 10_000; i++)
        {
            byte[] entry = Encoding.ASCII.GetBytes(new string((char)('a' + (i % 26)), i % 40));
            Assert.True(ring.TryWrite(entry));
            int read = ring.Read(target);
            Assert.Equal(entry, target[..read]);
            Assert.True(ring.IsEmpty);
        }
    }

    [Fact]
    public void A_full_ring_refuses_until_it_is_read()
    {
        LogRing ring = new(64);
        byte[] entry = new byte[28];

        Assert.True(ring.TryWrite(entry));
        Assert.True(ring.TryWrite(entry));
        Assert.False(ring.TryWrite(entry));
        Assert.Equal(56, ring.Read(new byte[64]));
        Assert.True(ring.TryWrite(entry));
    }

    [Fact]
    public void An_entry_larger_than_the_ring_is_refused() => Assert.False(new LogRing(64).TryWrite(new byte[64]));

    [Fact]
    public void Only_whole_entries_are_read()
    {
        LogRing ring = new(256);
        ring.TryWrite(new byte[40]);
        ring.TryWrite(new byte[40]);

        Assert.Equal(40, ring.Read(new byte[60]));
        Assert.Equal(40, ring.Read(new byte[60]));
        Assert.Equal(0, ring.Read(new byte[60]));
    }

    [Fact]
    public async Task Many_writers_and_one_reader_lose_and_mix_nothing()
    {
        const int writers = 4;
        const int each = 20_000;
        LogRing ring = new(4096);
        Task[] tasks = [.. Enumerable.Range(0, writers).Select(writer => Task.Run(() =>
        {
            SpinWait spin = default;
            for (int i = 0; i < each; i++)
            {
                byte[] entry = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{writer}:{i}{new string('.', i % 50)}\n"));
                while (!ring.TryWrite(entry))
                    spin.SpinOnce();
            }
        }))];

        int[] next = new int[writers];
        byte[] target = new byte[1024];
        SpinWait wait = default;
        while (next.Sum() < writers * each)
        {
            int read = ring.Read(target);
            if (read == 0)
                wait.SpinOnce();
            foreach (string line in Encoding.ASCII.GetString(target, 0, read).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                string[] parts = line.TrimEnd('.').Split(':');
                int writer = int.Parse(parts[0], CultureInfo.InvariantCulture);
                Assert.Equal(next[writer]++, int.Parse(parts[1], CultureInfo.InvariantCulture));
            }
        }
        await Task.WhenAll(tasks);
        Assert.True(ring.IsEmpty);
    }
}
