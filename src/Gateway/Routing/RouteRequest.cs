using Gateway.Matching;
using Microsoft.AspNetCore.Http;

namespace Gateway.Routing;

/// <summary>
/// A request as routing sees it: the same for live traffic, <c>gateway explain</c> and the simulated tests.
/// Passed by reference; holds no copy of anything.
/// </summary>
internal readonly struct RouteRequest
{
    /// <summary>Method, upper case as sent.</summary>
    public required string Method { get; init; }

    /// <summary><c>http</c> or <c>https</c>: x-forwarded-proto when trusted, else that of the connection.</summary>
    public required string Scheme { get; init; }

    /// <summary>Host header or :authority as sent, with the port if there was one.</summary>
    public required string Authority { get; init; }

    /// <summary>Path after normalization, without query and fragment.</summary>
    public required string Path { get; init; }

    /// <summary>Query with its leading <c>?</c>; empty if there is none.</summary>
    public required string Query { get; init; }

    /// <summary>Request headers after the edge's work (<c>Http/EdgeHeaders</c>); without pseudo headers.</summary>
    public required IHeaderDictionary Headers { get; init; }

    /// <summary>The port the listener is bound to by configuration (before any <c>--port-map</c>): what FROM_REQUEST_PORT means.</summary>
    public required int ListenerPort { get; init; }

    /// <summary>Claims of the valid token; null = there is none.</summary>
    public ClaimValue? Claims { get; init; }

    /// <summary>Whether the listener ended TLS for this connection.</summary>
    public required bool ListenerIsTls { get; init; }
}
