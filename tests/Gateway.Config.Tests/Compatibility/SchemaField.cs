using Gateway.Config.Binding;
using Gateway.Config.Parsing;

namespace Gateway.Config.Tests.Compatibility;

/// <summary>One field of a schema: path with <c>[]</c> for items and <c>{}</c> for values of maps, type in OpenAPI's words.</summary>
internal readonly record struct SchemaField(string Path, string Type)
{
    /// <summary>The fields that a kind's binder reads or knows.</summary>
    public static List<SchemaField> OfBinder(KindReader kind) => Record(r =>
    {
        r.Ignore("apiVersion", "kind");
        _ = r.Object("metadata", MetadataBinder.Metadata);
        return kind.Bind(r, new(new(kind.Kind, "", ""), new() { Name = "", Namespace = "" }));
    });

    /// <summary>The fields of MeshConfig that its binder reads or knows.</summary>
    public static List<SchemaField> OfMeshConfig() => Record(MeshConfigBinder.MeshConfig);

    /// <summary>The fields of a CRD's newest version.</summary>
    public static List<SchemaField> OfCrd(ConfigNode crd)
    {
        List<SchemaField> fields = [];
        Walk("", crd.Locate("spec.versions[0].schema.openAPIV3Schema"), fields);
        return fields;
    }

    private static List<SchemaField> Record<T>(Func<ObjectReader, T> bind)
    {
        FieldRecorder recorder = new();
        _ = ObjectReader.Read(new() { Findings = [], Recorder = recorder }, ConfigNode.Missing, null, bind);
        return [.. recorder.Fields.Select(f => new SchemaField(f.Path, f.Type))];
    }

    private static void Walk(string path, ConfigNode schema, List<SchemaField> fields)
    {
        if (path.Length > 0)
            fields.Add(new(path, schema["type"]?.Text ?? "any"));
        foreach (ConfigEntry property in schema["properties"]?.Entries ?? [])
            Walk(path.Length == 0 ? property.Key : $"{path}.{property.Key}", property.Value, fields);
        if (schema["items"] is { } items)
            Walk($"{path}[]", items, fields);
        if (schema["additionalProperties"] is { Kind: ConfigNodeKind.Mapping } values)
            Walk($"{path}{{}}", values, fields);
    }
}
