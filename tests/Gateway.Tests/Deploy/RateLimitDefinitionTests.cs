using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Config;
using Gateway.Tests.Architecture;
using YamlDotNet.RepresentationModel;

namespace Gateway.Tests.Deploy;

/// <summary>The definition of RateLimitPolicies for clusters has the fields that the gateway reads, and takes what it takes.</summary>
public sealed partial class RateLimitDefinitionTests
{
    private static readonly YamlMappingNode Schema = Load();

    [Fact]
    public void The_fields_are_those_of_the_page_of_fields()
    {
        string page = SourceTree.Read("docs/compatibility.md");
        string section = page[page.IndexOf("### RateLimitPolicy", StringComparison.Ordinal)..];
        int end = section.IndexOf("\n#", 1, StringComparison.Ordinal);

        Assert.Equal(
            Field().Matches(end < 0 ? section : section[..end]).Select(match => match.Groups["path"].Value).Order(StringComparer.Ordinal),
            Paths(Schema, "").Where(path => path.Length > 0).Order(StringComparer.Ordinal));
    }

    /// <summary>Every value of an enumeration and every bound of a number that the definition names.</summary>
    [Fact]
    public void What_the_definition_takes_the_gateway_takes()
    {
        foreach (bool largest in (bool[])[false, true])
        {
            string spec = Sample((YamlMappingNode)Schema["properties"]["spec"], largest);
            string yaml = $"{{apiVersion: gateway.internal/v1alpha1, kind: RateLimitPolicy, metadata: {{name: p, namespace: default}}, spec: {spec}}}";
            Assert.Empty(new ConfigLoader().Load([new ConfigDocument("p.yaml", Encoding.UTF8.GetBytes(yaml))]).Diagnostics);
        }
    }

    private static YamlMappingNode Load()
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(SourceTree.Read("deploy/crds/ratelimitpolicies.yaml")));
        return (YamlMappingNode)stream.Documents[0].RootNode["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    }

    private static IEnumerable<string> Paths(YamlMappingNode node, string path)
    {
        if (Find(node, "items") is { } items)
            return Paths(items, path + "[]");
        if (Find(node, "additionalProperties") is { } values)
            return Paths(values, path + "{}");
        IEnumerable<string> own = [path];
        foreach (KeyValuePair<YamlNode, YamlNode> property in Find(node, "properties") ?? [])
            own = own.Concat(Paths((YamlMappingNode)property.Value, path.Length == 0 ? property.Key.ToString() : $"{path}.{property.Key}"));
        // An object that only holds others has a row of its own, but not one that is a map or list.
        return own;
    }

    private static YamlMappingNode? Find(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out YamlNode? value) ? (YamlMappingNode)value : null;

    private static string Sample(YamlMappingNode node, bool largest)
    {
        switch (node["type"].ToString())
        {
            case "array":
                return $"[{Sample(Find(node, "items")!, largest)}]";
            case "object" when Find(node, "additionalProperties") is { } values:
                return $"{{a: {Sample(values, largest)}}}";
            case "object":
                IEnumerable<KeyValuePair<YamlNode, YamlNode>> properties = Find(node, "properties")!;
                // Alternatives: one of them.
                if (node.Children.ContainsKey("maxProperties"))
                    properties = largest ? properties.TakeLast(1) : properties.Take(1);
                // Names belong to headers and claims, routes to VirtualServices.
                return $"{{{string.Join(", ", properties.Where(p => largest || p.Key.ToString() is not "route").Select(p => $"{p.Key}: {Named(p, largest)}"))}}}";
            case "integer":
                return node[largest ? "maximum" : "minimum"].ToString();
            case "boolean":
                return largest ? "true" : "false";
            default:
                return node.Children.TryGetValue("enum", out YamlNode? values2) ? ((YamlSequenceNode)values2).Children[largest ? ^1 : 0].ToString() : "a";
        }
    }

    private static string Named(KeyValuePair<YamlNode, YamlNode> property, bool largest) => property.Key.ToString() switch
    {
        "source" => largest ? "CLAIM" : "HEADER",
        "address" => "redis.test:6379",
        "timeout" => "50ms",
        "regex" => "a.*",
        _ => Sample((YamlMappingNode)property.Value, largest).ToString(CultureInfo.InvariantCulture),
    };

    [GeneratedRegex(@"^\| `(?<path>[^`]+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Field();
}
