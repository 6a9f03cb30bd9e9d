using Gateway.Conformance.Tests.Cases;

namespace Gateway.Conformance.Tests;

/// <summary>Runs the cases of one format.</summary>
internal interface ISuite
{
    /// <summary>Whether this suite runs the case.</summary>
    bool Takes(ConformanceCase test);

    /// <summary>Runs a case; several run at the same time.</summary>
    /// <returns>Everything that differs from the expectation; empty = the case passed.</returns>
    Task<IReadOnlyList<string>> RunAsync(ConformanceCase test, CancellationToken cancel);
}
