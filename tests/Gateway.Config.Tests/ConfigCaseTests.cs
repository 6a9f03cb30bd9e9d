using System.Collections.Immutable;
using Gateway.Config.Diagnostics;

namespace Gateway.Config.Tests;

public class ConfigCaseTests
{
    private static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetFiles(ConfigCase.Folder, "*.txt", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(ConfigCase.Folder, f).Replace('\\', '/')).Order()];

    public static TheoryData<string> Cases() => [.. Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Findings_are_those_of_the_case(string name)
    {
        ConfigCase it = ConfigCase.Read(name);
        ImmutableArray<Diagnostic> findings = new ConfigLoader().Load([it.Document(name)]).Diagnostics;
        it.Check(name.StartsWith("validation/", StringComparison.Ordinal) ? findings.Where(f => !IsAboutSupport(f)) : findings);
    }

    /// <summary>Whether Istio has such a rule and whether this gateway acts on a field are two questions.</summary>
    private static bool IsAboutSupport(Diagnostic finding) =>
        finding.Code == DiagnosticCatalogue.NotHonoured.Code || finding.Code == DiagnosticCatalogue.Refused.Code;

    [Fact]
    public void Ten_faults_in_one_folder_are_each_found_in_their_file()
    {
        string[] names = [.. Names.Where(n => n.StartsWith("ten-faults/", StringComparison.Ordinal))];
        Assert.Equal(10, names.Length);
        LoadResult result = new ConfigLoader().Load([.. names.Select(n => ConfigCase.Read(n).Document(n))]);
        foreach (string name in names)
            ConfigCase.Read(name).Check(result.Diagnostics.Where(d => d.Location.Source == name));
    }

    [Fact]
    public void Every_finding_of_the_parser_and_the_binders_has_a_case()
    {
        string[] covered = [.. Names.SelectMany(n => ConfigCase.Read(n).Expected).Select(e => e.Split(' ')[2]).Distinct()];
        DiagnosticDescriptor[] own =
        [
            DiagnosticCatalogue.Syntax, DiagnosticCatalogue.ParserLimit, DiagnosticCatalogue.DuplicateKey, DiagnosticCatalogue.NotAnObject,
            DiagnosticCatalogue.KindNotRead, DiagnosticCatalogue.DuplicateResource, DiagnosticCatalogue.UnknownField, DiagnosticCatalogue.WrongType,
            DiagnosticCatalogue.BadEnum, DiagnosticCatalogue.BadValue, DiagnosticCatalogue.UnknownVersion, DiagnosticCatalogue.NotHonoured,
        ];
        Assert.Empty(own.Select(d => d.Code).Except(covered));
    }
}
