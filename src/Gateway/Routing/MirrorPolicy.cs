namespace Gateway.Routing;

/// <summary>A cluster that gets copies of requests. Istio <c>HTTPMirrorPolicy</c>. Immutable.</summary>
/// <param name="Cluster">Cluster name.</param>
/// <param name="ClusterIndex">Its index in the snapshot; -1 = there is none, and no copy is sent.</param>
/// <param name="Share">Share of requests that are copied; never zero.</param>
internal sealed record MirrorPolicy(string Cluster, int ClusterIndex, Fraction Share);
