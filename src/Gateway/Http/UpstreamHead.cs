using Gateway.Routing;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;

namespace Gateway.Http;

/// <summary>
/// The last changes to a request's head before it goes upstream. The data plane and <c>gateway explain</c> call the same
/// function.
/// </summary>
internal static class UpstreamHead
{
    /// <summary>
    /// Changes <paramref name="headers"/> and gives authority and path for the upstream. The order is Envoy's: headers
    /// that the router makes, header operations (which may overwrite or quote them), host, path.
    /// </summary>
    public static (string Authority, string Path) Prepare(
        WeightedCluster destination, Route route, IHeaderDictionary headers, string authority, string path, string query, HttpSettings settings, StreamInfo info)
    {
        if (settings.SendAttemptCount)
            headers[HeaderNames.AttemptCount] = "1";
        HeaderOperator.ApplyToRequest(destination.RequestHeaders, headers, info);
        if (destination.HostRewrite is { } host)
        {
            if (settings.SendEnvoyDebugHeaders)
                headers[HeaderNames.OriginalHost] = authority;
            if (settings.SendForwardedHost)
                EdgeHeaders.Append(headers, HeaderNames.ForwardedHost, authority);
            authority = host;
        }
        if (route.Action is ForwardAction { PathRewrite: { } rewrite })
        {
            if (settings.SendEnvoyDebugHeaders)
                headers[HeaderNames.OriginalPath] = path + query;
            path = PathRewriter.Apply(rewrite, route.Match, path);
        }
        return (authority, path);
    }
}
