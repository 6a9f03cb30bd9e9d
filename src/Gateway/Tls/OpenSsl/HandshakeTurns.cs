using System.Diagnostics;
using Gateway.Transport;

namespace Gateway.Tls.OpenSsl;

/// <summary>
/// Shares a loop's turns between handshakes and established connections: a signature takes up to a millisecond, and a
/// burst of new connections would hold everybody up. What is over a turn's budget waits for the next, in order:
/// a connection once, so that no more wait than connections may be open. On one loop.
/// </summary>
internal sealed class HandshakeTurns(EventLoop loop)
{
    /// <summary>How much of a turn handshakes may take; the last one begun may go over it.</summary>
    public static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(2);

    private static readonly long BudgetTicks = (long)(Budget.TotalSeconds * Stopwatch.Frequency);

    [ThreadStatic]
    private static HandshakeTurns? _current;

    private readonly Queue<LoopSignal> _waiting = new();
    private long _spent;
    private bool _nextPosted;

    /// <summary>How many wait.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Those of the loop that this thread is.</summary>
    public static HandshakeTurns Of(EventLoop loop) => _current ??= new HandshakeTurns(loop);

    /// <summary>Waits until there is time in a turn.</summary>
    public ValueTask EnterAsync()
    {
        if (_spent < BudgetTicks && _waiting.Count == 0)
            return default;
        var signal = new LoopSignal();
        _waiting.Enqueue(signal);
        return signal.WaitAsync();
    }

    /// <summary>Time went into a handshake.</summary>
    public void Spend(long ticks)
    {
        _spent += ticks;
        PostNext();
    }

    private void PostNext()
    {
        if (_nextPosted)
            return;
        _nextPosted = true;
        loop.Post(static turns => ((HandshakeTurns)turns!).Next(), this);
    }

    private void Next()
    {
        _nextPosted = false;
        _spent = 0;
        while (_spent < BudgetTicks && _waiting.TryDequeue(out LoopSignal? signal))
            signal.Set();
        if (_waiting.Count > 0)
            PostNext();
    }
}
