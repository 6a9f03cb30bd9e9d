using System.Globalization;
using System.Text;
using Gateway.Config.Diagnostics;

namespace Gateway.Config.Tests;

/// <summary>
/// A case file: YAML, a line of dashes, the expected findings in order, one per line:
/// <c>LINE:COLUMN SEVERITY CODE RESOURCE FIELD</c>, with <c>-</c> for no resource or field, and after <c> | </c> a part
/// of the message if that matters.
/// </summary>
internal sealed record ConfigCase(string Yaml, string[] Expected)
{
    private const string Separator = "----------";

    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "cases");

    public static ConfigCase Read(string name)
    {
        string text = File.ReadAllText(Path.Combine(Folder, name));
        int cut = text.IndexOf($"\n{Separator}", StringComparison.Ordinal);
        Assert.True(cut >= 0, $"{name} has no line of dashes.");
        string[] expected = text[(text.IndexOf('\n', cut + 1) + 1)..].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new(text[..(cut + 1)], expected);
    }

    public ConfigDocument Document(string source) => new(source, Encoding.UTF8.GetBytes(Yaml));

    public void Check(IEnumerable<Diagnostic> findings)
    {
        List<Diagnostic> found = [.. findings];
        string actual = string.Join('\n', found.Select(Line));
        string expected = string.Join('\n', Expected.Select(e => e.Split(" | ")[0]));
        Assert.Equal(expected, actual);
        for (int i = 0; i < found.Count; i++)
        {
            if (Expected[i].Split(" | ") is [_, string part])
                Assert.Contains(part, found[i].Message, StringComparison.Ordinal);
        }
    }

    private static string Line(Diagnostic d) => string.Create(CultureInfo.InvariantCulture,
        $"{d.Location.Line}:{d.Location.Column} {d.Severity.ToString().ToLowerInvariant()} {d.Code} {d.Resource?.ToString() ?? "-"} {(d.FieldPath.Length == 0 ? "-" : d.FieldPath)}");
}
