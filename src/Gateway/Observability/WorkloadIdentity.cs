using Gateway.Config;

namespace Gateway.Observability;

/// <summary>Who this gateway is in the labels of Istio's metrics; <c>unknown</c> where nothing is known.</summary>
internal sealed record WorkloadIdentity
{
    private const string Unknown = "unknown";

    /// <summary><c>source_workload</c>.</summary>
    public string Workload { get; init; } = Unknown;

    /// <summary><c>source_workload_namespace</c>.</summary>
    public string Namespace { get; init; } = Unknown;

    /// <summary><c>source_app</c>.</summary>
    public string App { get; init; } = Unknown;

    /// <summary><c>source_version</c>.</summary>
    public string Version { get; init; } = Unknown;

    /// <summary><c>source_canonical_service</c>.</summary>
    public string CanonicalService { get; init; } = Unknown;

    /// <summary><c>source_canonical_revision</c>.</summary>
    public string CanonicalRevision { get; init; } = "latest";

    /// <summary><c>source_cluster</c>.</summary>
    public string Cluster { get; init; } = Unknown;

    /// <summary>Derives the names from the workload's labels, by Istio's rules of precedence.</summary>
    public static WorkloadIdentity From(string @namespace, EquatableMap<string>? labels, string? workload, string? cluster)
    {
        string? app = Label(labels, "app");
        string? version = Label(labels, "version");
        string canonical = Label(labels, "service.istio.io/canonical-name") ?? Label(labels, "app.kubernetes.io/name") ?? app ?? workload ?? Unknown;
        return new WorkloadIdentity
        {
            Workload = workload ?? Unknown,
            Namespace = @namespace,
            App = app ?? Unknown,
            Version = version ?? Unknown,
            CanonicalService = canonical,
            CanonicalRevision = Label(labels, "service.istio.io/canonical-revision") ?? Label(labels, "app.kubernetes.io/version") ?? version ?? "latest",
            Cluster = cluster ?? Unknown,
        };
    }

    private static string? Label(EquatableMap<string>? labels, string name) =>
        labels is { } map && map.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;
}
