using System.Net;

namespace Gateway.Transport;

/// <summary>What the event loops and their sockets are made with.</summary>
internal sealed record EventLoopOptions
{
    /// <summary>Number of loops; 0 = one per processor the process may use (container limits count).</summary>
    public int Loops { get; init; }

    /// <summary>Length of the kernel's queue of unaccepted connections, per loop.</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>Received bytes a slow consumer may leave lying before the socket is no longer read.</summary>
    public int InputPauseBytes { get; init; } = 128 * 1024;

    /// <summary>Bytes waiting for a slow peer before the producer has to wait.</summary>
    public int OutputPauseBytes { get; init; } = 64 * 1024;

    /// <summary>Accepted connections that nobody has taken yet before accepting pauses, per listener.</summary>
    public int MaxUntakenConnections { get; init; } = 1024;

    /// <summary>How long a connection that was disposed of may take to send what was written to it; then it is reset.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a closed connection is read on when the peer was still sending: closing at once would reset it and lose the answer.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long accepting rests after the process ran out of descriptors.</summary>
    public TimeSpan AcceptPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Told, on a loop, whenever accepting at an address begins to rest.</summary>
    public Action<EndPoint>? OnExhausted { get; init; }
}
