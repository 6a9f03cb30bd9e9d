namespace Gateway.Transport;

/// <summary>Connection feature: the loop that holds the connection, and what it knows before others are told.</summary>
internal interface IEventLoopFeature
{
    /// <summary>Its loop.</summary>
    EventLoop Loop { get; }

    /// <summary>Whether nothing more comes from the peer: it ended its side, or the connection broke.</summary>
    bool HasEnded { get; }
}
