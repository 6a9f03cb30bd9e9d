namespace Gateway.Http;

/// <summary>Whether the request goes on to the next filter.</summary>
internal enum FilterResult
{
    /// <summary>The next filter's turn.</summary>
    Continue,

    /// <summary>This filter has answered (through <see cref="LocalReply"/>, or, the router, from upstream).</summary>
    Answered,
}

/// <summary>
/// One step of the request's way, shared by all requests of a chain and therefore without state of its own for any of
/// them. The order of filters is code (<c>Http/Filters</c>), as in Istio; the router is the last one.
/// </summary>
internal abstract class HttpFilter
{
    /// <summary>Looks at the request after its route was chosen. Most filters complete synchronously.</summary>
    public abstract ValueTask<FilterResult> OnRequestAsync(RequestContext request);

    /// <summary>Response headers are complete and about to be sent, from upstream or by the gateway itself.</summary>
    public virtual void OnResponse(RequestContext request)
    {
    }
}
