using System.Collections.Immutable;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Gateway.Sources;

/// <summary>
/// Files and folders. A listing looks at every file but reads only those whose stamp changed. What can no longer be
/// read (permission, I/O error, a vanished root) keeps its last text and is reported; what was deleted from a folder is gone.
/// </summary>
internal sealed class FileConfigSource : IConfigSource
{
    /// <summary>A larger file is refused: 10,000 VirtualServices in one file are about 10 MB.</summary>
    public const long MaxFileBytes = 32 * 1024 * 1024;

    /// <summary>All texts together.</summary>
    public const long MaxTotalBytes = 512 * 1024 * 1024;

    // File systems stamp times with a coarse clock (up to 10 ms on Linux, 2 s on some network mounts): a second write
    // within that time can leave the same stamp, so a young file is read again at the next listing.
    private static readonly TimeSpan StampGranularity = TimeSpan.FromSeconds(2);

    private readonly ImmutableArray<string> _roots;
    private readonly TimeProvider _time;
    private readonly FileWatch _watch;
    private Dictionary<string, CachedFile> _cache = new(StringComparer.Ordinal);

    /// <summary>Makes a source of <paramref name="roots"/>: files, or folders that are read recursively.</summary>
    public FileConfigSource(IEnumerable<string> roots, TimeProvider time, ILogger logger)
    {
        _roots = [.. roots];
        _time = time;
        _watch = new FileWatch(_roots, time, logger);
    }

    /// <summary>How many files were read from disk since the start; the rest was known.</summary>
    public long FilesRead { get; private set; }

    /// <inheritdoc/>
    public ValueTask<SourceListing> ListAsync(CancellationToken cancellationToken)
    {
        long started = _time.GetTimestamp();
        FolderScan scan = FolderScan.Of(_roots);
        List<Diagnostic> diagnostics = scan.Diagnostics;
        Dictionary<string, CachedFile> next = new(scan.Files.Count, StringComparer.Ordinal);
        ImmutableArray<ConfigDocument>.Builder documents = ImmutableArray.CreateBuilder<ConfigDocument>(scan.Files.Count);
        long total = 0;

        foreach (FoundFile file in scan.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            CachedFile? known = _cache.GetValueOrDefault(file.Path);
            CachedFile? current = known is not null && known.Stamp == file.Stamp && !known.IsYoung
                ? known
                : Read(file, known, diagnostics);
            if (current is null)
                continue;
            total += current.Document.Text.Length;
            if (total > MaxTotalBytes)
            {
                diagnostics.Add(Limit(file.Path, $"All files together are larger than {MaxTotalBytes / (1024 * 1024)} MiB; this one and those after it are not read."));
                break;
            }
            next.Add(file.Path, current);
            documents.Add(current.Document);
        }

        KeepUnlisted(scan, next, documents);
        _cache = next;
        _watch.Adapt(scan.LinkedFolders, _time.GetElapsedTime(started));
        return ValueTask.FromResult(new SourceListing(documents.DrainToImmutable(), [.. diagnostics]));
    }

    /// <inheritdoc/>
    public void Watch(Action changed) => _watch.Start(changed);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _watch.DisposeAsync();

    private CachedFile? Read(FoundFile file, CachedFile? known, List<Diagnostic> diagnostics)
    {
        if (file.Stamp.Length > MaxFileBytes)
        {
            diagnostics.Add(Limit(file.Path, $"The file has {file.Stamp.Length / (1024 * 1024)} MiB; the limit is {MaxFileBytes / (1024 * 1024)} MiB."));
            return known;
        }

        byte[] bytes;
        try
        {
            // Not the asynchronous way: it takes a trip through the thread pool per file, a second for 10,000 of them.
            bytes = File.ReadAllBytes(file.Path);
            FilesRead++;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            diagnostics.Add(new Diagnostic(DiagnosticCatalogue.SourceUnreadable.Code, DiagnosticCatalogue.SourceUnreadable.Severity, $"The file cannot be read: {e.Message}", new SourceLocation(file.Path, 0, 0)));
            return known;
        }

        TimeSpan age = _time.GetUtcNow() - DateTimeOffset.UnixEpoch - TimeSpan.FromTicks(Math.Max(file.Stamp.ModifiedNanoseconds, file.Stamp.ChangedNanoseconds) / 100);
        bool young = age < StampGranularity;
        ConfigDocument document = known is not null && known.Document.Text.Span.SequenceEqual(bytes) ? known.Document : new ConfigDocument(file.Path, bytes);
        return new CachedFile(file.Stamp, young, document);
    }

    private void KeepUnlisted(FolderScan scan, Dictionary<string, CachedFile> next, ImmutableArray<ConfigDocument>.Builder documents)
    {
        if (scan.Unlisted.Count == 0)
            return;
        foreach ((string path, CachedFile known) in _cache)
        {
            if (!next.ContainsKey(path) && scan.Unlisted.Exists(folder => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal)))
            {
                next.Add(path, known);
                documents.Add(known.Document);
            }
        }
    }

    private static Diagnostic Limit(string path, string message) =>
        new(DiagnosticCatalogue.ParserLimit.Code, DiagnosticCatalogue.ParserLimit.Severity, message, new SourceLocation(path, 0, 0));

    private sealed record CachedFile(FileStamp Stamp, bool IsYoung, ConfigDocument Document);
}
