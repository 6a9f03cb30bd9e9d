using Gateway.Streams;

namespace Gateway.Forwarding;

/// <summary>How the router works.</summary>
/// <param name="Random">Draws pauses.</param>
/// <param name="Denials">Remembers what must not leave.</param>
internal sealed record RouterOptions(Random Random, EgressDenials Denials)
{
    /// <summary>So much of a request's body is kept for further tries, in bytes.</summary>
    public int ReplayBytes { get; init; } = 1024 * 1024;

    /// <summary>Whether our own HTTP/1.1 client is used for what it does.</summary>
    public bool OwnClient { get; init; }
}
