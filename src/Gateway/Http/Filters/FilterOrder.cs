using System.Collections.Immutable;

namespace Gateway.Http.Filters;

/// <summary>The order in which filters see a request, as in Istio. A new filter is a class and a line here.</summary>
internal static class FilterOrder
{
    /// <summary>The filters of a chain, the router last.</summary>
    public static ImmutableArray<HttpFilter> Build(HttpFilter router, Random random) => [new FaultFilter(random), new CorsFilter(), router];
}
