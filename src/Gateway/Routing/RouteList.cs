using System.Collections;
using System.Runtime.CompilerServices;

namespace Gateway.Routing;

/// <summary>
/// Routes in order with, for long lists, an index over their paths. Immutable; several virtual hosts share one list.
/// </summary>
[CollectionBuilder(typeof(RouteList), nameof(Create))]
internal sealed class RouteList : IReadOnlyList<Route>
{
    /// <summary>From this many routes on the path index is worth its memory.</summary>
    public const int IndexThreshold = 64;

    private readonly Route[] _routes;

    private RouteList(Route[] routes)
    {
        _routes = routes;
        Index = routes.Length >= IndexThreshold ? new PathIndex(routes) : null;
    }

    /// <summary>No routes: every request gets 404.</summary>
    public static RouteList Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _routes.Length;

    /// <summary>Finds candidates by path; null for short lists.</summary>
    public PathIndex? Index { get; }

    /// <inheritdoc/>
    public Route this[int index] => _routes[index];

    /// <summary>Copies the routes.</summary>
    public static RouteList Create(ReadOnlySpan<Route> routes) => routes.IsEmpty ? Empty : new(routes.ToArray());

    /// <summary>The routes, without a copy.</summary>
    public ReadOnlySpan<Route> AsSpan() => _routes;

    /// <inheritdoc/>
    public IEnumerator<Route> GetEnumerator() => ((IEnumerable<Route>)_routes).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _routes.GetEnumerator();
}
