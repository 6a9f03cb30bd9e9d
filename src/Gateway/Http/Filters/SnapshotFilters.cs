using System.Collections.Immutable;
using Gateway.Streams;

namespace Gateway.Http.Filters;

/// <summary>The filters of one snapshot, by the step at which they see a request.</summary>
internal sealed record SnapshotFilters
{
    /// <summary>Before the route is chosen.</summary>
    public ImmutableArray<HttpFilter> Authentication { get; init; } = [];

    /// <summary>Once the route is known.</summary>
    public ImmutableArray<HttpFilter> Authorization { get; init; } = [];

    /// <summary>For what is forwarded; the router is last.</summary>
    public required ImmutableArray<HttpFilter> Forwarding { get; init; }

    /// <summary>For connections without HTTP that can be seen; null = all pass.</summary>
    public INetworkAuthorization? Network { get; init; }
}
