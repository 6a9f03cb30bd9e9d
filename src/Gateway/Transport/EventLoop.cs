using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Gateway.Transport.Native;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Transport;

/// <summary>
/// One thread that waits for its sockets and runs everything that happens on them inline. What touches a socket runs
/// here; other threads hand work over with <see cref="Post"/> or move here with <see cref="SwitchAsync"/>. Nothing that
/// runs here may block: every connection of the loop would stand still (<see cref="Lag"/> shows it).
/// </summary>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int MaxEventsPerWait = 256;
    private const ulong WakeUpData = ulong.MaxValue;

    [ThreadStatic]
    private static EventLoop? _current;

    private readonly ConcurrentQueue<WorkItem> _posted = new();
    private readonly LoopHandlers _handlers = new();
    private readonly LoopLag _lag = new();
    private readonly Action<Exception>? _onError;
    private readonly Thread _thread;
    private readonly int _epoll;
    private readonly SafeFileHandle _wakeUp;
    private readonly TurnEndQueue _turnEnd = new();
    private readonly Action<Exception> _report;
    private int _leftInTurn;
    private int _asleep;
    private volatile bool _stopping;
    private volatile bool _ended;
    private int _disposed;

    /// <param name="index">Its number in the group.</param>
    /// <param name="onError">Told of exceptions that escaped a callback; the loop goes on.</param>
    public EventLoop(int index, Action<Exception>? onError)
    {
        Index = index;
        _onError = onError;
        _report = Report;
        Pool = new LoopMemoryPool(this);
        Timers = new LoopTimers();
        Scheduler = new LoopScheduler(this);
        _epoll = LibC.EpollCreate(LibC.EpollCloseOnExec);
        if (_epoll < 0)
            throw Errno.ToException(Errno.Last);

        int wakeUp = LibC.EventFd(0, LibC.EventFdNonBlocking | LibC.EventFdCloseOnExec);
        if (wakeUp < 0)
            throw Errno.ToException(Errno.Last);

        _wakeUp = new SafeFileHandle(wakeUp, ownsHandle: true);
        int error = EpollEvents.Add(_epoll, wakeUp, LibC.EpollIn | LibC.EpollEdgeTriggered, WakeUpData);
        if (error != 0)
            throw Errno.ToException(error);

        _thread = new Thread(Run) { IsBackground = true, Name = $"loop-{index}" };
    }

    /// <summary>The loop this thread is; null on all other threads.</summary>
    public static EventLoop? Current => _current;

    /// <summary>Its number in the group.</summary>
    public int Index { get; }

    /// <summary>Buffers of this loop's connections.</summary>
    public LoopMemoryPool Pool { get; }

    /// <summary>Deadlines; to be used on the loop only.</summary>
    public LoopTimers Timers { get; }

    /// <summary>Runs inline on the loop, posts from elsewhere.</summary>
    public PipeScheduler Scheduler { get; }

    /// <summary>Whether the calling thread is this loop.</summary>
    public bool IsCurrent => _current == this;

    /// <summary>Longest time the loop recently went without looking at its sockets, a stall that still lasts included.</summary>
    public TimeSpan Lag => _lag.Value;

    /// <summary>Sockets registered now.</summary>
    public int Registrations => _handlers.Count;

    private bool IsLastOfTurn => _leftInTurn == 0 && _turnEnd.IsEmpty;

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Runs <paramref name="callback"/> on the loop, later, in the order of posting. Any thread.</summary>
    public void Post(Action<object?> callback, object? state)
    {
        _posted.Enqueue(new WorkItem(callback, state));
        // Only a loop that is about to sleep needs waking; the flag makes it one write for any number of posts.
        if (_current != this && Interlocked.Exchange(ref _asleep, 0) == 1)
            WakeUp();

        if (_ended)
            RunLeftovers();
    }

    /// <summary>Continues on the loop: at once if already there.</summary>
    public LoopSwitch SwitchAsync() => new(this, always: false);

    /// <summary>Lets the loop's other connections have their turn, then continues on the loop.</summary>
    public LoopSwitch YieldAsync() => new(this, always: true);

    /// <summary>
    /// Continues when the loop has looked at all events of its turn; at once if there is no other. What is sent then leaves
    /// back to back, and a receiver is woken once for many messages instead of once for each. On the loop.
    /// </summary>
    public TurnEnd EndOfTurnAsync() => new(this);

    /// <summary>The same for who does not wait: runs <paramref name="action"/> then.</summary>
    /// <returns>False = there is no other event; the caller goes on at once.</returns>
    public bool TryDeferToEndOfTurn(Action action)
    {
        if (IsLastOfTurn)
            return false;

        _turnEnd.Add(action);
        return true;
    }

    /// <summary>Runs what was posted, closes all sockets and ends the thread. Waits for the thread unless called on it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;

        _stopping = true;
        if ((_thread.ThreadState & ThreadState.Unstarted) != 0)
        {
            End();
            return;
        }

        Post(static _ => { }, null);
        if (!IsCurrent)
            _thread.Join();
    }

    /// <summary>Watches a descriptor with edges in both directions; its owner closes it after <see cref="Unregister"/>. On the loop.</summary>
    /// <returns>0 or the error number.</returns>
    internal int Register(int fd, ILoopHandler handler, uint interest, out long registration)
    {
        registration = _handlers.Add(handler);
        int error = EpollEvents.Add(_epoll, fd, interest | LibC.EpollEdgeTriggered, (ulong)registration);
        if (error != 0)
            _handlers.Remove(registration);

        return error;
    }

    /// <summary>No more events for the handler, not even those already fetched. Closing the descriptor ends the kernel's side. On the loop.</summary>
    internal void Unregister(long registration) => _handlers.Remove(registration);

    /// <summary>Reports an exception that nobody else can see.</summary>
    internal void Report(Exception exception)
    {
        try
        {
            _onError?.Invoke(exception);
        }
        catch (Exception)
        {
            // A broken log must not end the loop.
        }
    }

    private void Run()
    {
        _current = this;
        byte* events = stackalloc byte[MaxEventsPerWait * 16];
        while (!_stopping)
        {
            int count = Wait(events);
            _lag.TurnBegins(Timers.Now);
            for (int i = 0; i < count; i++)
            {
                _leftInTurn = count - i - 1;
                Dispatch(EpollEvents.Data(events, i), EpollEvents.Flags(events, i));
            }

            RunPosted();
            RunTimers();
            _turnEnd.Run(_report);
            _lag.TurnEnds();
        }

        ShutDown();
    }

    private int Wait(byte* events)
    {
        int timeout = Timers.MillisecondsToNext();
        Interlocked.Exchange(ref _asleep, 1);
        if (!_turnEnd.IsEmpty || !_posted.IsEmpty)
            timeout = 0;

        int count = LibC.EpollWait(_epoll, events, MaxEventsPerWait, timeout);
        Volatile.Write(ref _asleep, 0);
        Timers.ReadClock();
        return count;
    }

    private void Dispatch(ulong data, uint flags)
    {
        if (data == WakeUpData)
        {
            ulong value;
            _ = LibC.Read(_wakeUp, (byte*)&value, sizeof(ulong));
            return;
        }

        ILoopHandler? handler = _handlers.Find((long)data);
        if (handler is null)
            return;

        try
        {
            handler.OnEvents(flags);
        }
        catch (Exception exception)
        {
            Report(exception);
        }
    }

    private void RunPosted()
    {
        // What is posted meanwhile waits for the next turn, so that work which posts itself cannot starve the sockets.
        for (int left = _posted.Count; left > 0 && _posted.TryDequeue(out WorkItem item); left--)
        {
            _leftInTurn = left - 1;
            try
            {
                item.Callback(item.State);
            }
            catch (Exception exception)
            {
                Report(exception);
            }
        }
    }

    private void RunTimers()
    {
        while (Timers.TakeDue() is { } timer)
        {
            try
            {
                timer.Fire();
            }
            catch (Exception exception)
            {
                Report(exception);
            }
        }
    }

    private void ShutDown()
    {
        // Ending a socket may run continuations that post or close others; a bound keeps a stubborn one from holding the loop for ever.
        for (int round = 0; round < 16; round++)
        {
            RunPosted();
            _turnEnd.Run(_report);
            foreach (ILoopHandler handler in _handlers.ToArray())
            {
                try
                {
                    handler.OnLoopEnding();
                }
                catch (Exception exception)
                {
                    Report(exception);
                }
            }

            if (_handlers.Count == 0 && _posted.IsEmpty && _turnEnd.IsEmpty)
                break;
        }

        End();
    }

    private void End()
    {
        _ended = true;
        RunLeftovers();
        _ = LibC.Close(_epoll);
        _wakeUp.Dispose();
    }

    // The loop is gone and so are its sockets: whoever still waits for it must find that out, on whatever thread.
    private void RunLeftovers()
    {
        while (_posted.TryDequeue(out WorkItem item))
            ThreadPool.UnsafeQueueUserWorkItem(static left => left.Callback(left.State), item, preferLocal: false);
    }

    private void WakeUp()
    {
        ulong one = 1;
        try
        {
            _ = LibC.Write(_wakeUp, (byte*)&one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // The loop ended in this moment and needs no waking.
        }
    }

    private readonly record struct WorkItem(Action<object?> Callback, object? State);

    /// <summary>Awaitable that continues at the end of the loop's turn.</summary>
    internal readonly struct TurnEnd(EventLoop loop) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => loop.IsLastOfTurn;

        public TurnEnd GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) => loop._turnEnd.Add(continuation);
    }

    /// <summary>Awaitable that continues on a loop.</summary>
    internal readonly struct LoopSwitch(EventLoop loop, bool always) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => !always && loop.IsCurrent;

        public LoopSwitch GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) => loop.Post(static state => ((Action)state!)(), continuation);
    }
}
