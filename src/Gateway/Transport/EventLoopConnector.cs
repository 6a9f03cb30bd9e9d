using System.Net;
using Gateway.Transport.Native;

namespace Gateway.Transport;

/// <summary>Opens connections on event loops.</summary>
internal static class EventLoopConnector
{
    /// <summary>Connects. A caller on the loop stays there; another one has to move there before it touches the socket.</summary>
    /// <param name="loop">The loop that will hold the connection.</param>
    /// <param name="endPoint">An IP address or a Unix socket.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="System.Net.Sockets.SocketException">Refused, unreachable, timed out …</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public static async ValueTask<LoopSocket> ConnectAsync(EventLoop loop, EndPoint endPoint, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        await loop.SwitchAsync();
        cancellationToken.ThrowIfCancellationRequested();
        LoopSocket socket = Begin(loop, endPoint, out bool connected);
        try
        {
            if (!connected)
                await FinishAsync(socket, timeout, cancellationToken);

            return socket;
        }
        catch
        {
            socket.Close(reset: true);
            throw;
        }
    }

    private static unsafe LoopSocket Begin(EventLoop loop, EndPoint endPoint, out bool connected)
    {
        int family = NativeAddress.Family(endPoint);
        int fd = LibC.Socket(family, LibC.SocketStream | LibC.SocketNonBlocking | LibC.SocketCloseOnExec, 0);
        if (fd < 0)
            throw Errno.ToException(Errno.Last);

        if (Descriptors.IsLast(fd))
        {
            _ = LibC.Close(fd);
            throw Errno.ToException(Errno.TooManyOpenFiles);
        }

        var socket = new LoopSocket(loop, fd);
        if (family != LibC.FamilyUnix)
            LibC.TrySetOption(fd, LibC.LevelTcp, LibC.OptionTcpNoDelay, 1);

        byte* address = stackalloc byte[LibC.MaxAddressBytes];
        uint length = NativeAddress.Write(endPoint, new Span<byte>(address, LibC.MaxAddressBytes));
        int error = LibC.Connect(fd, address, length) == 0 ? 0 : Errno.Last;
        connected = error == 0;
        // Registered only now: an unconnected socket reports a hang-up as its first event.
        if (error is 0 or Errno.InProgress or Errno.Interrupted)
            error = socket.Register();

        if (error == 0)
            return socket;

        socket.Close(reset: true);
        throw Errno.ToException(error);
    }

    private static async ValueTask FinishAsync(LoopSocket socket, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var attempt = new Attempt(socket);
        attempt.Begin(timeout);
        using (cancellationToken.UnsafeRegister(static state => ((Attempt)state!).Cancel(), attempt))
            await attempt.Outcome();

        cancellationToken.ThrowIfCancellationRequested();
    }

    private sealed class Attempt(LoopSocket socket)
    {
        private const int TimedOutError = 110;

        private LoopTimer? _timer;
        private bool _timedOut;
        private volatile bool _cancelled;

        public void Begin(TimeSpan timeout)
        {
            socket.ExpectWritable();
            if (timeout == Timeout.InfiniteTimeSpan)
                return;

            _timer = new LoopTimer(static state => ((Attempt)state!).TimeOut(), this);
            socket.Loop.Timers.Set(_timer, timeout);
        }

        public void Cancel()
        {
            _cancelled = true;
            socket.Loop.Scheduler.Schedule(static state => ((LoopSocket)state!).WakeWriter(), socket);
        }

        public async ValueTask Outcome()
        {
            if (!_cancelled)
                await socket.WaitWritableAsync();

            if (_timer is not null)
                socket.Loop.Timers.Clear(_timer);

            if (_cancelled)
                return;

            int error = _timedOut ? TimedOutError : socket.IsClosed ? Errno.ConnectionAborted : socket.TakeError();
            if (error != 0)
                throw Errno.ToException(error);
        }

        private void TimeOut()
        {
            _timedOut = true;
            socket.WakeWriter();
        }
    }
}
