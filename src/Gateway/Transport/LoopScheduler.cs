using System.IO.Pipelines;

namespace Gateway.Transport;

/// <summary>Pipe continuations inline on their loop; from another thread they are posted to it.</summary>
internal sealed class LoopScheduler(EventLoop loop) : PipeScheduler
{
    public override void Schedule(Action<object?> action, object? state)
    {
        if (loop.IsCurrent)
            action(state);
        else
            loop.Post(action, state);
    }
}
