using System.Collections.Immutable;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Parsing;
using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>What all compilers of one compilation share: the configuration, what names mean in it, and the findings.</summary>
internal sealed class CompilationContext
{
    private readonly ImmutableArray<Diagnostic>.Builder _diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();

    public CompilationContext(ConfigSet config, GatewayIdentity identity)
    {
        Config = config;
        Identity = identity;
        Services = ServiceRegistry.Build(config, identity.ClusterDomain);
        foreach (MeshService unused in Services.Unused)
        {
            string first = Services.Find(unused.Host, unused.Namespace, unused.Namespace) is { Resource.Id: var id } ? $"{id.Kind} {id.Namespace}/{id.Name}" : "an older resource";
            Report(DiagnosticCatalogue.EntryConflict, unused.Resource, "spec.resolution", $"{first} defines {unused.Host} with another resolution, and it alone counts.");
        }
        DestinationRules = new DestinationRuleIndex(config, identity.Namespace, identity.Labels, identity.ClusterDomain);
        TlsDemands = config.RefusedDestinationRules.IsEmpty
            ? null
            : new DestinationRuleIndex(config, identity.Namespace, identity.Labels, identity.ClusterDomain, withRefused: true);
        Clusters = new ClusterTable(this);
    }

    /// <summary>The accepted resources.</summary>
    public ConfigSet Config { get; }

    /// <summary>The gateway that is compiled for.</summary>
    public GatewayIdentity Identity { get; }

    /// <summary>All hosts with endpoints.</summary>
    public ServiceRegistry Services { get; }

    /// <summary>The DestinationRules in force.</summary>
    public DestinationRuleIndex DestinationRules { get; }

    /// <summary>The DestinationRules with those that have errors, for <see cref="TlsDemand"/>; null = none has.</summary>
    public DestinationRuleIndex? TlsDemands { get; }

    /// <summary>The clusters that routes have named so far.</summary>
    public ClusterTable Clusters { get; }

    /// <summary>Compiled string matches, shared by content.</summary>
    public MatcherCache Matchers { get; } = new();

    /// <summary>Workload labels; empty when unknown.</summary>
    public EquatableMap<string> Labels => Identity.Labels ?? default;

    /// <summary>Reports a finding at a field of a resource.</summary>
    public void Report(DiagnosticDescriptor descriptor, Resource resource, string fieldPath, string message, ConfigNode? node = null)
    {
        SourceLocation location = node is null || node.Location.Line == 0 ? resource.Document.Locate(fieldPath).Location : node.Location;
        _diagnostics.Add(new Diagnostic(descriptor.Code, descriptor.Severity, message, location, resource.Id, fieldPath));
    }

    /// <summary>Reports a finding at a place that belongs to no resource.</summary>
    public void Report(DiagnosticDescriptor descriptor, SourceLocation place, string message) =>
        _diagnostics.Add(new Diagnostic(descriptor.Code, descriptor.Severity, message, place));

    /// <summary>All findings, each once.</summary>
    public ImmutableArray<Diagnostic> Diagnostics() => [.. _diagnostics.Distinct()];
}
