namespace Gateway.Routing;

/// <summary>Builds the <c>location</c> of redirects as Envoy does. Pure.</summary>
internal static class RedirectLocation
{
    /// <summary>The location of a redirect route.</summary>
    public static string Build(RedirectAction action, RouteMatch match, in RouteRequest request)
    {
        string scheme = string.IsNullOrEmpty(action.Scheme) ? request.Scheme : action.Scheme;
        string host = string.IsNullOrEmpty(action.Authority)
            ? HostFor(request, scheme, keepPort: action.Port is null)
            : action.Authority;
        string port = action.Port is { } number ? $":{number}" : "";
        string path = action.Path is { Length: > 0 } fixedPath
            ? fixedPath
            : action.PrefixRewrite is { Length: > 0 } prefix
                ? PathRewriter.ReplaceMatched(match, request.Path, prefix)
                : request.Path;
        string query = path.Contains('?', StringComparison.Ordinal) ? "" : request.Query;
        return $"{scheme}://{host}{port}{path}{query}";
    }

    /// <summary>The location of Istio's <c>httpsRedirect</c>.</summary>
    public static string Https(in RouteRequest request) =>
        $"https://{HostFor(request, "https", keepPort: true)}{request.Path}{request.Query}";

    /// <summary>
    /// The request's host. On a change of scheme a port that was the default of the old one is cut; any other port stays
    /// unless a new one replaces it.
    /// </summary>
    private static string HostFor(in RouteRequest request, string newScheme, bool keepPort)
    {
        string authority = request.Authority;
        ReadOnlySpan<char> host = RouteTable.HostWithoutPort(authority);
        if (host.Length == authority.Length)
            return authority;
        if (!keepPort)
            return host.ToString();
        bool schemeChanges = !request.Scheme.Equals(newScheme, StringComparison.OrdinalIgnoreCase);
        bool isOldDefault = authority.AsSpan(host.Length + 1)
            .SequenceEqual(request.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase) ? "443" : "80");
        return schemeChanges && isOldDefault ? host.ToString() : authority;
    }
}
