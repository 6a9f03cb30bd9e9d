using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Parsing;
using Gateway.Config.Validation;

namespace Gateway.Config.Binding;

/// <summary>What became of one resource of a text.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="IsAccepted">Whether it has no error.</param>
internal readonly record struct BoundResource(Resource Resource, bool IsAccepted);

/// <summary>Turns documents into validated resources: lists are unpacked, kinds that are not read are named.</summary>
internal sealed class DocumentBinder(MeshReader mesh, List<Diagnostic> findings, List<BoundResource> resources)
{
    // Lists inside lists are no Kubernetes API, only a way to write deep documents.
    private const int MaxListDepth = 2;

    /// <summary>Whether a document could not be named, so that nobody knows which resource is missing.</summary>
    public bool HasUnnamed { get; private set; }

    /// <summary>Reads one document; a null document is no document.</summary>
    /// <param name="document">The root node.</param>
    /// <param name="damage">The paths of errors that its text already has (a key written twice): what holds one is not accepted.</param>
    /// <param name="listDepth">The number of lists around it.</param>
    public void Bind(ConfigNode document, IReadOnlyList<string> damage, int listDepth = 0)
    {
        if (document.Kind == ConfigNodeKind.Null)
            return;
        if (document.Kind != ConfigNodeKind.Mapping)
        {
            Unnamed(document.Location, "", "A document must be an object with apiVersion, kind and metadata.");
            return;
        }
        if (Text(document, "apiVersion") is not { } apiVersion)
        {
            Unnamed(document.Location, "apiVersion", "The document has no apiVersion.");
            return;
        }
        if (Text(document, "kind") is not { } kind)
        {
            Unnamed(document.Location, "kind", "The document has no kind.");
            return;
        }
        if (kind.EndsWith("List", StringComparison.Ordinal) && document["items"] is { Kind: ConfigNodeKind.Sequence } items && listDepth < MaxListDepth)
        {
            for (int i = 0; i < items.Items.Count; i++)
                Bind(items.Items[i], DamageOf(i, damage), listDepth + 1);
            return;
        }
        int slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        (string group, string version) = slash < 0 ? ("", apiVersion) : (apiVersion[..slash], apiVersion[(slash + 1)..]);
        if (KindTable.Find(group, kind) is { } reader)
            Bind(document, reader, version, damage.Count > 0);
        else
            NotRead(document, apiVersion, kind);
    }

    private void Bind(ConfigNode document, KindReader kind, string version, bool damaged)
    {
        int before = findings.Count;
        BindContext context = new()
        {
            Findings = findings,
            HideValues = kind.Kind == "Secret",
            UnknownField = kind.IsStrict ? Severity.Error : Severity.Warning,
        };
        IReadOnlyList<Resource>? bound = ObjectReader.Read(context, document, FieldStatusTable.Of(kind.Kind), r =>
        {
            r.Ignore("apiVersion", "kind");
            context.Resource = Name(document);
            ObjectMeta? metadata = r.Object("metadata", MetadataBinder.Metadata);
            if (metadata is not { Name.Length: > 0 })
            {
                r.IgnoreRest();
                return null;
            }
            if (kind.IsClusterScoped)
                metadata = metadata with { Namespace = "" };
            return kind.Bind(r, new(new(kind.Kind, metadata.Namespace, metadata.Name), metadata));
        });
        if (bound is null)
        {
            Unnamed(document["metadata"]?.Location ?? document.Location, "metadata.name", $"The {kind.Kind} has no name.");
            return;
        }
        if (!kind.Versions.AsSpan().Contains(version))
        {
            string written = document["apiVersion"]!.Text;
            context.Report(DiagnosticCatalogue.UnknownVersion, $"'{written}' is not read; use one of {string.Join(", ", kind.Versions)}.", document["apiVersion"]!.Location, "apiVersion");
        }
        foreach (Resource resource in bound)
        {
            Resource complete = resource is Resource<ConfigMapSpec> map ? mesh.WithSettings(map, findings) : resource;
            int rules = findings.Count;
            ResourceValidator.Validate(complete, findings);
            Echoes.Remove(findings, before, rules);
            resources.Add(new(complete, !damaged && !HasError(before)));
        }
    }

    private static IReadOnlyList<string> DamageOf(int item, IReadOnlyList<string> damage) =>
        damage.Count == 0 ? damage : [.. damage.Where(path => !path.StartsWith("items[", StringComparison.Ordinal) || path.StartsWith($"items[{item}]", StringComparison.Ordinal))];

    private bool HasError(int from)
    {
        for (int i = from; i < findings.Count; i++)
        {
            if (findings[i].Severity == Severity.Error)
                return true;
        }
        return false;
    }

    private void NotRead(ConfigNode document, string apiVersion, string kind)
    {
        // Whoever writes a policy must not believe that it protects what is behind this gateway.
        bool isPolicy = apiVersion.StartsWith(KindTable.IstioSecurity + "/", StringComparison.Ordinal);
        findings.Add(new(
            DiagnosticCatalogue.KindNotRead.Code,
            isPolicy ? Severity.Error : DiagnosticCatalogue.KindNotRead.Severity,
            $"Resources of kind {kind} ({apiVersion}) are not read{(isPolicy ? ": Istio has no such policy, and nothing enforces it" : "")}.",
            document.Location,
            Name(document)));
    }

    private void Unnamed(SourceLocation location, string path, string message)
    {
        HasUnnamed = true;
        findings.Add(new(DiagnosticCatalogue.NotAnObject.Code, DiagnosticCatalogue.NotAnObject.Severity, message, location, null, path));
    }

    /// <summary>Which resource the node at a path belongs to: the document, or an item if the document is a list.</summary>
    public static ResourceId? Owner(ConfigNode document, string path) =>
        path.StartsWith("items[", StringComparison.Ordinal) ? Name(document.Locate(path[..(path.IndexOf(']', StringComparison.Ordinal) + 1)])) : Name(document);

    /// <summary>Which resource a document is, as far as it says.</summary>
    public static ResourceId? Name(ConfigNode document) =>
        Text(document, "kind") is { } kind && document["metadata"] is { } metadata && Text(metadata, "name") is { } name
            ? new(kind, KindTable.IsClusterScoped(kind) ? "" : Text(metadata, "namespace") ?? MetadataBinder.DefaultNamespace, name)
            : null;

    private static string? Text(ConfigNode node, string key) =>
        node[key] is { Kind: ConfigNodeKind.String, Text: { Length: > 0 } text } ? text : null;
}
