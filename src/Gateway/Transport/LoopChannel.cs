using System.Buffers;
using System.Net;

namespace Gateway.Transport;

/// <summary>
/// A connection of a loop, whatever carries its bytes: a socket, or TLS over one. Nothing here blocks or waits by itself:
/// what cannot be done now is told by readiness. Touched by its loop only; at most one waiter per direction.
/// </summary>
internal abstract class LoopChannel
{
    /// <summary>Nothing to receive, or no room to send: wait for readiness.</summary>
    public const int WouldBlock = -1;

    /// <summary>The connection is broken: see <see cref="Error"/>.</summary>
    public const int Failed = -2;

    /// <summary>The loop it belongs to.</summary>
    public abstract EventLoop Loop { get; }

    /// <summary>Whether a receive may bring something.</summary>
    public abstract bool IsReadable { get; }

    /// <summary>Whether a send may be taken.</summary>
    public abstract bool IsWritable { get; }

    /// <summary>Whether the peer has ended its side or the connection broke; what it sent before may still be there.</summary>
    public abstract bool PeerEnded { get; }

    /// <summary>Whether <see cref="Close"/> was called.</summary>
    public abstract bool IsClosed { get; }

    /// <summary>Error number of the last failed call.</summary>
    public abstract int Error { get; }

    /// <summary>Why TLS ended the connection, in words; null = it did not.</summary>
    public virtual string? Fault => null;

    /// <summary>Called on events while nobody waits to read: data or an end on an idle connection.</summary>
    public abstract Action<object?>? IdleEvent { get; set; }

    /// <summary>Handed to <see cref="IdleEvent"/>.</summary>
    public abstract object? IdleState { get; set; }

    /// <summary>Waits until a receive may bring something, or the connection is closed. Holds no buffer.</summary>
    public abstract ValueTask WaitReadableAsync();

    /// <summary>Waits until a send may be taken, or the connection is closed.</summary>
    public abstract ValueTask WaitWritableAsync();

    /// <summary>Ends a wait for reading early; the waiter finds <see cref="IsReadable"/> unchanged.</summary>
    public abstract void WakeReader();

    /// <summary>Ends a wait for writing early; the waiter finds <see cref="IsWritable"/> unchanged.</summary>
    public abstract void WakeWriter();

    /// <summary>Receives what is there.</summary>
    /// <returns>Bytes, 0 = the peer ended its side, <see cref="WouldBlock"/> or <see cref="Failed"/>.</returns>
    public abstract int TryReceive(Span<byte> buffer);

    /// <summary>Sends what is taken at once.</summary>
    /// <returns>Bytes, <see cref="WouldBlock"/> or <see cref="Failed"/>.</returns>
    public abstract int TrySend(ReadOnlySpan<byte> data);

    /// <summary>Sends what is taken at once, several segments together.</summary>
    public abstract long TrySend(in ReadOnlySequence<byte> data);

    /// <summary>Our address.</summary>
    public abstract EndPoint LocalEndPoint();

    /// <summary>Tells the peer that no more comes; receiving goes on. Nothing may be sent afterwards.</summary>
    public abstract void ShutdownWrite();

    /// <summary>Ends it and continues the waiters, who find <see cref="IsClosed"/>. A second call does nothing.</summary>
    /// <param name="reset">Resets the connection instead of ending it in order: the peer learns that what it got is not all.</param>
    public abstract void Close(bool reset);
}
