using System.Buffers;
using System.IO.Pipelines;
using System.Net;

namespace Gateway.Tcp;

/// <summary>
/// A connection to an endpoint as a session uses it. One receiver and one sender at a time. Failures are
/// <see cref="IOException"/>s and <see cref="System.Net.Sockets.SocketException"/>s.
/// </summary>
internal abstract class TcpUpstream
{
    /// <summary>Our address; null = not known.</summary>
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>Waits until something can be received, then receives into the writer's memory without flushing it. Holds no buffer while it waits.</summary>
    /// <returns>Bytes; 0 = the peer has ended its side.</returns>
    public abstract ValueTask<int> ReceiveAsync(PipeWriter target);

    /// <summary>Sends everything.</summary>
    public abstract ValueTask SendAsync(ReadOnlySequence<byte> data);

    /// <summary>Ends our side; receiving goes on.</summary>
    public abstract ValueTask EndAsync();

    /// <summary>Closes both sides; who waits finds out. Any thread.</summary>
    /// <param name="reset">Whether the peer shall learn that what it got is not all.</param>
    public abstract void Close(bool reset);
}
