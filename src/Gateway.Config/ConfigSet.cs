using System.Collections.Immutable;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;

namespace Gateway.Config;

/// <summary>
/// All accepted resources, oldest first (creation time, then name, then namespace, as Istio orders them). Immutable.
/// Indexes only; what the resources mean is decided by <c>Resolution</c> and the snapshot's compilers.
/// </summary>
public sealed class ConfigSet
{
    /// <summary>An empty set with the default mesh settings.</summary>
    public static ConfigSet Empty { get; } = new();

    /// <summary>The mesh settings in force.</summary>
    public MeshConfig Mesh { get; init; } = MeshConfig.Default;

    /// <summary>Istio Gateways.</summary>
    public ImmutableArray<Resource<GatewaySpec>> Gateways { get; init; } = [];

    /// <summary>Istio VirtualServices.</summary>
    public ImmutableArray<Resource<VirtualServiceSpec>> VirtualServices { get; init; } = [];

    /// <summary>Istio DestinationRules.</summary>
    public ImmutableArray<Resource<DestinationRuleSpec>> DestinationRules { get; init; } = [];

    /// <summary>
    /// DestinationRules with errors, of which no good version stands. None of their policies is in force, but what they
    /// ask TLS for must not be reached in plain text.
    /// </summary>
    public ImmutableArray<Resource<DestinationRuleSpec>> RefusedDestinationRules { get; init; } = [];

    /// <summary>Istio AuthorizationPolicies.</summary>
    public ImmutableArray<Resource<AuthorizationPolicySpec>> AuthorizationPolicies { get; init; } = [];

    /// <summary>AuthorizationPolicies with errors, of which no good version stands: what they may be for is denied.</summary>
    public ImmutableArray<Resource<AuthorizationPolicySpec>> RefusedAuthorizationPolicies { get; init; } = [];

    /// <summary>Istio RequestAuthentications.</summary>
    public ImmutableArray<Resource<RequestAuthenticationSpec>> RequestAuthentications { get; init; } = [];

    /// <summary>RequestAuthentications with errors, of which no good version stands: what they may be for is denied.</summary>
    public ImmutableArray<Resource<RequestAuthenticationSpec>> RefusedRequestAuthentications { get; init; } = [];

    /// <summary>
    /// Where texts stand that hold a security policy of which not even the name can be read: whatever it may be for is
    /// denied.
    /// </summary>
    public EquatableArray<SourceLocation> UnreadablePolicies { get; init; }

    /// <summary>Istio PeerAuthentications.</summary>
    public ImmutableArray<Resource<PeerAuthenticationSpec>> PeerAuthentications { get; init; } = [];

    /// <summary>Istio EnvoyFilters.</summary>
    public ImmutableArray<Resource<EnvoyFilterSpec>> EnvoyFilters { get; init; } = [];

    /// <summary>RateLimitPolicies of the gateway's own.</summary>
    public ImmutableArray<Resource<RateLimitPolicySpec>> RateLimitPolicies { get; init; } = [];

    /// <summary>Istio ServiceEntries.</summary>
    public ImmutableArray<Resource<ServiceEntrySpec>> ServiceEntries { get; init; } = [];

    /// <summary>Istio WorkloadEntries.</summary>
    public ImmutableArray<Resource<WorkloadEntrySpec>> WorkloadEntries { get; init; } = [];

    /// <summary>Kubernetes Services.</summary>
    public ImmutableArray<Resource<ServiceSpec>> Services { get; init; } = [];

    /// <summary>Kubernetes EndpointSlices (and Endpoints).</summary>
    public ImmutableArray<Resource<EndpointSliceSpec>> EndpointSlices { get; init; } = [];

    /// <summary>Kubernetes Secrets.</summary>
    public ImmutableArray<Resource<SecretSpec>> Secrets { get; init; } = [];

    /// <summary>cert-manager's Issuers and ClusterIssuers.</summary>
    public ImmutableArray<Resource<IssuerSpec>> Issuers { get; init; } = [];

    /// <summary>Kubernetes ConfigMaps.</summary>
    public ImmutableArray<Resource<ConfigMapSpec>> ConfigMaps { get; init; } = [];

    /// <summary>Kubernetes Namespaces.</summary>
    public ImmutableArray<Resource<NamespaceSpec>> Namespaces { get; init; } = [];

    /// <summary>Kubernetes Pods.</summary>
    public ImmutableArray<Resource<PodSpec>> Pods { get; init; } = [];
}
