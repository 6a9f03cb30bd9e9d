using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Sources;

/// <summary>A fake clock that tells whether someone waits for it, so that a test can move it at the right moment without sleeping.</summary>
internal sealed class WaitableTimeProvider : FakeTimeProvider
{
    private int _pending;

    public int PendingTimers => Volatile.Read(ref _pending);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Pending pending = new(this, callback);
        pending.Inner = base.CreateTimer(pending.Fire, state, dueTime, period);
        return pending;
    }

    private sealed class Pending : ITimer
    {
        private readonly WaitableTimeProvider _owner;
        private readonly TimerCallback _callback;
        private int _over;

        public Pending(WaitableTimeProvider owner, TimerCallback callback)
        {
            _owner = owner;
            _callback = callback;
            Interlocked.Increment(ref owner._pending);
        }

        public ITimer? Inner { get; set; }

        public void Fire(object? state)
        {
            End();
            _callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => Inner!.Change(dueTime, period);

        public void Dispose()
        {
            End();
            Inner?.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void End()
        {
            if (Interlocked.Exchange(ref _over, 1) == 0)
                Interlocked.Decrement(ref _owner._pending);
        }
    }
}
