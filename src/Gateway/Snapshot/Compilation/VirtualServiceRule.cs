using Gateway.Config.Model;

namespace Gateway.Snapshot.Compilation;

/// <summary>One http rule of a VirtualService after delegates have been joined in.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Origin">The resource that wrote it: for a delegate's rule the delegate.</param>
/// <param name="FieldPath">Where in that resource: <c>spec.http[2]</c>.</param>
internal sealed record VirtualServiceRule(HttpRoute Rule, Resource<VirtualServiceSpec> Origin, string FieldPath)
{
    /// <summary>The namespace in which short names of the rule are read.</summary>
    public string Namespace => Origin.Metadata.Namespace;
}
