using System.Collections.Immutable;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;

namespace Gateway.Config;

/// <summary>Sorts accepted resources by kind and age into a <see cref="ConfigSet"/>.</summary>
internal static class ConfigSetBuilder
{
    /// <summary>Makes the set.</summary>
    /// <param name="resources">All accepted resources.</param>
    /// <param name="mesh">The mesh settings from elsewhere; null = those of the ConfigMap <c>istio</c>.</param>
    /// <param name="refused">Resources with errors.</param>
    /// <param name="unreadable">Where policies stand whose names cannot be read.</param>
    public static ConfigSet Build(
        IReadOnlyCollection<Resource> resources, MeshConfig? mesh, IReadOnlyCollection<Resource> refused, IReadOnlyCollection<SourceLocation> unreadable) => new()
        {
            Mesh = mesh ?? MeshOf(resources) ?? MeshConfig.Default,
            Gateways = Of<GatewaySpec>(resources),
            VirtualServices = Of<VirtualServiceSpec>(resources),
            DestinationRules = Of<DestinationRuleSpec>(resources),
            RefusedDestinationRules = Of<DestinationRuleSpec>(refused),
            AuthorizationPolicies = Of<AuthorizationPolicySpec>(resources),
            RefusedAuthorizationPolicies = Of<AuthorizationPolicySpec>(refused),
            RequestAuthentications = Of<RequestAuthenticationSpec>(resources),
            RefusedRequestAuthentications = Of<RequestAuthenticationSpec>(refused),
            UnreadablePolicies = [.. unreadable],
            PeerAuthentications = Of<PeerAuthenticationSpec>(resources),
            EnvoyFilters = Of<EnvoyFilterSpec>(resources),
            RateLimitPolicies = Of<RateLimitPolicySpec>(resources),
            ServiceEntries = Of<ServiceEntrySpec>(resources),
            WorkloadEntries = Of<WorkloadEntrySpec>(resources),
            Services = Of<ServiceSpec>(resources),
            EndpointSlices = Of<EndpointSliceSpec>(resources),
            Secrets = Of<SecretSpec>(resources),
            Issuers = Of<IssuerSpec>(resources),
            ConfigMaps = Of<ConfigMapSpec>(resources),
            Namespaces = Of<NamespaceSpec>(resources),
            Pods = Of<PodSpec>(resources),
        };

    private static MeshConfig? MeshOf(IReadOnlyCollection<Resource> resources) =>
        resources.OfType<Resource<ConfigMapSpec>>().FirstOrDefault(c => c.Spec.Mesh is not null)?.Spec.Mesh;

    private static ImmutableArray<Resource<T>> Of<T>(IReadOnlyCollection<Resource> resources)
        where T : SpecRecord
    {
        ImmutableArray<Resource<T>>.Builder found = ImmutableArray.CreateBuilder<Resource<T>>();
        foreach (Resource resource in resources)
        {
            if (resource is Resource<T> one)
                found.Add(one);
        }
        found.Sort(OldestFirst);
        return found.DrainToImmutable();
    }

    // A resource without a time comes before all others, as the zero time does in Istio.
    internal static int OldestFirst(Resource a, Resource b)
    {
        int order = Nullable.Compare(a.Metadata.CreationTimestamp, b.Metadata.CreationTimestamp);
        if (order == 0)
            order = string.CompareOrdinal(a.Id.Name, b.Id.Name);
        return order != 0 ? order : string.CompareOrdinal(a.Id.Namespace, b.Id.Namespace);
    }
}
