namespace Gateway.Transport;

/// <summary>
/// Deadlines of one loop: a wheel of lists, so that setting and clearing cost a few writes and no allocation. Nearly all
/// deadlines are cleared before they pass. For one thread.
/// </summary>
internal sealed class LoopTimers
{
    private const int BucketMs = 16;
    private const int Buckets = 1024;

    private readonly LoopTimer?[] _wheel = new LoopTimer?[Buckets];
    private int _count;
    private long _earliest = long.MaxValue;
    private LoopTimer? _due;

    /// <summary>Milliseconds of a monotonic clock, read once per turn of the loop.</summary>
    public long Now { get; private set; } = Environment.TickCount64;

    /// <summary>Sets or moves a deadline to <paramref name="delay"/> from now.</summary>
    public void Set(LoopTimer timer, TimeSpan delay) => Set(timer, (long)Math.Min(delay.TotalMilliseconds, int.MaxValue));

    /// <summary>Sets or moves a deadline to <paramref name="delayMs"/> milliseconds from now.</summary>
    public void Set(LoopTimer timer, long delayMs)
    {
        Clear(timer);
        timer.DueAt = Now + Math.Max(1, delayMs);
        Link(ref _wheel[Bucket(timer.DueAt)], timer);
        timer.IsSet = true;
        _count++;
        _earliest = Math.Min(_earliest, timer.DueAt);
    }

    /// <summary>Takes a deadline back; one that is not set is passed over.</summary>
    public void Clear(LoopTimer timer)
    {
        if (!timer.IsSet)
            return;

        if (timer.Previous is null)
        {
            ref LoopTimer? head = ref _due == timer ? ref _due : ref _wheel[Bucket(timer.DueAt)];
            head = timer.Next;
        }
        else
        {
            timer.Previous.Next = timer.Next;
        }

        if (timer.Next is not null)
            timer.Next.Previous = timer.Previous;

        timer.Next = timer.Previous = null;
        timer.IsSet = false;
        _count--;
    }

    internal void ReadClock() => Now = Environment.TickCount64;

    /// <summary>How long the loop may sleep; -1 = for ever.</summary>
    internal int MillisecondsToNext()
    {
        if (_count == 0)
            return -1;

        return (int)Math.Clamp(_earliest - Now, 0, 60_000);
    }

    /// <summary>Takes one deadline that has passed; null = there is none.</summary>
    internal LoopTimer? TakeDue()
    {
        if (_due is null && Now >= _earliest)
            CollectDue();

        LoopTimer? timer = _due;
        if (timer is not null)
            Clear(timer);

        return timer;
    }

    private static int Bucket(long dueAt) => (int)(dueAt / BucketMs) & (Buckets - 1);

    private static void Link(ref LoopTimer? head, LoopTimer timer)
    {
        timer.Previous = null;
        timer.Next = head;
        if (head is not null)
            head.Previous = timer;

        head = timer;
    }

    private void CollectDue()
    {
        long earliest = long.MaxValue;
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            LoopTimer? timer = _wheel[bucket];
            while (timer is not null)
            {
                LoopTimer? next = timer.Next;
                if (timer.DueAt <= Now)
                    MoveToDue(timer, bucket);
                else
                    earliest = Math.Min(earliest, timer.DueAt);

                timer = next;
            }
        }

        _earliest = earliest;
    }

    private void MoveToDue(LoopTimer timer, int bucket)
    {
        if (timer.Previous is null)
            _wheel[bucket] = timer.Next;
        else
            timer.Previous.Next = timer.Next;

        if (timer.Next is not null)
            timer.Next.Previous = timer.Previous;

        Link(ref _due, timer);
    }
}

/// <summary>One deadline; set again and again by its owner, on one loop.</summary>
/// <param name="fired">Called on the loop when it passes.</param>
/// <param name="state">Handed to <paramref name="fired"/>.</param>
internal sealed class LoopTimer(Action<object?> fired, object? state)
{
    internal LoopTimer? Next { get; set; }

    internal LoopTimer? Previous { get; set; }

    internal long DueAt { get; set; }

    /// <summary>Whether it will fire.</summary>
    public bool IsSet { get; internal set; }

    internal void Fire() => fired(state);
}
