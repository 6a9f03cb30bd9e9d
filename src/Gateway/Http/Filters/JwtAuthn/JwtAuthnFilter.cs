
namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>Checks tokens before the route is chosen: routes may ask for claims.</summary>
internal sealed class JwtAuthnFilter(JwtVerifier verifier, JwtStats stats, Random random) : HttpFilter
{
    private const int MaxRealm = 256;

    public override async ValueTask<FilterResult> OnRequestAsync(RequestContext request)
    {
        Microsoft.AspNetCore.Http.IHeaderDictionary headers = request.Headers;
        verifier.Sanitize(headers);
        if (JwtVerifier.IsPreflight(request.Method, headers))
            return FilterResult.Continue;
        string query = request.Query;
        JwtOutcome outcome = await verifier.VerifyAsync(headers, query, request.Time.GetUtcNow().ToUnixTimeSeconds(), request.Http.RequestAborted);
        bool hadToken = HideTokens(request, query);
        stats.Count(outcome.Failure is not null);
        if (outcome.Failure is { } failure)
        {
            // The route's response headers stand in this answer too.
            RouteChoice.Choose(request, random);
            await LocalReply.SendAsync(request, failure.Code, failure.Text, failure.Details, "www-authenticate", Challenge(request, failure, hadToken));
            return FilterResult.Answered;
        }
        request.Claims = outcome.Claims;
        request.Query = outcome.Query;
        return FilterResult.Continue;
    }

    /// <summary>Envoy's challenge; it tells what was asked for, but not the token in it.</summary>
    private static string Challenge(RequestContext request, JwtStatus failure, bool hadToken)
    {
        string path = request.Path + (hadToken ? "" : request.Query);
        if (path.Length > MaxRealm)
            path = path[..MaxRealm];
        string error = failure == JwtStatus.Missing ? "" : ", error=\"invalid_token\"";
        return $"Bearer realm=\"{request.Scheme}://{request.Authority}{path}\"{error}";
    }

    /// <summary>The log tells the path that the client sent, but not the token in it.</summary>
    private bool HideTokens(RequestContext request, string query)
    {
        if (query.Length < 2 || verifier.TokenParameters.Count == 0)
            return false;
        string shown = query;
        foreach (string parameter in verifier.TokenParameters)
            shown = shown.Length > 1 ? JwtLocations.Remove(shown, parameter) : shown;
        if (shown.Length == query.Length)
            return false;
        request.Info.Path = request.Path + shown;
        return true;
    }
}
