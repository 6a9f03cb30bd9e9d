namespace Gateway.Conformance.Tests.Cases;

/// <summary>
/// Where case files are: the folders of <c>GATEWAY_CASES</c> (separated by <c>:</c>), else the default beside the
/// repository. Files that a folder lacks (samples, certificates, tokens) are looked up in the default.
/// </summary>
internal sealed class CaseFolders
{
    private static readonly string[] Areas = ["validation", "routing", "tls", "authz", "jwt"];
    private readonly IReadOnlyList<string> _folders;
    private readonly string _default;

    private CaseFolders(IReadOnlyList<string> folders, string defaultFolder)
    {
        _folders = folders;
        _default = defaultFolder;
    }

    /// <summary>Where relative paths of the environment variables begin: test processes run in their output folder.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>The folders this run takes.</summary>
    public static CaseFolders Current { get; } = FromEnvironment();

    /// <summary>Whether cases must be there: someone named them, or the default folder exists. A clone of the repository alone has none.</summary>
    public bool Expected => _folders[0] != _default || Directory.Exists(_default);

    /// <summary>All files of cases, by area and name. A folder that does not exist stands among them as a file that cannot be read.</summary>
    public IReadOnlyList<CaseFile> Files() =>
        [.. _folders.SelectMany(folder => Directory.Exists(folder) ? FilesOf(folder) : [Missing(folder)]).OrderBy(file => file.Label, StringComparer.Ordinal)];

    /// <summary>See <see cref="CaseFile.Locate"/>.</summary>
    public string Locate(string caseFile, string area, string relativePath)
    {
        string beside = Path.GetFullPath(relativePath, Path.GetDirectoryName(caseFile)!);
        if (File.Exists(beside))
            return beside;
        string fallback = Path.GetFullPath(relativePath, Path.Combine(_default, area));
        return File.Exists(fallback) ? fallback : throw new FileNotFoundException($"Neither {beside} nor {fallback} exists.");
    }

    private static CaseFolders FromEnvironment()
    {
        string root = RepositoryRoot;
        string defaultFolder = Path.GetFullPath("../shared/istio", root);
        string[] named = (Environment.GetEnvironmentVariable("GATEWAY_CASES") ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new CaseFolders(named.Length > 0 ? [.. named.Select(folder => Path.GetFullPath(folder, root))] : [defaultFolder], defaultFolder);
    }

    private static string FindRepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Gateway.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? Directory.GetCurrentDirectory();
    }

    private CaseFile Missing(string folder) => new() { Area = Path.GetFileName(folder), Name = "(no such folder)", Path = Path.Combine(folder, "none"), Folders = this };

    private IEnumerable<CaseFile> FilesOf(string folder)
    {
        string own = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        IEnumerable<(string Area, string Folder)> areas = Areas.Contains(own)
            ? [(own, folder)]
            : Areas.Select(area => (area, Path.Combine(folder, area))).Where(area => Directory.Exists(area.Item2));
        foreach ((string area, string path) in areas)
        {
            foreach (string file in Directory.EnumerateFiles(path, "*.yaml"))
                yield return new CaseFile { Area = area, Name = Path.GetFileNameWithoutExtension(file), Path = file, Folders = this };
        }
    }
}
