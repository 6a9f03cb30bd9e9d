using Gateway.Config;
using Gateway.Matching;

namespace Gateway.Routing;

/// <summary>A name/matcher pair for headers and query parameters.</summary>
/// <param name="Name">Header name in lower case (may be a pseudo header such as <c>:method</c>), or query parameter name.</param>
/// <param name="Matcher">What the value must be.</param>
/// <param name="Invert">Istio <c>withoutHeaders</c>: the match must not hold; a missing header counts as empty for all but Present.</param>
internal sealed record NamedMatcher(string Name, StringMatcher Matcher, bool Invert = false);

/// <summary>
/// The conditions of a route, cheapest first when evaluated. What is known when the configuration is compiled (port,
/// gateways, source labels and namespace) is decided there and does not appear here.
/// </summary>
internal sealed class RouteMatch
{
    /// <summary>On the normalized path without query; null = any.</summary>
    public StringMatcher? Path { get; init; }

    /// <summary>On the method; null = any.</summary>
    public StringMatcher? Method { get; init; }

    /// <summary>On the authority with port as sent; null = any.</summary>
    public StringMatcher? Authority { get; init; }

    /// <summary>On the scheme; null = any.</summary>
    public StringMatcher? Scheme { get; init; }

    /// <summary>On headers, all must hold.</summary>
    public EquatableArray<NamedMatcher> Headers { get; init; }

    /// <summary>On query parameters, all must hold.</summary>
    public EquatableArray<NamedMatcher> QueryParameters { get; init; }

    /// <summary>On claims of a valid token; without such a token only inverted ones hold.</summary>
    public EquatableArray<ClaimMatcher> Claims { get; init; }

    /// <summary>
    /// Istio's "catch-all": no condition but perhaps a path expression that takes every path. Such routes end their
    /// VirtualService and go last in their virtual host.
    /// </summary>
    public bool IsCatchAll =>
        (Path is null || Path is { Kind: StringMatchKind.Regex, Value: ".*" })
        && Method is null && Authority is null && Scheme is null
        && Headers.IsEmpty && QueryParameters.IsEmpty && Claims.IsEmpty;

    /// <summary>Whether every condition holds.</summary>
    public bool IsMatch(in RouteRequest request)
    {
        if (Method is not null && !Method.IsMatch(request.Method))
            return false;
        if (Path is not null && !Path.IsMatch(request.Path))
            return false;
        if (Authority is not null && !Authority.IsMatch(request.Authority))
            return false;
        if (Scheme is not null && !Scheme.IsMatch(request.Scheme))
            return false;
        foreach (NamedMatcher header in Headers)
        {
            if (!HeaderCondition.Holds(header, request))
                return false;
        }
        foreach (NamedMatcher parameter in QueryParameters)
        {
            if (!QueryCondition.Holds(parameter, request.Query))
                return false;
        }
        foreach (ClaimMatcher claim in Claims)
        {
            if (!claim.Holds(request.Claims))
                return false;
        }
        return true;
    }

    /// <summary>The first condition that does not hold, in words; null = all hold.</summary>
    public string? FirstFailure(in RouteRequest request)
    {
        if (Method is not null && !Method.IsMatch(request.Method))
            return $"method: {Method}, request has \"{request.Method}\"";
        if (Path is not null && !Path.IsMatch(request.Path))
            return $"uri: {Path}{(Path.IgnoreCase ? " (any case)" : "")}, request has \"{request.Path}\"";
        if (Authority is not null && !Authority.IsMatch(request.Authority))
            return $"authority: {Authority}, request has \"{request.Authority}\"";
        if (Scheme is not null && !Scheme.IsMatch(request.Scheme))
            return $"scheme: {Scheme}, request has \"{request.Scheme}\"";
        foreach (NamedMatcher header in Headers)
        {
            if (!HeaderCondition.Holds(header, request))
                return $"{(header.Invert ? "withoutHeaders" : "header")} {header.Name}: {header.Matcher}, request has {HeaderCondition.Describe(header, request)}";
        }
        foreach (NamedMatcher parameter in QueryParameters)
        {
            if (!QueryCondition.Holds(parameter, request.Query))
                return $"query parameter {parameter.Name}: {parameter.Matcher}, request has {QueryCondition.Describe(parameter, request.Query)}";
        }
        foreach (ClaimMatcher claim in Claims)
        {
            if (!claim.Holds(request.Claims))
                return $"{(claim.Invert ? "withoutHeaders claim" : "claim")} {claim.Name}: {claim.Matcher}, request has {claim.Describe(request.Claims)}";
        }
        return null;
    }
}
