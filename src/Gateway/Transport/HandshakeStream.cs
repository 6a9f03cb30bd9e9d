namespace Gateway.Transport;

/// <summary>
/// A loop's stream for a handshake: what follows a read or a write continues on the thread pool, because the arithmetic of
/// a handshake would hold up the loop's other connections. <see cref="EndHandshake"/> makes it the plain stream it is over.
/// </summary>
internal sealed class HandshakeStream(EventLoopStream inner) : AsyncStream
{
    private volatile bool _direct;

    /// <summary>From now on everything continues on the loop.</summary>
    public void EndHandshake() => _direct = true;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _direct ? inner.ReadAsync(buffer, cancellationToken) : ReadAndLeaveAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _direct ? inner.WriteAsync(buffer, cancellationToken) : WriteAndLeaveAsync(buffer, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadAndLeaveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count = await inner.ReadAsync(buffer, cancellationToken);
        await LeaveAsync();
        return count;
    }

    private async ValueTask WriteAndLeaveAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await inner.WriteAsync(buffer, cancellationToken);
        await LeaveAsync();
    }

    private async ValueTask LeaveAsync()
    {
        if (inner.Socket.Loop.IsCurrent)
            await Task.Yield();
    }
}
