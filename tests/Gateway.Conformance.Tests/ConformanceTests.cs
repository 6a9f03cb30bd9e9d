using Gateway.Conformance.Tests.Cases;
using Gateway.Conformance.Tests.Report;

namespace Gateway.Conformance.Tests;

/// <summary>Every case file of the folders that <c>GATEWAY_CASES</c> names, one test per file.</summary>
public sealed class ConformanceTests(ConformanceReport report, SuiteFixture suites) : IClassFixture<ConformanceReport>, IClassFixture<SuiteFixture>
{
    public static TheoryData<string, string> Files
    {
        get
        {
            var files = new TheoryData<string, string>();
            foreach (CaseFile file in CaseFolders.Current.Files())
                files.Add(file.Label, file.Folder);
            return files;
        }
    }

    [CasesTheory]
    [MemberData(nameof(Files))]
    public async Task All_cases_of_a_file_end_as_expected(string file, string folder)
    {
        CaseFile cases = CaseFolders.Current.Files().First(candidate => candidate.Label == file && candidate.Folder == folder);

        FileVerdict verdict = await SuiteRunner.RunAsync(cases, suites.Suites);

        report.Add(verdict);
        string[] failures = [.. verdict.Cases.Where(test => test.Status == CaseStatus.Failed).Select(test => $"{test.Name}: {test.Why}")];
        Assert.True(failures.Length == 0, $"{failures.Length} of {verdict.Cases.Count} cases of {file} failed:\n{string.Join("\n", failures)}");
    }
}
