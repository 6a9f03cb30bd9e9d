using Gateway.Conformance.Tests.Cases;

namespace Gateway.Conformance.Tests;

/// <summary>A theory over case files: skipped where there are none, but not in continuous integration.</summary>
public sealed class CasesTheoryAttribute : TheoryAttribute
{
    public CasesTheoryAttribute()
    {
        if (!CaseFolders.Current.Expected && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "No case folder: set GATEWAY_CASES.";
    }
}
