namespace Gateway.Config.Diagnostics;

/// <summary>Names one resource: kind (<c>VirtualService</c>), namespace (empty for cluster-scoped kinds) and name.</summary>
public readonly record struct ResourceId(string Kind, string Namespace, string Name)
{
    /// <summary>As Istio's analyzers print it: <c>Kind namespace/name</c>.</summary>
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
