using Gateway.Transport;

namespace Gateway.Http;

/// <summary>
/// Contexts that no request has: an idle connection holds none, and a busy loop uses those again that are still in the
/// processor's cache. Of HTTP/1 on event loops; elsewhere slots keep theirs. Each loop touches its own ones only.
/// </summary>
internal sealed class RequestContextPool
{
    /// <summary>Most idle contexts of a loop; more are left to the garbage collector.</summary>
    public const int MaxIdle = 256;

    private readonly Stack<RequestContext>?[] _idle = new Stack<RequestContext>?[Math.Max(64, Environment.ProcessorCount)];

    /// <summary>One that is idle; null = there is none. On the loop.</summary>
    public RequestContext? TryTake(EventLoop loop) =>
        loop.Index < _idle.Length && _idle[loop.Index] is { } idle && idle.TryPop(out RequestContext? context) ? context : null;

    /// <summary>Takes one back after its request. On the loop whose connection it served.</summary>
    /// <returns>False = there are enough.</returns>
    public bool TryGive(EventLoop loop, RequestContext context)
    {
        if (loop.Index >= _idle.Length)
            return false;
        Stack<RequestContext> idle = _idle[loop.Index] ??= new Stack<RequestContext>();
        if (idle.Count >= MaxIdle)
            return false;
        idle.Push(context);
        return true;
    }
}
