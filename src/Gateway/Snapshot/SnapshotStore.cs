using Gateway.Http;
using Gateway.Streams;
using Gateway.Tcp;

namespace Gateway.Snapshot;

/// <summary>Holds the snapshot in force. One pointer, swapped whole.</summary>
internal sealed class SnapshotStore
{
    private volatile LiveSnapshot? _current;

    /// <summary>The snapshot in force; null before the first one.</summary>
    public LiveSnapshot? Current => _current;

    /// <summary>Puts a new snapshot in force for all requests that begin from now on.</summary>
    public void Swap(LiveSnapshot next) => _current = next;

    /// <summary>A connection's chain in the snapshot in force.</summary>
    public FilterChain? FindChain(DownstreamConnection connection) => _current?.FindChain(connection.FilterChainKey);

    /// <summary>Where a connection's bytes go in the snapshot in force.</summary>
    public TcpTarget? FindTarget(DownstreamConnection connection) => _current?.FindTarget(connection.FilterChainKey);
}
