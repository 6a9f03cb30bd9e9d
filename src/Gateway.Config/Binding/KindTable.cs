using System.Collections.Frozen;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>How documents of one kind are read.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Group">The API group; empty for Kubernetes' core.</param>
/// <param name="Versions">The versions of the group that are read; their schemas are one and the same.</param>
/// <param name="Bind">Makes the resources of a document: one, but for <c>Endpoints</c>.</param>
internal sealed record KindReader(string Kind, string Group, EquatableArray<string> Versions, Func<ObjectReader, ResourceHead, IReadOnlyList<Resource>> Bind)
{
    /// <summary>Whether the kind is one of Istio's, whose schemas are known to the last field.</summary>
    public bool IsIstio => Group is KindTable.IstioNetworking or KindTable.IstioSecurity or KindTable.IstioTelemetry;

    /// <summary>Whether a field that is not read is an error: the kinds whose schemas are known to the last field.</summary>
    public bool IsStrict => IsIstio || Group == KindTable.Own;

    /// <summary>Whether resources of this kind live outside namespaces.</summary>
    public bool IsClusterScoped => KindTable.IsClusterScoped(Kind);
}

/// <summary>What is known of a resource before its body is read.</summary>
internal readonly record struct ResourceHead(ResourceId Id, ObjectMeta Metadata);

/// <summary>The kinds that are read.</summary>
internal static class KindTable
{
    public const string IstioNetworking = "networking.istio.io";

    public const string IstioSecurity = "security.istio.io";

    public const string IstioTelemetry = "telemetry.istio.io";

    public const string CertManager = "cert-manager.io";

    private const string Namespace = "Namespace";

    private const string ClusterIssuer = "ClusterIssuer";

    /// <summary>Group of the gateway's own kinds. The domain <c>internal</c> is reserved, so nobody else can own it.</summary>
    public const string Own = "gateway.internal";

    private static readonly EquatableArray<string> IstioVersions = ["v1", "v1beta1", "v1alpha3"];

    private static readonly FrozenDictionary<(string Group, string Kind), KindReader> Readers = new[]
    {
        Istio("Gateway", GatewayBinder.GatewaySpec),
        Istio("VirtualService", VirtualServiceBinder.VirtualServiceSpec),
        Istio("DestinationRule", DestinationRuleBinder.DestinationRuleSpec),
        Istio("ServiceEntry", ServiceEntryBinder.ServiceEntrySpec),
        Istio("WorkloadEntry", ServiceEntryBinder.WorkloadEntrySpec),
        Security("AuthorizationPolicy", SecurityBinder.AuthorizationPolicySpec),
        Security("RequestAuthentication", SecurityBinder.RequestAuthenticationSpec),
        Security("PeerAuthentication", SecurityBinder.PeerAuthenticationSpec),
        WithSpec("Telemetry", IstioTelemetry, ["v1", "v1alpha1"], TelemetryBinder.TelemetrySpec),
        WithSpec("Issuer", CertManager, ["v1"], IssuerBinder.IssuerSpec),
        WithSpec(ClusterIssuer, CertManager, ["v1"], IssuerBinder.IssuerSpec),
        WithSpec("EnvoyFilter", IstioNetworking, ["v1alpha3"], EnvoyFilterBinder.EnvoyFilterSpec),
        WithSpec("RateLimitPolicy", Own, ["v1alpha1"], RateLimitPolicyBinder.RateLimitPolicySpec),
        Core("Service", KubernetesBinder.Service),
        Core("ConfigMap", KubernetesBinder.ConfigMap),
        Core(Namespace, KubernetesBinder.Namespace),
        Core("Pod", KubernetesBinder.Pod),
        new("Secret", "", ["v1"], static (r, head) =>
        {
            SecretSpec secret = SecretBinder.Secret(r);
            return [new Resource<SecretSpec> { Id = head.Id, Metadata = SecretBinder.Redact(head.Metadata), Document = secret.Node, Spec = secret }];
        }),
        new("EndpointSlice", "discovery.k8s.io", ["v1", "v1beta1"], static (r, head) =>
        {
            head.Metadata.Labels.TryGetValue("kubernetes.io/service-name", out string? service);
            return One(r, head, KubernetesBinder.EndpointSlice(r) with { ServiceName = service });
        }),
        new("Endpoints", "", ["v1"], KubernetesBinder.EndpointsResources),
    }.ToFrozenDictionary(k => (k.Group, k.Kind));

    /// <summary>All of them.</summary>
    public static IEnumerable<KindReader> All => Readers.Values;

    /// <summary>The reader of a kind, whatever the version; null if the kind is not read.</summary>
    public static KindReader? Find(string group, string kind) => Readers.GetValueOrDefault((group, kind));

    /// <summary>Whether resources of a kind live outside namespaces.</summary>
    public static bool IsClusterScoped(string kind) => kind is Namespace or ClusterIssuer;

    private static KindReader Istio<T>(string kind, Func<ObjectReader, T> spec)
        where T : SpecRecord, new() => WithSpec(kind, IstioNetworking, IstioVersions, spec);

    private static KindReader Security<T>(string kind, Func<ObjectReader, T> spec)
        where T : SpecRecord, new() => WithSpec(kind, IstioSecurity, ["v1", "v1beta1"], spec);

    private static KindReader WithSpec<T>(string kind, string group, EquatableArray<string> versions, Func<ObjectReader, T> spec)
        where T : SpecRecord, new() =>
        new(kind, group, versions, (r, head) =>
        {
            T body = r.Object("spec", spec) ?? new();
            r.Ignore("status");
            return One(r, head, body);
        });

    private static KindReader Core<T>(string kind, Func<ObjectReader, T> body)
        where T : SpecRecord =>
        new(kind, "", ["v1"], (r, head) => One(r, head, body(r)));

    private static IReadOnlyList<Resource> One<T>(ObjectReader r, ResourceHead head, T spec)
        where T : SpecRecord =>
        [new Resource<T> { Id = head.Id, Metadata = head.Metadata, Document = r.Node, Spec = spec }];
}
