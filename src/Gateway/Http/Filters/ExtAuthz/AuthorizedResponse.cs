namespace Gateway.Http.Filters.ExtAuthz;

/// <summary>Puts the headers into responses that external authorization added when it allowed the request.</summary>
internal sealed class AuthorizedResponse : HttpFilter
{
    public override ValueTask<FilterResult> OnRequestAsync(RequestContext request) => ValueTask.FromResult(FilterResult.Continue);

    public override void OnResponse(RequestContext request)
    {
        if (request.AuthorizedResponse is not List<HeaderChange> changes)
            return;
        foreach (HeaderChange change in changes)
            RequestChanges.Apply(change, request.Http.Response.Headers);
    }
}
