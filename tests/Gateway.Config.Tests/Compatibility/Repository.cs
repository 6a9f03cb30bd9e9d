namespace Gateway.Config.Tests.Compatibility;

/// <summary>Files beside the tests' binaries: the repository they were built from, and Istio's material next to it.</summary>
internal static class Repository
{
    /// <summary>The folder with the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Istio's CRDs.</summary>
    public static string Crds { get; } = Path.Combine(Root, "..", "shared", "istio", "crds", "crd-all.gen.yaml");

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Gateway.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException("The tests run outside the repository.");
    }
}

/// <summary>A test against Istio's CRDs: skipped where they are absent, but not in the pipeline, where it then fails.</summary>
internal sealed class CrdFactAttribute : FactAttribute
{
    public CrdFactAttribute()
    {
        if (!File.Exists(Repository.Crds) && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "Istio's CRDs are not beside the repository.";
    }
}
