using System.Text;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Parsing;

namespace Gateway.Config.Binding;

/// <summary>Reads Kubernetes Secrets, and cuts the secret values out of the document that is kept.</summary>
internal static class SecretBinder
{
    /// <summary>The annotation in which <c>kubectl apply</c> keeps what it applied.</summary>
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    public static SecretSpec Secret(ObjectReader r)
    {
        Dictionary<string, EquatableArray<byte>> data = [];
        ConfigNode? encoded = r.Node["data"];
        foreach ((string key, string text) in r.StringMap("data"))
        {
            byte[] bytes = new byte[text.Length];
            if (Convert.TryFromBase64String(text, bytes, out int length))
                data[key] = EquatableArray.Create<byte>(bytes.AsSpan(0, length));
            else
                r.Report(DiagnosticCatalogue.BadValue, "The value is not base64.", encoded?[key] ?? r.Node, $"data.{key}");
        }
        foreach ((string key, string text) in r.StringMap("stringData"))
            data[key] = EquatableArray.Create<byte>(Encoding.UTF8.GetBytes(text));
        r.Ignore("immutable");
        return new() { Node = Redact(r.Node), Type = r.String("type"), Data = new(data) };
    }

    /// <summary>The same metadata without kubectl's copy of the document.</summary>
    public static ObjectMeta Redact(ObjectMeta metadata) => metadata with
    {
        Node = Replace(metadata.Node, m => m.Key == "annotations" ? Replace(m.Value, BlankCopy) : m.Value),
        Annotations = new(metadata.Annotations.Where(a => a.Key != LastApplied)),
    };

    /// <summary>The same document with every secret value replaced by nothing at the same place.</summary>
    private static ConfigNode Redact(ConfigNode document) => Replace(document, e => e.Key switch
    {
        "data" or "stringData" => Replace(e.Value, v => ConfigNode.Null(v.Value.Location)),
        "metadata" => Replace(e.Value, m => m.Key == "annotations" ? Replace(m.Value, BlankCopy) : m.Value),
        _ => e.Value,
    });

    /// <summary>kubectl leaves a copy of the whole document, secret values included, in this annotation.</summary>
    private static ConfigNode BlankCopy(ConfigEntry annotation) =>
        annotation.Key == LastApplied ? ConfigNode.Null(annotation.Value.Location) : annotation.Value;

    private static ConfigNode Replace(ConfigNode mapping, Func<ConfigEntry, ConfigNode> value) => mapping.Kind == ConfigNodeKind.Mapping
        ? ConfigNode.Mapping([.. mapping.Entries.Select(e => e with { Value = value(e) })], mapping.Location)
        : ConfigNode.Null(mapping.Location);
}
