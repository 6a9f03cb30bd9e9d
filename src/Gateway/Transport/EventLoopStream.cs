using System.Runtime.CompilerServices;
using Gateway.Transport.Native;

namespace Gateway.Transport;

/// <summary>
/// A socket of a loop as a stream, for <c>SslStream</c> and <c>SocketsHttpHandler</c>. One reader and one writer at a time,
/// from any thread; operations are carried out on the loop and continue there. A read of no bytes waits for readability
/// and holds no buffer. A cancelled write leaves the stream broken.
/// </summary>
internal sealed class EventLoopStream(LoopSocket socket) : AsyncStream
{
    private volatile bool _disposed;

    /// <summary>The socket; to be touched on its loop only.</summary>
    public LoopSocket Socket => socket;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (socket.Loop.IsCurrent && socket.IsReadable && !_disposed && !cancellationToken.IsCancellationRequested)
        {
            if (buffer.IsEmpty)
                return new ValueTask<int>(0);

            int received = socket.TryReceive(buffer.Span);
            if (received >= 0)
                return new ValueTask<int>(received);
        }

        return ReadSlowAsync(buffer, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (socket.Loop.IsCurrent && !_disposed && !cancellationToken.IsCancellationRequested)
        {
            int sent = socket.TrySend(buffer.Span);
            if (sent == buffer.Length)
                return default;

            buffer = buffer[Math.Max(0, sent)..];
        }

        return WriteSlowAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            socket.Loop.Scheduler.Schedule(static state => ((LoopSocket)state!).Close(reset: false), socket);
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadSlowAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await socket.Loop.SwitchAsync();
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static state => ((LoopSocket)state!).Loop.Scheduler.Schedule(static s => ((LoopSocket)s!).WakeReader(), state), socket);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (socket.IsReadable && buffer.IsEmpty)
                return 0;

            int received = socket.TryReceive(buffer.Span);
            if (received >= 0)
                return received;

            if (received == LoopSocket.Failed)
                throw Failure();

            await socket.WaitReadableAsync();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteSlowAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await socket.Loop.SwitchAsync();
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static state => ((LoopSocket)state!).Loop.Scheduler.Schedule(static s => ((LoopSocket)s!).WakeWriter(), state), socket);
        while (buffer.Length > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_disposed, this);
            int sent = socket.TrySend(buffer.Span);
            if (sent == LoopSocket.Failed)
                throw Failure();

            buffer = buffer[Math.Max(0, sent)..];
            if (buffer.Length > 0 && !socket.IsWritable)
                await socket.WaitWritableAsync();
        }
    }

    // As NetworkStream: callers look for the SocketException inside.
    private IOException Failure()
    {
        var inner = Errno.ToException(socket.Error);
        return new IOException(inner.Message, inner);
    }
}
