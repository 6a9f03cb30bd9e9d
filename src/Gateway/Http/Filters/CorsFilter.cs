using Gateway.Routing;
using Microsoft.AspNetCore.Http;

namespace Gateway.Http.Filters;

/// <summary>
/// Answers preflight requests and tells browsers which origins may read a response. Never blocks anything: that is the
/// browser's part.
/// </summary>
internal sealed class CorsFilter : HttpFilter
{
    public override ValueTask<FilterResult> OnRequestAsync(RequestContext request)
    {
        if (request.Route?.Action is not ForwardAction { Cors: { } cors })
            return ValueTask.FromResult(FilterResult.Continue);
        IHeaderDictionary headers = request.Headers;
        switch (CorsDecision.Of(cors, request.Method, headers))
        {
            case CorsVerdict.Preflight:
                return PreflightAsync(request, cors, isAllowed: true);
            case CorsVerdict.PreflightOfStranger:
                return PreflightAsync(request, cors, isAllowed: false);
            case CorsVerdict.Allowed:
                request.AllowedOrigin = headers.Origin.ToString();
                break;
        }
        return ValueTask.FromResult(FilterResult.Continue);
    }

    public override void OnResponse(RequestContext request)
    {
        if (request.AllowedOrigin is { } origin && request.Route?.Action is ForwardAction { Cors: { } cors })
            CorsDecision.TellResponse(cors, origin, request.Http.Response.Headers);
    }

    private static async ValueTask<FilterResult> PreflightAsync(RequestContext request, CorsConfig cors, bool isAllowed)
    {
        var answer = new HeaderDictionary();
        CorsDecision.TellPreflight(cors, isAllowed, request.Headers, answer);
        // The route's header operations are for the backend's answers.
        request.ResponseHeaders = default;
        await LocalReply.SendHeadersAsync(request, answer, "cors_response");
        return FilterResult.Answered;
    }
}
