namespace Gateway.Demo;

/// <summary>Which folder of configuration the demo serves, and how it came about.</summary>
/// <param name="Config">The folder that is loaded and watched.</param>
/// <param name="Alternatives">Files to copy over <c>reviews.yaml</c>; null for a folder that the user named.</param>
/// <param name="Written">Whether this start wrote them.</param>
internal sealed record DemoFiles(string Config, string? Alternatives, bool Written)
{
    private const string SamplesFolder = "samples";
    private const string ConfigFolder = "bookinfo";
    private const string AlternativesFolder = "bookinfo-try";
    private const string CopyFolder = "gateway-demo";

    /// <summary>
    /// The folder the user named; else the sample of the repository that the program was started in; else a copy in
    /// <c>gateway-demo</c> of the current folder, which is written once and then kept as the user leaves it.
    /// </summary>
    /// <param name="named">The folder given on the command line, or null.</param>
    /// <param name="current">The current folder.</param>
    /// <exception cref="IOException">The copy cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The copy cannot be written.</exception>
    public static DemoFiles Find(string? named, string current)
    {
        if (named is not null)
            return new DemoFiles(named, null, false);

        for (DirectoryInfo? folder = new(current); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln")) && Directory.Exists(Path.Combine(folder.FullName, SamplesFolder, ConfigFolder)))
                return In(Path.Combine(folder.FullName, SamplesFolder), false);
        }

        string copy = Path.Combine(current, CopyFolder);
        bool write = !Directory.Exists(Path.Combine(copy, ConfigFolder));
        if (write)
            Write(copy);
        return In(copy, write);
    }

    private static DemoFiles In(string samples, bool written) =>
        new(Path.Combine(samples, ConfigFolder), Path.Combine(samples, AlternativesFolder), written);

    private static void Write(string folder)
    {
        foreach (string path in DemoResources.SampleFiles)
        {
            string target = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllText(target, DemoResources.SampleFile(path));
        }
    }
}
