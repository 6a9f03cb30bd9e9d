namespace Gateway.Transport;

/// <summary>Owner of a descriptor that an <see cref="EventLoop"/> watches. Called on the loop.</summary>
internal interface ILoopHandler
{
    /// <summary>Something happened; <paramref name="flags"/> are epoll's. Each change is told once.</summary>
    void OnEvents(uint flags);

    /// <summary>The loop ends: close and unregister now.</summary>
    void OnLoopEnding();
}
