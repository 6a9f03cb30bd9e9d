using System.Reflection;
using Gateway.Config.Diagnostics;
using Gateway.Config.Tests.Compatibility;

namespace Gateway.Config.Tests.Diagnostics;

/// <summary>docs/findings.md, held against the catalogue.</summary>
public sealed class FindingsPageTests
{
    private static readonly DiagnosticDescriptor[] Catalogue =
        [.. typeof(DiagnosticCatalogue).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetValue(null)).OfType<DiagnosticDescriptor>()];

    [Fact]
    public void Every_code_has_its_row_and_there_are_no_others()
    {
        IEnumerable<string> rows = File.ReadLines(Path.Combine(Repository.Root, "docs", "findings.md")).Where(line => line.StartsWith("| `GW", StringComparison.Ordinal));

        Assert.Equal(
            Catalogue.OrderBy(one => one.Code, StringComparer.Ordinal).Select(one => $"| `{one.Code}` | {one.Severity.ToString().ToLowerInvariant()} | {one.Title} | {one.IstioCode} |"),
            rows);
    }

    [Fact]
    public void No_code_means_two_things() => Assert.Equal(Catalogue.Length, Catalogue.Select(one => one.Code).Distinct().Count());
}
