using System.Text;
using Gateway.Config;
using Gateway.Conformance.Tests.Cases;
using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>A case's configuration as the loader takes it: its documents and files, its Secrets, its mesh settings.</summary>
internal static class CaseDocuments
{
    private const string Inline = "inline:";

    /// <summary>The documents of <c>config</c>; files are read as they are.</summary>
    public static IEnumerable<ConfigDocument> Config(ConformanceCase test) => test.Config.Select((document, index) =>
        document.Get("file").Text() is { } file
            ? new ConfigDocument(file, File.ReadAllBytes(test.File.Locate(file)))
            : Text($"config[{index}]", document.Write()));

    /// <summary>The mesh settings that differ from the default; null = none do.</summary>
    public static ConfigDocument? Mesh(ConformanceCase test) =>
        test.Node.Get("meshConfig") is YamlMappingNode mesh ? Text("meshConfig", mesh.Write()) : null;

    /// <summary>The Secrets of the case. A case without the key <c>secrets</c> gets a certificate for every name its Gateways use.</summary>
    public static IEnumerable<ConfigDocument> Secrets(ConformanceCase test, CaseCertificates certificates)
    {
        if (test.Node.Get("secrets") is not { } secrets)
        {
            IEnumerable<string> names = test.OfKind("Gateway").SelectMany(gateway => gateway.Below("credentialName")).Select(name => name.Text() ?? "");
            return names.Distinct().Select(name => Secret(name, "istio-system", certificates.Default));
        }
        return secrets.Items().Select(secret => Secret(
            secret.Get("name").Text() ?? throw new InvalidDataException("a secret has no name"),
            secret.Get("namespace").Text() ?? "istio-system",
            Data(secret).Select(entry => KeyValuePair.Create(entry.Key, Content(test, entry.Value)))));
    }

    /// <summary>A file of certificates, or the text after <c>inline:</c>.</summary>
    private static byte[] Content(ConformanceCase test, string value) => value.StartsWith(Inline, StringComparison.Ordinal)
        ? Encoding.UTF8.GetBytes(value[Inline.Length..])
        : File.ReadAllBytes(CaseCertificates.Locate(test.File, value));

    private static IEnumerable<KeyValuePair<string, string>> Data(YamlNode secret)
    {
        foreach ((string key, YamlNode file) in secret.Get("data").Entries())
            yield return KeyValuePair.Create(key, file.Text() ?? "");
        if (secret.Get("cert").Text() is { } certificate)
            yield return KeyValuePair.Create("tls.crt", certificate);
        if (secret.Get("key").Text() is { } key2)
            yield return KeyValuePair.Create("tls.key", key2);
        if (secret.Get("caCert").Text() is { } authority)
            yield return KeyValuePair.Create("ca.crt", authority);
    }

    private static ConfigDocument Secret(string name, string ns, IEnumerable<KeyValuePair<string, byte[]>> data)
    {
        var text = new StringBuilder($"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n  namespace: {ns}\ndata:\n");
        foreach ((string key, byte[] value) in data)
            text.Append("  ").Append(key).Append(": ").Append(Convert.ToBase64String(value)).Append('\n');
        return Text($"secret {name}", text.ToString());
    }

    private static ConfigDocument Text(string source, string yaml) => new(source, Encoding.UTF8.GetBytes(yaml));
}
