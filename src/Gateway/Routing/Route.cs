using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Matching;

namespace Gateway.Routing;

/// <summary>Where a compiled thing was written, for explanations.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Location">File, line, column.</param>
/// <param name="FieldPath">Path in the document, e.g. <c>spec.http[2].match[0]</c>.</param>
internal sealed record ConfigOrigin(ResourceId Resource, SourceLocation Location, string FieldPath);

/// <summary>One rule of a virtual host: a conjunction of conditions and an action. Immutable.</summary>
internal sealed class Route
{
    /// <summary>Envoy's route name: rule name, or rule.match. Shown in the access log.</summary>
    public required string Name { get; init; }

    /// <summary>The conditions.</summary>
    public required RouteMatch Match { get; init; }

    /// <summary>What to do.</summary>
    public required RouteAction Action { get; init; }

    /// <summary>Where the rule was written.</summary>
    public required ConfigOrigin Origin { get; init; }
}

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

    /// <summary>JWT claim conditions exist: never hold without a validated token.</summary>
    public EquatableArray<NamedMatcher> Claims { get; init; }
}

/// <summary>The routes of one exact host string. Immutable.</summary>
internal sealed class VirtualHost
{
    /// <summary>Name, <c>host:port</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The host pattern, lower case: exact, <c>*.suffix</c> or <c>*</c>.</summary>
    public required string Domain { get; init; }

    /// <summary>Routes in order; the first that matches wins.</summary>
    public required EquatableArray<Route> Routes { get; init; }

    /// <summary>Every plain-text request is answered 301 to https before any route is looked at (Istio <c>httpsRedirect</c>).</summary>
    public bool RequireTls { get; init; }
}
