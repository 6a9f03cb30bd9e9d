using Gateway.Http;
using Gateway.Transport;

namespace Gateway.Forwarding;

/// <summary>
/// What an exchange of our own clients needs to know of the other side: that the client leaves, or that time is up, while
/// a backend is waited for. One per request context, used again and again; on the loop.
/// </summary>
internal abstract class LoopExchange
{
    private readonly Action _end;
    private CancellationTokenRegistration _client;
    private int _generation;

    protected LoopExchange(RequestContext request, RouterState state)
    {
        Request = request;
        State = state;
        _end = OnEnd;
    }

    protected RequestContext Request { get; }

    protected RouterState State { get; }

    /// <summary>Whether nobody waits for the answer any more.</summary>
    protected bool HasEnded { get; private set; }

    /// <summary>For what waits away from the loop's callbacks.</summary>
    protected CancellationToken Gone => State.Deadline?.Token ?? (Request.IsHttp1 ? Request.Connection.Closed : Request.Http.RequestAborted);

    /// <summary>Watches from here on; <see cref="Finish"/> must follow.</summary>
    protected void Begin()
    {
        if (State.Deadline is LoopDeadline deadline)
            deadline.Reached = _end;
        if (!Request.IsHttp1)
        {
            // The token of an HTTP/2 stream fires anywhere, perhaps when this object already serves another request.
            HasEnded = false;
            _client = Request.Http.RequestAborted.UnsafeRegister(static state => ((Departure)state!).Post(), new Departure(this, _generation));
            return;
        }

        // That of an HTTP/1 connection fires on the loop: before this or after it.
        HasEnded = Request.Connection.Closed.IsCancellationRequested;
        Request.Connection.WatchEnd(_end);
    }

    /// <summary>Watches no longer.</summary>
    protected void Finish()
    {
        if (Request.IsHttp1)
            Request.Connection.UnwatchEnd();
        _client.Dispose();
        _client = default;
        _generation++;
        if (State.Deadline is LoopDeadline deadline)
            deadline.Reached = null;
    }

    /// <summary>What to say of an exchange that <see cref="HasEnded"/>.</summary>
    protected UpstreamOutcome Ended()
    {
        if (State.Cause != DeadlineCause.None)
            return new UpstreamOutcome(UpstreamOutcomeKind.LocalReset);
        Request.NoteClientGone();
        Request.Http.Abort();
        return default;
    }

    /// <summary>Ends what is under way with the backend, if anything is.</summary>
    protected abstract void Cancel();

    private void OnEnd()
    {
        HasEnded = true;
        Cancel();
    }

    private sealed class Departure(LoopExchange exchange, int generation)
    {
        private readonly EventLoop _loop = exchange.Request.Connection.Loop!;

        public void Post() => _loop.Scheduler.Schedule(static state => ((Departure)state!).Run(), this);

        private void Run()
        {
            if (exchange._generation == generation)
                exchange.OnEnd();
        }
    }
}
