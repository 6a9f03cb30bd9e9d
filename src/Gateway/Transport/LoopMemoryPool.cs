using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Gateway.Transport;

/// <summary>
/// Pinned blocks of <see cref="BlockBytes"/>. On its loop it is a plain stack, so that the block used last, still in the
/// processor's cache, is used next; other threads take from and give to a queue beside it. Blocks that a whole
/// <see cref="TrimInterval"/> did not need are left to the garbage collector.
/// </summary>
internal sealed class LoopMemoryPool(EventLoop loop) : MemoryPool<byte>
{
    /// <summary>Size of every block: bulk data in few system calls, and a request head fits well.</summary>
    public const int BlockBytes = 16 * 1024;

    private const int MaxForeign = 256;
    private const int EnoughOwn = 32;
    private static readonly TimeSpan TrimInterval = TimeSpan.FromSeconds(5);

    private readonly Stack<Block> _own = new();
    private readonly ConcurrentQueue<Block> _foreign = new();
    private LoopTimer? _trim;
    private int _foreignCount;
    private int _leastFree;
    private int _blocks;

    /// <summary>Blocks that exist, rented or free.</summary>
    public int Blocks => Volatile.Read(ref _blocks);

    public override int MaxBufferSize => BlockBytes;

    /// <summary>A block.</summary>
    /// <param name="minBufferSize">At most <see cref="BlockBytes"/>; the block is always that large.</param>
    /// <exception cref="ArgumentOutOfRangeException">More was asked for.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        Block? block;
        if (loop.IsCurrent)
        {
            if (_own.TryPop(out block))
                _leastFree = Math.Min(_leastFree, _own.Count);
            else
                block = TakeForeign();
        }
        else
        {
            block = TakeForeign();
        }

        if (block is null)
        {
            Interlocked.Increment(ref _blocks);
            block = new Block(this);
        }

        block.Rented();
        return block;
    }

    protected override void Dispose(bool disposing)
    {
    }

    private Block? TakeForeign()
    {
        if (!_foreign.TryDequeue(out Block? block))
            return null;

        Interlocked.Decrement(ref _foreignCount);
        return block;
    }

    private void Return(Block block)
    {
        // Where another thread fills what the loop sends, blocks only ever come back here: what is more than enough goes over.
        if (loop.IsCurrent && (_own.Count < EnoughOwn || Volatile.Read(ref _foreignCount) >= MaxForeign))
        {
            _own.Push(block);
            ScheduleTrim();
        }
        else if (Interlocked.Increment(ref _foreignCount) <= MaxForeign)
        {
            _foreign.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref _foreignCount);
            Interlocked.Decrement(ref _blocks);
        }
    }

    private void ScheduleTrim()
    {
        if (_trim is { IsSet: true })
            return;

        _trim ??= new LoopTimer(static pool => ((LoopMemoryPool)pool!).Trim(), this);
        _leastFree = _own.Count;
        loop.Timers.Set(_trim, TrimInterval);
    }

    // Half of what was never needed goes, so that a pause in the traffic does not cost all of it; the timer rests when nothing is left to give back.
    private void Trim()
    {
        int surplus = Math.Min(_leastFree, _own.Count);
        for (int drop = (surplus + 1) / 2; drop > 0; drop--)
        {
            _own.Pop();
            Interlocked.Decrement(ref _blocks);
        }

        for (int drop = Volatile.Read(ref _foreignCount) / 2; drop > 0 && TakeForeign() is not null; drop--)
            Interlocked.Decrement(ref _blocks);

        if (_own.Count > 0)
            ScheduleTrim();
    }

    private sealed class Block(LoopMemoryPool pool) : IMemoryOwner<byte>
    {
        private int _rented;

        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);

        public void Rented() => _rented = 1;

        public void Dispose()
        {
            // Given back twice, two connections would share a block.
            if (Interlocked.Exchange(ref _rented, 0) == 0)
                throw new InvalidOperationException("The block was returned before.");

            pool.Return(this);
        }
    }
}
