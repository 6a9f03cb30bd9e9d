using Gateway.Http;

namespace Gateway.Forwarding;

/// <summary>Why a try was ended before its time.</summary>
internal enum DeadlineCause
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The client left.</summary>
    ClientLeft,

    /// <summary>The route's limit.</summary>
    Route,

    /// <summary>The limit of one try.</summary>
    Try,

    /// <summary>The request has ended by itself.</summary>
    Ended,
}

/// <summary>
/// The limits in time of one request after the other. The clocks start when the request has come in completely.
/// </summary>
internal abstract class RequestDeadline : IRequestEndObserver
{
    /// <summary>Ends the try when a limit is reached or the client leaves.</summary>
    public abstract CancellationToken Token { get; }

    /// <summary>What happened, if anything did.</summary>
    public abstract DeadlineCause Cause { get; }

    /// <summary>Begins with a request; <see cref="End"/> must follow.</summary>
    public abstract void Begin(RequestContext request, RequestTimeouts timeouts);

    /// <summary>A try begins.</summary>
    public abstract void BeginTry(RequestContext request);

    /// <summary>Forgets that a try ran out of its time, so that there can be another one.</summary>
    public abstract void Renew();

    /// <summary>The response headers are there: the limit of the try is over; false = a limit was faster.</summary>
    /// <param name="upgraded">Whether the connection changes its protocol, which ends the route's limit too.</param>
    public abstract bool AcceptHeaders(bool upgraded);

    /// <inheritdoc/>
    public abstract void OnRequestComplete();

    /// <summary>The request has ended.</summary>
    public abstract void End();
}
