using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Gateway.Tests.Forwarding.Http2;

/// <summary>A backend that sends exactly what its script writes.</summary>
internal sealed class ScriptedHttp2Origin : ScriptedListener
{
    private readonly Func<ScriptedPeer, Task> _script;

    /// <param name="script">What happens on a connection, from its first byte; it is closed afterwards.</param>
    public ScriptedHttp2Origin(Func<ScriptedPeer, Task> script)
    {
        _script = script;
        Start();
    }

    /// <summary>What came, with the number of the connection.</summary>
    public ConcurrentQueue<(int Connection, SeenFrame Frame)> Frames { get; } = new();

    protected override Task ServeAsync(NetworkStream stream, int number) => _script(new ScriptedPeer(stream, number, this));
}
