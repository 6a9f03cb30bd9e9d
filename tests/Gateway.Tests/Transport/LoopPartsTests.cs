using System.Buffers;
using Gateway.Testing;
using Gateway.Transport;

namespace Gateway.Tests.Transport;

public sealed class LoopPartsTests
{
    [LinuxFact]
    public async Task Deadlines_fire_in_their_time_and_not_when_taken_back()
    {
        using var group = new EventLoopGroup(new EventLoopOptions { Loops = 1 });
        EventLoop loop = group.Loops[0];
        List<int> fired = [];
        var done = new TaskCompletionSource();
        await loop.SwitchAsync();

        List<LoopTimer> timers = [.. Enumerable.Range(0, 200).Select(i => new LoopTimer(_ => fired.Add(i), null))];
        foreach (int i in Enumerable.Range(0, 200).OrderBy(i => (i * 7919) % 200))
            loop.Timers.Set(timers[i], 1 + i);
        for (int i = 0; i < 200; i += 2)
            loop.Timers.Clear(timers[i]);
        loop.Timers.Set(new LoopTimer(_ => done.SetResult(), null), 300);
        await done.Task.WaitAsync(Eventually.Deadline);

        Assert.Equal(Enumerable.Range(0, 100).Select(i => (2 * i) + 1), fired.Order());
        Assert.All(timers, timer => Assert.False(timer.IsSet));
    }

    [Fact]
    public void A_deadline_moved_fires_once_and_late()
    {
        var timers = new LoopTimers();
        var timer = new LoopTimer(_ => { }, null);
        timers.Set(timer, 1);
        timers.Set(timer, 100_000);

        Assert.InRange(timers.MillisecondsToNext(), 0, 1);
        Assert.Null(timers.TakeDue());
        timers.Clear(timer);
        Assert.Equal(-1, timers.MillisecondsToNext());
    }

    [Fact]
    public void A_closed_slot_is_not_found_by_its_old_number()
    {
        var handlers = new LoopHandlers();
        var first = new Handler();
        var second = new Handler();

        long one = handlers.Add(first);
        handlers.Remove(one);
        long two = handlers.Add(second);
        handlers.Remove(one);

        Assert.Null(handlers.Find(one));
        Assert.Same(second, handlers.Find(two));
        Assert.Equal(1, handlers.Count);
    }

    [LinuxFact]
    public async Task Blocks_are_used_again_and_surplus_ones_given_up()
    {
        using var group = new EventLoopGroup(new EventLoopOptions { Loops = 1 });
        LoopMemoryPool pool = group.Loops[0].Pool;
        await group.Loops[0].SwitchAsync();

        IMemoryOwner<byte>[] blocks = [.. Enumerable.Range(0, 100).Select(_ => pool.Rent())];
        Array.ForEach(blocks, block => block.Dispose());
        pool.Rent(1).Dispose();

        Assert.Equal(100, pool.Blocks);
        await Task.Run(() => Eventually.HoldsAsync(() => pool.Blocks < 60, "surplus blocks are given up"));
    }

    [LinuxFact]
    public void A_block_returned_twice_is_refused()
    {
        using var group = new EventLoopGroup(new EventLoopOptions { Loops = 1 });
        IMemoryOwner<byte> block = group.Loops[0].Pool.Rent(LoopMemoryPool.BlockBytes);
        block.Dispose();

        Assert.Throws<InvalidOperationException>(block.Dispose);
        Assert.Throws<ArgumentOutOfRangeException>(() => group.Loops[0].Pool.Rent(LoopMemoryPool.BlockBytes + 1));
    }

    private sealed class Handler : ILoopHandler
    {
        public void OnEvents(uint flags)
        {
        }

        public void OnLoopEnding()
        {
        }
    }
}
