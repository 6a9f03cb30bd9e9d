using Gateway.Config.Model;

namespace Gateway.Snapshot.Compilation;

/// <summary>One http rule of a VirtualService after delegates have been joined in.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Origin">The resource that wrote it: for a delegate's rule the delegate.</param>
/// <param name="FieldPath">Where in that resource: <c>spec.http[2]</c>.</param>
internal sealed record VirtualServiceRule(HttpRoute Rule, Resource<VirtualServiceSpec> Origin, string FieldPath)
{
    private const string SemanticsAnnotation = "internal.istio.io/route-semantics";

    /// <summary>Whether prefixes mean whole path segments: VirtualServices that stand for an Ingress or a route of the Gateway API.</summary>
    public bool HasSegmentPrefixes => Semantics is "ingress" or "gateway";

    /// <summary>Whether the VirtualService stands for a route of the Gateway API.</summary>
    public bool HasGatewaySemantics => Semantics == "gateway";

    private string? Semantics => Origin.Metadata.Annotations.TryGetValue(SemanticsAnnotation, out string? semantics) ? semantics : null;

    /// <summary>The namespace in which short names of the rule are read.</summary>
    public string Namespace => Origin.Metadata.Namespace;
}
