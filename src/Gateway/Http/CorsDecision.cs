using Gateway.Routing;
using Microsoft.AspNetCore.Http;

namespace Gateway.Http;

/// <summary>What a CORS policy makes of a request.</summary>
internal enum CorsVerdict
{
    /// <summary>Nothing: no origin, or one that is not allowed.</summary>
    None,

    /// <summary>The origin is allowed; the response says so.</summary>
    Allowed,

    /// <summary>A preflight request, answered by the gateway.</summary>
    Preflight,

    /// <summary>A preflight request of an origin that is not allowed, answered by the gateway without that origin.</summary>
    PreflightOfStranger,
}

/// <summary>CORS without a connection: the filter and <c>gateway explain</c> call the same functions.</summary>
internal static class CorsDecision
{
    /// <summary>Decides. A preflight request is an OPTIONS request with an origin that names the method to come.</summary>
    public static CorsVerdict Of(CorsConfig cors, string method, IHeaderDictionary headers)
    {
        string origin = headers.Origin.ToString();
        if (origin.Length == 0)
            return CorsVerdict.None;
        bool isAllowed = cors.Allows(origin);
        if (HttpMethods.IsOptions(method) && headers.AccessControlRequestMethod.ToString().Length > 0)
        {
            if (isAllowed)
                return CorsVerdict.Preflight;
            return cors.ForwardsUnmatchedPreflights ? CorsVerdict.None : CorsVerdict.PreflightOfStranger;
        }
        return isAllowed ? CorsVerdict.Allowed : CorsVerdict.None;
    }

    /// <summary>The headers of the answer to a preflight request.</summary>
    public static void TellPreflight(CorsConfig cors, bool isAllowed, IHeaderDictionary request, IHeaderDictionary answer)
    {
        if (isAllowed)
            answer[HeaderNames.AllowOrigin] = request.Origin;
        if (cors.AllowCredentials)
            answer[HeaderNames.AllowCredentials] = "true";
        if (cors.AllowMethods.Length > 0)
            answer[HeaderNames.AllowMethods] = cors.AllowMethods == "*" ? request.AccessControlRequestMethod : cors.AllowMethods;
        if (cors.AllowHeaders.Length > 0)
            answer[HeaderNames.AllowHeaders] = cors.AllowHeaders == "*" ? request.AccessControlRequestHeaders : cors.AllowHeaders;
        if (cors.MaxAge.Length > 0)
            answer[HeaderNames.MaxAge] = cors.MaxAge;
    }

    /// <summary>The headers added to the response of an allowed origin.</summary>
    public static void TellResponse(CorsConfig cors, string origin, IHeaderDictionary response)
    {
        response[HeaderNames.AllowOrigin] = origin;
        if (cors.AllowCredentials)
            response[HeaderNames.AllowCredentials] = "true";
        if (cors.ExposeHeaders.Length > 0)
            response[HeaderNames.ExposeHeaders] = cors.ExposeHeaders;
    }
}
