namespace Gateway.Routing;

/// <summary>Where a policy of a route was written.</summary>
/// <param name="Policy">Istio's field: <c>timeout</c>, <c>retries</c>, <c>fault</c>, <c>corsPolicy</c>, <c>mirror</c>, <c>mirrors[0]</c>.</param>
/// <param name="Origin">The place.</param>
internal sealed record RoutePolicyOrigin(string Policy, ConfigOrigin Origin);
