using System.Buffers;

namespace Gateway.Transport;

/// <summary>
/// What stands between a connection's pipes and its socket and changes the bytes on their way: TLS. Used by the
/// connection's loop only, by one caller at a time; disposed of once, when nothing of the connection runs any more.
/// </summary>
internal interface IConnectionCodec : IDisposable
{
    /// <summary>Whether <see cref="Prepare"/> may bring something without another event of the socket.</summary>
    bool HasReceived { get; }

    /// <summary>Whether the connection is not open yet: what it receives takes long, and <see cref="TurnAsync"/> is to be awaited before.</summary>
    bool IsOpening { get; }

    /// <summary>Whether bytes wait for room in the socket.</summary>
    bool HasUnsent { get; }

    /// <summary>Why something failed; null = the socket did.</summary>
    Exception? Failure { get; }

    /// <summary>Waits until the loop may spend time on an opening connection again.</summary>
    ValueTask TurnAsync();

    /// <summary>Receives from the socket until there is data to read.</summary>
    /// <returns>1 = there is, 0 = the peer ended its side, <see cref="LoopChannel.WouldBlock"/> or <see cref="LoopChannel.Failed"/>.</returns>
    int Prepare();

    /// <summary>Reads what <see cref="Prepare"/> found; results as <see cref="LoopChannel.TryReceive"/>.</summary>
    int Read(Span<byte> buffer);

    /// <summary>Takes data to send. What the socket does not take at once is kept and is <see cref="HasUnsent"/>.</summary>
    /// <returns>Bytes taken, or <see cref="LoopChannel.Failed"/>.</returns>
    long TrySend(in ReadOnlySequence<byte> data);

    /// <summary>Sends what is kept, as far as the socket takes it.</summary>
    /// <returns>Whether the socket still works.</returns>
    bool TrySendUnsent();

    /// <summary>No more will be sent: adds what tells the peer so.</summary>
    void EndSending();

    /// <summary>No more will be received.</summary>
    /// <param name="error">Why; null = the peer ended its side, or nobody reads any more.</param>
    void ReceivingEnded(Exception? error);
}
