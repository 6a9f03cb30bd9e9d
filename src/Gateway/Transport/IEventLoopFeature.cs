namespace Gateway.Transport;

/// <summary>Connection feature: the loop that holds the connection.</summary>
internal interface IEventLoopFeature
{
    /// <summary>Its loop.</summary>
    EventLoop Loop { get; }
}
