using System.Threading.Tasks.Sources;

namespace Gateway.Transport;

/// <summary>Lets one waiter of a loop wait for one thing again and again without allocating. For one thread; the waiter continues inside <see cref="Set"/>.</summary>
internal sealed class LoopSignal : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;
    private bool _waited;

    /// <summary>Whether somebody waits.</summary>
    public bool IsWaited => _waited;

    /// <summary>Waits for the next <see cref="Set"/>; what was set before does not count.</summary>
    /// <exception cref="InvalidOperationException">Somebody waits already.</exception>
    public ValueTask WaitAsync()
    {
        if (_waited)
            throw new InvalidOperationException("Two waiters on one side of a socket.");

        _waited = true;
        _core.Reset();
        return new ValueTask(this, _core.Version);
    }

    /// <summary>Continues the waiter, if there is one.</summary>
    public void Set()
    {
        if (!_waited)
            return;

        _waited = false;
        _core.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
