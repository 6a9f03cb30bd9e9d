using Gateway.Conformance.Tests.Cases;
using Gateway.Conformance.Tests.Report;

namespace Gateway.Conformance.Tests;

/// <summary>Every case file of the folders that <c>GATEWAY_CASES</c> names, one test per file.</summary>
public sealed class ConformanceTests(ConformanceReport report) : IClassFixture<ConformanceReport>
{
    private static readonly ISuite[] Suites = [];

    public static TheoryData<string> Files => [.. CaseFolders.Current.Files().Select(file => file.Path)];

    [CasesTheory]
    [MemberData(nameof(Files))]
    public async Task All_cases_of_a_file_end_as_expected(string path)
    {
        CaseFile file = CaseFolders.Current.Files().First(candidate => candidate.Path == path);

        FileVerdict verdict = await SuiteRunner.RunAsync(file, Suites);

        report.Add(verdict);
        string[] failures = [.. verdict.Cases.Where(test => test.Status == CaseStatus.Failed).Select(test => $"{test.Name}: {test.Why}")];
        Assert.True(failures.Length == 0, $"{failures.Length} of {verdict.Cases.Count} cases of {file.Label} failed:\n{string.Join("\n", failures)}");
    }
}
