namespace Gateway.Transport;

/// <summary>How long turns of a loop take: the worst of the last ten to twenty seconds, or the one under way if it is worse. One writer, any readers.</summary>
internal sealed class LoopLag
{
    private const long WindowMs = 10_000;
    private const long Idle = -1;

    private long _turnBegan = Idle;
    private long _windowBegan = Environment.TickCount64;
    private long _worstNow;
    private long _worstBefore;

    public TimeSpan Value
    {
        get
        {
            long now = Environment.TickCount64;
            long began = Volatile.Read(ref _turnBegan);
            long running = began == Idle ? 0 : now - began;
            long age = now - Volatile.Read(ref _windowBegan);
            long worst = age < WindowMs ? Math.Max(_worstNow, _worstBefore) : age < 2 * WindowMs ? _worstNow : 0;
            return TimeSpan.FromMilliseconds(Math.Max(worst, running));
        }
    }

    public void TurnBegins(long nowMs) => Volatile.Write(ref _turnBegan, nowMs);

    public void TurnEnds()
    {
        long now = Environment.TickCount64;
        long took = now - _turnBegan;
        Volatile.Write(ref _turnBegan, Idle);
        if (now - _windowBegan >= WindowMs)
        {
            _worstBefore = now - _windowBegan < 2 * WindowMs ? _worstNow : 0;
            _worstNow = 0;
            Volatile.Write(ref _windowBegan, now);
        }

        if (took > _worstNow)
            _worstNow = took;
    }
}
