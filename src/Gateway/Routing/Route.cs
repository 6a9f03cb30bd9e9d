using Gateway.Config.Diagnostics;

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

    /// <summary>The VirtualService that is bound to the Gateway: of a delegate's rule the one that delegates. Null for routes made otherwise.</summary>
    public ResourceId? VirtualService { get; init; }

    /// <summary>The Gateway, <c>namespace/name</c>; empty for routes made otherwise.</summary>
    public string Gateway { get; init; } = "";
}

/// <summary>The routes of one exact host string. Immutable.</summary>
internal sealed class VirtualHost
{
    /// <summary>Name, <c>host:port</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The host pattern, lower case: exact, <c>*.suffix</c> or <c>*</c>.</summary>
    public required string Domain { get; init; }

    /// <summary>Routes in order; the first that matches wins.</summary>
    public required RouteList Routes { get; init; }

    /// <summary>Every plain-text request is answered 301 to https before any route is looked at (Istio <c>httpsRedirect</c>).</summary>
    public bool RequireTls { get; init; }
}
