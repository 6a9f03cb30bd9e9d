using System.Net;
using Gateway.Transport.Native;

namespace Gateway.Transport;

/// <summary>
/// Accepts on one loop from one listening descriptor, which it owns. Short of descriptors it rests until there are some; the
/// connections wait in the kernel's queue and those that exist are not touched.
/// </summary>
internal sealed class LoopAcceptor : ILoopHandler
{
    private const int MaxAcceptsPerTurn = 64;

    private readonly EventLoop _loop;
    private readonly EventLoopListener _listener;
    private readonly EventLoopOptions _options;
    private readonly EndPoint? _localEndPoint;
    private readonly LoopTimer _resume;
    private int _fd;
    private long _registration;
    private bool _registered;
    private bool _resting;

    /// <param name="listener">Takes the connections.</param>
    /// <param name="loop">Where it accepts.</param>
    /// <param name="fd">A bound, listening, non-blocking descriptor.</param>
    /// <param name="options">Limits.</param>
    /// <param name="bound">What it is bound to.</param>
    public LoopAcceptor(EventLoopListener listener, EventLoop loop, int fd, EventLoopOptions options, EndPoint bound)
    {
        _listener = listener;
        _loop = loop;
        _fd = fd;
        _options = options;
        _resume = new LoopTimer(static state => ((LoopAcceptor)state!).Accept(), this);
        bool wildcard = bound is IPEndPoint ip && (ip.Address.Equals(IPAddress.Any) || ip.Address.Equals(IPAddress.IPv6Any));
        _localEndPoint = wildcard ? null : bound;
    }

    /// <summary>Starts. Any thread.</summary>
    public void Start() => _loop.Post(static state => ((LoopAcceptor)state!).StartOnLoop(), this);

    /// <summary>Goes on after the listener had too many untaken connections. Any thread.</summary>
    public void Resume() => _loop.Post(static state => ((LoopAcceptor)state!).Accept(), this);

    /// <summary>
    /// Takes what the kernel has queued, since it would reset these connections with the descriptor, and closes it.
    /// Connections accepted before live on. Any thread.
    /// </summary>
    /// <returns>Done when it is closed.</returns>
    public async Task CloseAsync()
    {
        await _loop.SwitchAsync();
        if (_registered && _fd >= 0)
            TakeQueued();
        Close();
    }

    void ILoopHandler.OnEvents(uint flags)
    {
        if (!_resume.IsSet)
            Accept();
    }

    void ILoopHandler.OnLoopEnding() => Close();

    private void StartOnLoop()
    {
        if (_fd < 0)
            return;

        int error = _loop.Register(_fd, this, LibC.EpollIn, out _registration);
        _registered = error == 0;
        if (error != 0)
            _listener.Fail(Errno.ToException(error));
    }

    private void Close()
    {
        if (_fd < 0)
            return;

        if (_registered)
            _loop.Unregister(_registration);

        _loop.Timers.Clear(_resume);
        _ = LibC.Close(_fd);
        _fd = -1;
    }

    private void Accept()
    {
        if (_fd < 0)
            return;

        if (_resting && !Descriptors.HasRoom())
        {
            Rest();
            return;
        }

        _resting = false;
        for (int i = 0; i < MaxAcceptsPerTurn; i++)
        {
            if (_fd < 0 || !_listener.HasRoom(this))
                return;

            int accepted = AcceptOne();
            if (accepted == -Errno.TryAgain)
                return;

            if (accepted >= 0 ? Descriptors.IsKept(accepted) : Errno.IsExhaustion(-accepted))
            {
                Rest();
                return;
            }

            // Every other error (ECONNABORTED and network errors) is about the one connection that was to be accepted (accept(2)).
        }

        _loop.Post(static state => ((LoopAcceptor)state!).Accept(), this);
    }

    private void Rest()
    {
        _resting = true;
        _loop.Timers.Set(_resume, _options.AcceptPause);
        _listener.CountPause();
    }

    private void TakeQueued()
    {
        for (int left = _options.Backlog; left > 0 && AcceptOne() >= 0; left--)
        {
        }
    }

    /// <returns>The descriptor or the error number, negative.</returns>
    private unsafe int AcceptOne()
    {
        byte* address = stackalloc byte[LibC.MaxAddressBytes];
        uint length = LibC.MaxAddressBytes;
        int fd = LibC.Accept(_fd, address, &length, LibC.SocketNonBlocking | LibC.SocketCloseOnExec);
        if (fd < 0)
            return -Errno.Last;

        Take(fd, new ReadOnlySpan<byte>(address, (int)Math.Min(length, LibC.MaxAddressBytes)));
        return fd;
    }

    private void Take(int fd, ReadOnlySpan<byte> peer)
    {
        EventLoop loop = _listener.LoopFor(_loop);
        EndPoint remote = NativeAddress.Read(peer);
        if (loop == _loop)
            _listener.Take(loop, fd, _localEndPoint, remote);
        else
            loop.Post(static state => ((Handover)state!).Run(), new Handover(_listener, loop, fd, _localEndPoint, remote));
    }

    private sealed record Handover(EventLoopListener Listener, EventLoop Loop, int Fd, EndPoint? Local, EndPoint Remote)
    {
        public void Run() => Listener.Take(Loop, Fd, Local, Remote);
    }
}
