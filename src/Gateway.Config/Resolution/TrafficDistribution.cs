using Gateway.Config.Model;

namespace Gateway.Config.Resolution;

/// <summary>Which of a service's endpoints are preferred.</summary>
public enum TrafficDistribution
{
    /// <summary>None.</summary>
    Any,

    /// <summary>Those of the own zone, then those of the own region, then those of the own network.</summary>
    SameZone,

    /// <summary>Those on the own node, then those in the own subzone, zone, region and network.</summary>
    SameNode,
}

/// <summary>Reads what a service says about it: in its field, else in its annotation, else in that of its namespace.</summary>
internal sealed class TrafficDistributions(ConfigSet config)
{
    private const string Annotation = "networking.istio.io/traffic-distribution";

    private readonly ILookup<string, Resource<NamespaceSpec>> _namespaces = config.Namespaces.ToLookup(ns => ns.Metadata.Name);

    /// <summary>What is in force.</summary>
    /// <param name="field">A Kubernetes Service's <c>trafficDistribution</c>; null = it has none.</param>
    /// <param name="service">The service's metadata.</param>
    public TrafficDistribution Of(string? field, ObjectMeta service)
    {
        switch (field)
        {
            case "PreferClose" or "PreferSameZone":
                return TrafficDistribution.SameZone;
            case "PreferSameNode":
                return TrafficDistribution.SameNode;
        }
        string? written = AnnotationOf(service) ?? _namespaces[service.Namespace].Select(ns => AnnotationOf(ns.Metadata)).FirstOrDefault();
        return written?.ToUpperInvariant() switch
        {
            "PREFERCLOSE" or "PREFERSAMEZONE" => TrafficDistribution.SameZone,
            "PREFERSAMENODE" => TrafficDistribution.SameNode,
            _ => TrafficDistribution.Any,
        };
    }

    private static string? AnnotationOf(ObjectMeta meta) => meta.Annotations.TryGetValue(Annotation, out string? value) && value.Length > 0 ? value : null;
}
