using Gateway.Config.Diagnostics;
using Gateway.Config.Parsing;

namespace Gateway.Config.Model;

/// <summary>The parts of Kubernetes object metadata that the gateway reads.</summary>
public sealed record ObjectMeta : SpecRecord
{
    /// <summary><c>metadata.name</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>metadata.namespace</c>; <c>default</c> if the document has none, empty for cluster-scoped kinds.</summary>
    public required string Namespace { get; init; }

    /// <summary><c>metadata.labels</c>.</summary>
    public EquatableMap<string> Labels { get; init; }

    /// <summary><c>metadata.annotations</c>.</summary>
    public EquatableMap<string> Annotations { get; init; }

    /// <summary><c>metadata.creationTimestamp</c> (RFC 3339); null in most files. Decides who is older; resources without one go by name.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }
}

/// <summary>One resource: who it is, where it was written, and its body.</summary>
public abstract class Resource
{
    /// <summary>Kind, namespace, name.</summary>
    public required ResourceId Id { get; init; }

    /// <summary>Its metadata.</summary>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>The whole document.</summary>
    public required ConfigNode Document { get; init; }

    /// <summary>Where the document begins.</summary>
    public SourceLocation Location => Document.Location;
}

/// <summary>A resource with its typed body.</summary>
/// <typeparam name="TSpec">The body: for Istio kinds the <c>spec</c>, for Kubernetes kinds what stands beside metadata.</typeparam>
public sealed class Resource<TSpec> : Resource
    where TSpec : SpecRecord
{
    /// <summary>The body.</summary>
    public required TSpec Spec { get; init; }
}
