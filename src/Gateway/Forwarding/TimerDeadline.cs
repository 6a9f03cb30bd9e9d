using System.Diagnostics.CodeAnalysis;
using Gateway.Http;
using Microsoft.AspNetCore.Http;

namespace Gateway.Forwarding;

/// <summary>
/// The limits of a request that may be anywhere: two timers and one token, kept by the request context and used again, so that
/// a limit that does not run out costs no allocation. Thread-safe.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Lives as long as its context; timers that are not running hold nothing.")]
internal sealed class TimerDeadline(TimeProvider time) : RequestDeadline
{
    // A system timer may fire this much before the finer clock says so.
    private static readonly TimeSpan TimerSlack = TimeSpan.FromMilliseconds(20);

    private CancellationTokenSource? _cancellation;
    private CancellationTokenRegistration _client;
    private ITimer? _routeTimer;
    private ITimer? _tryTimer;
    private HttpContext? _http;
    private RequestTimeouts _timeouts;
    private long _routeDue;
    private long _tryDue;
    private bool _tryRunning;

    // Which life of this object, and the cause: one word, so that a timer of an earlier life can never end a later one.
    private long _state = (long)DeadlineCause.Ended;

    /// <inheritdoc/>
    public override CancellationToken Token => _cancellation!.Token;

    /// <inheritdoc/>
    public override DeadlineCause Cause => CauseOf(Volatile.Read(ref _state));

    /// <inheritdoc/>
    public override void Begin(RequestContext request, RequestTimeouts timeouts)
    {
        _http = request.Http;
        _timeouts = timeouts;
        _cancellation ??= NewSource();
        Volatile.Write(ref _state, Next(_state, DeadlineCause.None));
        _client = _http.RequestAborted.UnsafeRegister(static state => ((TimerDeadline)state!).Fire(DeadlineCause.ClientLeft), this);
        request.EndObserver = this;
        if (request.IsRequestComplete)
            StartRoute();
    }

    /// <inheritdoc/>
    public override void BeginTry(RequestContext request)
    {
        Renew();
        Volatile.Write(ref _tryRunning, true);
        if (request.IsRequestComplete)
            StartTry();
    }

    /// <inheritdoc/>
    public override void Renew()
    {
        Volatile.Write(ref _tryRunning, false);
        Volatile.Write(ref _tryDue, 0);
        if (Cause != DeadlineCause.Try)
            return;
        _cancellation = NewSource();
        Volatile.Write(ref _state, Next(_state, DeadlineCause.None));
        // What happened while the cause was taken was not noted.
        if (_http!.RequestAborted.IsCancellationRequested)
            Fire(DeadlineCause.ClientLeft);
        else
            Fire(DeadlineCause.Route);
    }

    /// <inheritdoc/>
    public override bool AcceptHeaders(bool upgraded)
    {
        Volatile.Write(ref _tryRunning, false);
        Volatile.Write(ref _tryDue, 0);
        if (upgraded)
            Volatile.Write(ref _routeDue, 0);
        while (true)
        {
            long state = Volatile.Read(ref _state);
            if (CauseOf(state) != DeadlineCause.None)
                return false;
            if (Interlocked.CompareExchange(ref _state, Next(state, DeadlineCause.None), state) == state)
                return true;
        }
    }

    /// <inheritdoc/>
    public override void OnRequestComplete()
    {
        StartRoute();
        StartTry();
    }

    /// <inheritdoc/>
    public override void End()
    {
        Volatile.Write(ref _tryRunning, false);
        Volatile.Write(ref _routeDue, 0);
        Volatile.Write(ref _tryDue, 0);
        _client.Dispose();
        _client = default;
        _http = null;
        long before = Volatile.Read(ref _state);
        while (Interlocked.CompareExchange(ref _state, Next(before, DeadlineCause.Ended), before) != before)
            before = Volatile.Read(ref _state);
        // Whoever won the race for the cause will cancel, perhaps later: that source is not used again.
        if (CauseOf(before) != DeadlineCause.None || !_cancellation!.TryReset())
            _cancellation = null;
        _routeTimer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _tryTimer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private static CancellationTokenSource NewSource() => new();

    private static DeadlineCause CauseOf(long state) => (DeadlineCause)(state & 7);

    private static long Next(long state, DeadlineCause cause) => (((state >> 3) + 1) << 3) | (long)cause;

    private void StartRoute()
    {
        if (_timeouts.Route > TimeSpan.Zero)
            Start(ref _routeDue, ref _routeTimer, _timeouts.Route, static state => ((TimerDeadline)state!).Fire(DeadlineCause.Route));
    }

    private void StartTry()
    {
        if (_timeouts.PerTry > TimeSpan.Zero && Volatile.Read(ref _tryRunning))
            Start(ref _tryDue, ref _tryTimer, _timeouts.PerTry, static state => ((TimerDeadline)state!).Fire(DeadlineCause.Try));
    }

    private void Start(ref long due, ref ITimer? timer, TimeSpan limit, TimerCallback callback)
    {
        if (limit > MaxTimer)
            return;
        Volatile.Write(ref due, Math.Max(1, time.GetTimestamp() + (long)(limit.TotalSeconds * time.TimestampFrequency)));
        if (timer is null)
            timer = time.CreateTimer(callback, this, limit, Timeout.InfiniteTimeSpan);
        else
            timer.Change(limit, Timeout.InfiniteTimeSpan);
    }

    // What a timer can wait for; whoever asks for more than 49 days means "no limit".
    private static readonly TimeSpan MaxTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private void Fire(DeadlineCause cause)
    {
        while (true)
        {
            long state = Volatile.Read(ref _state);
            if (CauseOf(state) != DeadlineCause.None || !IsDue(cause))
                return;
            CancellationTokenSource? source = _cancellation;
            if (Interlocked.CompareExchange(ref _state, (state & ~7L) | (long)cause, state) != state)
                continue;
            source?.Cancel();
            return;
        }
    }

    private bool IsDue(DeadlineCause cause)
    {
        if (cause == DeadlineCause.ClientLeft)
            return true;
        long due = cause == DeadlineCause.Route ? Volatile.Read(ref _routeDue) : Volatile.Read(ref _tryDue);
        return due != 0 && time.GetTimestamp() + (long)(TimerSlack.TotalSeconds * time.TimestampFrequency) >= due;
    }
}
