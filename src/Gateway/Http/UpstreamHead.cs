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
    /// Changes <paramref name="headers"/> and gives authority, path and limits for the upstream. The order is Envoy's: headers
    /// that the router makes, header operations (which may overwrite or quote them), host, path.
    /// </summary>
    public static PreparedHead Prepare(
        WeightedCluster destination, Route route, IHeaderDictionary headers, string authority, string path, string query, HttpSettings settings, StreamInfo info)
    {
        if (settings.SendAttemptCount)
            headers[HeaderNames.AttemptCount] = "1";
        RequestTimeouts timeouts = default;
        if (route.Action is ForwardAction forward)
        {
            timeouts = RequestTimeouts.Of(forward, headers, info.IsGrpc);
            timeouts.Tell(headers, TimeSpan.Zero, settings, info.IsGrpc);
        }
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
        return new PreparedHead(authority, path, timeouts);
    }
}

/// <summary>What <see cref="UpstreamHead.Prepare"/> gives beside the changed headers.</summary>
/// <param name="Authority">Host header or <c>:authority</c>.</param>
/// <param name="Path">Path without the query.</param>
/// <param name="Timeouts">How long it may take.</param>
internal readonly record struct PreparedHead(string Authority, string Path, RequestTimeouts Timeouts);
