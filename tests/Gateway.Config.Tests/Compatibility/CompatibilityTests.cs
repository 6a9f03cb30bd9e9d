using System.Text;
using Gateway.Config.Binding;
using Gateway.Config.Diagnostics;
using Gateway.Config.Parsing;

namespace Gateway.Config.Tests.Compatibility;

/// <summary>
/// Istio's schemas, the binders and the document for users say the same. With the environment variable
/// <c>GATEWAY_UPDATE_DOCS</c> set to 1 the document's tables are written anew.
/// </summary>
public class CompatibilityTests
{
    private static readonly string Document = Path.Combine(Repository.Root, "docs", "compatibility.md");

    private static IEnumerable<(string Kind, List<SchemaField> Fields)> Sections() =>
        KindTable.All.Select(k => (k.Kind, SchemaField.OfBinder(k))).Append((MeshConfigBinder.Kind, SchemaField.OfMeshConfig()));

    public static TheoryData<string> Kinds() => [.. Sections().Select(s => s.Kind).Order()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_document_has_a_row_for_every_field_that_is_read(string kind)
    {
        string expected = CompatibilityDocument.Section(kind, Sections().First(s => s.Kind == kind).Fields);
        string text = File.ReadAllText(Document);
        int start = text.IndexOf($"\n### {kind}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"The document has no section {kind}.");
        start = text.IndexOf("\n| Field ", start, StringComparison.Ordinal) + 1;
        int end = text.IndexOf("\n#", start, StringComparison.Ordinal) is var next and >= 0 ? next : text.Length;
        if (Environment.GetEnvironmentVariable("GATEWAY_UPDATE_DOCS") == "1")
            File.WriteAllText(Document, text[..start] + expected + text[end..]);
        else
            Assert.Equal(expected, text[start..end]);
    }

    [CrdFact]
    public void The_binders_read_exactly_the_fields_of_Istios_schemas()
    {
        Dictionary<string, ConfigNode> crds = Crds();
        foreach (KindReader kind in KindTable.All.Where(k => k.IsIstio))
        {
            string[] wanted = [.. SchemaField.OfCrd(crds[kind.Kind]).Where(f => f.Path.StartsWith("spec", StringComparison.Ordinal)).Select(f => $"{f.Path} {f.Type}").Order(StringComparer.Ordinal)];
            string[] read = [.. SchemaField.OfBinder(kind).Where(f => f.Path.StartsWith("spec", StringComparison.Ordinal)).Select(f => $"{f.Path} {f.Type}").Order(StringComparer.Ordinal)];
            Assert.True(wanted.Length > 5, $"The schema of {kind.Kind} was not found.");
            Assert.Equal(wanted, read);
        }
    }

    [CrdFact]
    public void The_versions_that_are_read_are_those_of_Istio()
    {
        Dictionary<string, ConfigNode> crds = Crds();
        foreach (KindReader kind in KindTable.All.Where(k => k.IsIstio))
            Assert.Equal(crds[kind.Kind].Locate("spec.versions").Items.Select(v => v["name"]!.Text).Order(), kind.Versions.Order());
    }

    [Fact]
    public void What_the_document_says_once_is_equal_in_both_places()
    {
        foreach ((string kind, string folded, string original) in CompatibilityDocument.Folds)
        {
            List<SchemaField> fields = Sections().First(s => s.Kind == kind).Fields;
            string[] here = [.. Below(fields, folded)];
            Assert.NotEmpty(here);
            Assert.Equal(Below(fields, original).Where(f => !f.StartsWith("portLevelSettings", StringComparison.Ordinal)), here.Where(f => !f.StartsWith("portLevelSettings", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Every_row_of_the_status_table_names_a_field_that_is_read()
    {
        foreach (FieldStatus row in FieldStatusTable.Rows)
        {
            List<SchemaField> fields = Sections().First(s => s.Kind == row.Kind).Fields;
            Assert.Contains(fields, f => f.Path == row.Path);
        }
    }

    [Fact]
    public void Every_status_with_an_effect_gives_its_finding()
    {
        foreach (FieldStatus row in FieldStatusTable.Rows.Where(r => r.Support is FieldSupport.Ignored or FieldSupport.Rejected && r.Kind != MeshConfigBinder.Kind))
        {
            string type = Sections().First(s => s.Kind == row.Kind).Fields.First(f => f.Path == row.Path).Type;
            KindReader kind = KindTable.All.First(k => k.Kind == row.Kind);
            string version = kind.Group.Length == 0 ? kind.Versions[0] : $"{kind.Group}/{kind.Versions[0]}";
            string document = $"{{apiVersion: {version}, kind: {row.Kind}, metadata: {{name: a}}, {Nest(row, type)}}}";
            string code = row.Support == FieldSupport.Rejected ? DiagnosticCatalogue.Refused.Code : DiagnosticCatalogue.NotHonoured.Code;
            string place = row.Path.Replace("[]", "[0]", StringComparison.Ordinal);
            Assert.Contains(new ConfigLoader().Load([new("f", Encoding.UTF8.GetBytes(document))]).Diagnostics, d => d.Code == code && d.FieldPath == place && d.Message.Contains(row.Note, StringComparison.Ordinal));
        }
    }

    /// <summary>The smallest document part that writes a field.</summary>
    private static string Nest(FieldStatus row, string type)
    {
        string value = row.Value ?? type switch { "object" => "{a: b}", "array" => "[a]", "boolean" => "true", "integer" => "1", _ => "1s" };
        foreach (string part in row.Path.Split('.').Reverse())
            value = part.EndsWith("[]", StringComparison.Ordinal) ? $"{{{part[..^2]}: [{value}]}}" : $"{{{part}: {value}}}";
        return value[1..^1];
    }

    private static IEnumerable<string> Below(List<SchemaField> fields, string path) =>
        fields.Where(f => f.Path.StartsWith($"{path}.", StringComparison.Ordinal)).Select(f => $"{f.Path[(path.Length + 1)..]} {f.Type}");

    private static Dictionary<string, ConfigNode> Crds()
    {
        string text = File.ReadAllText(Repository.Crds);
        List<Diagnostic> findings = [];
        YamlReader reader = new(new());
        Dictionary<string, ConfigNode> crds = DocumentSplitter.Split(text)
            .Select(s => reader.Read(text, s, new("crds"), findings)!)
            .Where(c => c.Locate("spec.group").Text is KindTable.IstioNetworking or KindTable.IstioSecurity or KindTable.IstioTelemetry)
            .ToDictionary(c => c.Locate("spec.names.kind").Text);
        Assert.Empty(findings);
        return crds;
    }
}
