using Gateway.Conformance.Tests.Cases;

namespace Gateway.Conformance.Tests;

/// <summary>A theory over files of Istio: skipped where they are not beside the repository, but not in continuous integration.</summary>
public sealed class SamplesTheoryAttribute : TheoryAttribute
{
    /// <param name="path">A file or folder, seen from the repository.</param>
    public SamplesTheoryAttribute(string path)
    {
        if (!Path.Exists(Path.GetFullPath(path, CaseFolders.RepositoryRoot)) && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "No samples of Istio beside the repository.";
    }
}
