using Gateway.Config.Diagnostics;

namespace Gateway.Sources;

/// <summary>A file found by a <see cref="FolderScan"/>.</summary>
/// <param name="Path">The path as the user would write it: the root as given, then the names below it.</param>
/// <param name="Stamp">Its identity and version at the time of the scan.</param>
internal readonly record struct FoundFile(string Path, FileStamp Stamp);

/// <summary>
/// Finds the configuration files below some roots, in ordinal order of their names. A root that is a file is taken
/// whatever its name is. Entries whose name begins with a dot are passed over: that leaves out editors' files, .git, and
/// the <c>..data</c> and <c>..2026_…</c> folders of a mounted ConfigMap, whose files are reached through their links.
/// </summary>
internal sealed class FolderScan
{
    /// <summary>More files than this are not read.</summary>
    public const int MaxFiles = 200_000;

    /// <summary>Folders nested deeper are not entered.</summary>
    public const int MaxDepth = 32;

    private readonly HashSet<(ulong Device, ulong Inode)> _entered = [];
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private bool _full;

    /// <summary>The files.</summary>
    public List<FoundFile> Files { get; } = [];

    /// <summary>What could not be looked at.</summary>
    public List<Diagnostic> Diagnostics { get; } = [];

    /// <summary>Roots, folders and links that could not be followed: what was known there may still be meant.</summary>
    public List<string> Unlisted { get; } = [];

    /// <summary>Folders that were entered through a symbolic link; a recursive watch of the root does not see into them.</summary>
    public List<string> LinkedFolders { get; } = [];

    /// <summary>Scans all roots.</summary>
    public static FolderScan Of(IReadOnlyList<string> roots)
    {
        FolderScan scan = new();
        foreach (string root in roots)
            scan.Root(root);
        return scan;
    }

    /// <summary>Whether a file in a folder is configuration, by its extension.</summary>
    public static bool IsConfiguration(string name) =>
        name.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private void Root(string root)
    {
        FileStamp stamp = FileStamp.Of(root);
        switch (stamp.Kind)
        {
            case PathKind.File:
                Take(root, stamp);
                break;
            case PathKind.Folder:
                Folder(root, stamp, depth: 0);
                break;
            default:
                Unlisted.Add(root);
                Report(root, stamp.Kind == PathKind.Missing ? "There is no such file or folder, or it may not be read." : "This is neither a file nor a folder.");
                break;
        }
    }

    private void Folder(string path, FileStamp stamp, int depth)
    {
        // Links can make circles; without inode numbers only the depth ends them.
        if (stamp.Inode != 0 && !_entered.Add((stamp.Device, stamp.Inode)))
            return;
        if (depth > MaxDepth)
        {
            Report(path, $"Folders are nested deeper than {MaxDepth}; this one is not read.");
            return;
        }

        FileSystemInfo[] entries;
        try
        {
            entries = new DirectoryInfo(path).GetFileSystemInfos();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Unlisted.Add(path);
            Report(path, $"The folder cannot be listed: {e.Message}");
            return;
        }

        Array.Sort(entries, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        foreach (FileSystemInfo entry in entries)
        {
            if (entry.Name.StartsWith('.'))
                continue;
            string child = Path.Join(path, entry.Name);
            bool isConfiguration = IsConfiguration(entry.Name);
            if (!isConfiguration && entry is FileInfo)
                continue;
            FileStamp childStamp = FileStamp.Of(child);
            if (childStamp.Kind == PathKind.Folder)
            {
                if (entry.LinkTarget is not null)
                    LinkedFolders.Add(child);
                Folder(child, childStamp, depth + 1);
            }
            else if (isConfiguration)
            {
                // A link that leads nowhere is a volume that broke; a file that went between the listing and now is simply gone.
                if (childStamp.Kind == PathKind.File)
                {
                    Take(child, childStamp);
                }
                else if (entry.LinkTarget is not null)
                {
                    Unlisted.Add(child);
                    Report(child, "The link leads to nothing that can be read.");
                }
            }
        }
    }

    private void Take(string path, FileStamp stamp)
    {
        if (!_taken.Add(Path.GetFullPath(path)))
            return;
        if (Files.Count < MaxFiles)
        {
            Files.Add(new FoundFile(path, stamp));
        }
        else if (!_full)
        {
            _full = true;
            Diagnostics.Add(new Diagnostic(DiagnosticCatalogue.ParserLimit.Code, DiagnosticCatalogue.ParserLimit.Severity, $"There are more than {MaxFiles} files; this one and those after it are not read.", At(path)));
        }
    }

    private void Report(string path, string message) =>
        Diagnostics.Add(new Diagnostic(DiagnosticCatalogue.SourceUnreadable.Code, DiagnosticCatalogue.SourceUnreadable.Severity, message, At(path)));

    private static SourceLocation At(string path) => new(path, 0, 0);
}
