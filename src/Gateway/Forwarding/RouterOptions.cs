namespace Gateway.Forwarding;

/// <summary>How the router tries again.</summary>
/// <param name="Random">Draws pauses.</param>
internal sealed record RouterOptions(Random Random)
{
    /// <summary>So much of a request's body is kept for further tries, in bytes.</summary>
    public int ReplayBytes { get; init; } = 1024 * 1024;

    /// <summary>Whether our own HTTP/1.1 client is used for what it does.</summary>
    public bool OwnClient { get; init; }
}
