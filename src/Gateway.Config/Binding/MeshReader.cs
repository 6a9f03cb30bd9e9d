using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Parsing;

namespace Gateway.Config.Binding;

/// <summary>Finds and reads mesh settings: in the ConfigMap <c>istio</c> or in a document of their own.</summary>
internal sealed class MeshReader(YamlReader yaml, string text)
{
    private const string MapName = "istio";
    private const string MapKey = "mesh";

    /// <summary>The ConfigMap with its settings read, if it is the one that holds them; else the ConfigMap as it is.</summary>
    /// <remarks>The root namespace is itself a mesh setting: a map counts if it lies in the one that it names.</remarks>
    public Resource<ConfigMapSpec> WithSettings(Resource<ConfigMapSpec> map, List<Diagnostic> findings)
    {
        if (map.Id.Name != MapName || map.Document["data"]?[MapKey] is not { Kind: ConfigNodeKind.String } value)
            return map;
        List<Diagnostic> found = [];
        MeshConfig? mesh = Read(Placement.Of(text, value), value.Text, map.Id, found);
        if (mesh is not null && mesh.RootNamespace != map.Id.Namespace)
            return map;
        if (mesh is null && map.Id.Namespace != MeshConfig.Default.RootNamespace)
            return map;
        findings.AddRange(found);
        return new() { Id = map.Id, Metadata = map.Metadata, Document = map.Document, Spec = map.Spec with { Mesh = mesh } };
    }

    /// <summary>Reads a document that holds nothing but mesh settings.</summary>
    /// <returns>The settings; null if they have an error.</returns>
    public MeshConfig? Read(Placement placement, string document, ResourceId? resource, List<Diagnostic> findings)
    {
        int before = findings.Count;
        List<DocumentSlice> slices = DocumentSplitter.Split(document);
        if (slices.Count == 0)
            return MeshConfig.Default;
        if (slices.Count > 1)
            findings.Add(new(DiagnosticCatalogue.Syntax.Code, Severity.Error, "Mesh settings are one document.", placement.Fixed ?? new(placement.Source, placement.LineOffset + slices[1].Line, 1), resource));
        int syntax = findings.Count;
        ConfigNode? root = yaml.Read(document, slices[0], placement, findings);
        for (int i = syntax; i < findings.Count; i++)
            findings[i] = findings[i] with { Resource = resource };
        MeshConfig? mesh = null;
        if (root is { Kind: ConfigNodeKind.Mapping })
        {
            BindContext context = new() { Findings = findings, Resource = resource, UnknownField = Severity.Warning };
            mesh = ObjectReader.Read(context, root, FieldStatusTable.Of(MeshConfigBinder.Kind), MeshConfigBinder.MeshConfig);
        }
        else if (root is { Kind: not ConfigNodeKind.Null })
        {
            findings.Add(new(DiagnosticCatalogue.WrongType.Code, Severity.Error, "Mesh settings must be an object.", root.Location, resource));
        }
        else if (root is not null)
        {
            return MeshConfig.Default;
        }
        for (int i = before; i < findings.Count; i++)
        {
            if (findings[i].Severity == Severity.Error)
                return null;
        }
        return mesh;
    }
}
