namespace Gateway.Conformance.Tests.Report;

/// <summary>How a case ended.</summary>
internal enum CaseStatus
{
    /// <summary>As expected.</summary>
    Passed,

    /// <summary>Not as expected.</summary>
    Failed,

    /// <summary>Not as expected, and listed in <c>disputed.yaml</c>.</summary>
    Disputed,

    /// <summary>Waits for a later issue.</summary>
    Skipped,
}

/// <summary>The end of one case.</summary>
/// <param name="Name">The case.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Why">What differed, or what it waits for; empty if it passed.</param>
internal sealed record CaseVerdict(string Name, CaseStatus Status, string Why);

/// <summary>The ends of all cases of a file.</summary>
internal sealed record FileVerdict(string File, IReadOnlyList<CaseVerdict> Cases)
{
    public int Count(CaseStatus status) => Cases.Count(verdict => verdict.Status == status);
}
