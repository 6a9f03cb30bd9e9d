using System.Diagnostics.CodeAnalysis;
using Gateway.Http;
using Gateway.Transport;
using Microsoft.AspNetCore.Http;

namespace Gateway.Forwarding;

/// <summary>
/// The limits of a request that is carried on one event loop from its begin to its end: two entries in the loop's wheel.
/// Used on the loop only, but for <see cref="Token"/>, which is made when somebody asks for it.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Lives as long as its context; a source without a timer holds nothing.")]
internal sealed class LoopDeadline : RequestDeadline
{
    // The loop's clock is read once per turn and is coarse; a limit never fires before its time.
    private const long ClockSlackMs = 8;

    private readonly EventLoop _loop;
    private readonly LoopTimer _routeTimer;
    private readonly LoopTimer _tryTimer;
    private HttpContext? _http;
    private RequestTimeouts _timeouts;
    private DeadlineCause _cause = DeadlineCause.Ended;
    private CancellationTokenSource? _cancellation;
    private CancellationTokenRegistration _client;
    private bool _tryRunning;
    private bool _routePassed;
    private int _life;

    public LoopDeadline(EventLoop loop)
    {
        _loop = loop;
        _routeTimer = new LoopTimer(static state => ((LoopDeadline)state!).OnRoutePassed(), this);
        _tryTimer = new LoopTimer(static state => ((LoopDeadline)state!).Fire(DeadlineCause.Try), this);
    }

    /// <summary>Called when a limit is reached; belongs to the try under way.</summary>
    public Action? Reached { get; set; }

    /// <inheritdoc/>
    public override CancellationToken Token => (_cancellation ?? MakeSource()).Token;

    /// <inheritdoc/>
    public override DeadlineCause Cause => _cause;

    /// <inheritdoc/>
    public override void Begin(RequestContext request, RequestTimeouts timeouts)
    {
        _http = request.Http;
        _timeouts = timeouts;
        _cause = DeadlineCause.None;
        _routePassed = false;
        request.EndObserver = this;
        if (request.IsRequestComplete)
            Start(_routeTimer, timeouts.Route);
    }

    /// <inheritdoc/>
    public override void BeginTry(RequestContext request)
    {
        Renew();
        _tryRunning = true;
        if (request.IsRequestComplete)
            Start(_tryTimer, _timeouts.PerTry);
    }

    /// <inheritdoc/>
    public override void Renew()
    {
        EndTry();
        if (_cause != DeadlineCause.Try)
            return;
        DropSource();
        _cause = DeadlineCause.None;
        if (_routePassed)
            Fire(DeadlineCause.Route);
    }

    /// <inheritdoc/>
    public override bool AcceptHeaders(bool upgraded)
    {
        EndTry();
        if (upgraded)
            _loop.Timers.Clear(_routeTimer);
        return _cause == DeadlineCause.None;
    }

    /// <inheritdoc/>
    public override void OnRequestComplete()
    {
        if (!_loop.IsCurrent)
        {
            // The server completed a read of the body on another thread.
            HttpContext? http = _http;
            int life = _life;
            _loop.Post(_ => OnRequestComplete(http, life), null);
            return;
        }

        Start(_routeTimer, _timeouts.Route);
        if (_tryRunning)
            Start(_tryTimer, _timeouts.PerTry);
    }

    /// <inheritdoc/>
    public override void End()
    {
        EndTry();
        _loop.Timers.Clear(_routeTimer);
        DropSource();
        _cause = DeadlineCause.Ended;
        _life++;
        _http = null;
        Reached = null;
    }

    private void OnRequestComplete(HttpContext? http, int life)
    {
        if (_http is not null && _http == http && _life == life)
            OnRequestComplete();
    }

    private void EndTry()
    {
        _tryRunning = false;
        _loop.Timers.Clear(_tryTimer);
    }

    private void Start(LoopTimer timer, TimeSpan limit)
    {
        // Who asks for more than 24 days means "no limit".
        if (limit > TimeSpan.Zero && limit.TotalMilliseconds < int.MaxValue)
            _loop.Timers.Set(timer, (long)limit.TotalMilliseconds + ClockSlackMs);
    }

    private void OnRoutePassed()
    {
        _routePassed = true;
        Fire(DeadlineCause.Route);
    }

    private void Fire(DeadlineCause cause)
    {
        if (_cause != DeadlineCause.None)
            return;
        _cause = cause;
        _cancellation?.Cancel();
        Reached?.Invoke();
    }

    private CancellationTokenSource MakeSource()
    {
        CancellationTokenSource source = _cancellation = new();
        _client = _http!.RequestAborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), source);
        if (_cause != DeadlineCause.None)
            source.Cancel();
        return source;
    }

    private void DropSource()
    {
        if (_cancellation is null)
            return;
        _client.Dispose();
        _client = default;
        _cancellation = null;
    }
}
