using Microsoft.Extensions.Logging;

namespace Gateway.Sources;

/// <summary>
/// Says that something below some roots may have changed: by the system's notifications, and, as these miss network
/// mounts, changes behind file links and overflowing queues, by asking for a new listing from time to time.
/// </summary>
internal sealed partial class FileWatch : IAsyncDisposable
{
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(30);

    // A listing may take at most half a percent of one processor's time.
    private const int PollFactor = 200;

    private readonly Lock _gate = new();
    private readonly IReadOnlyList<string> _roots;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Dictionary<string, Watched> _watched = new(StringComparer.Ordinal);
    private Action? _changed;
    private ITimer? _poll;
    private TimeSpan _interval = ShortestPoll;

    /// <summary>Makes a watch that is not yet watching.</summary>
    public FileWatch(IReadOnlyList<string> roots, TimeProvider time, ILogger logger)
    {
        _roots = roots;
        _time = time;
        _logger = logger;
    }

    /// <summary>Begins to watch.</summary>
    public void Start(Action changed)
    {
        lock (_gate)
        {
            _changed = changed;
            foreach (string root in _roots)
                Add(root);
            _poll = _time.CreateTimer(static state => ((FileWatch)state!).Poll(), this, _interval, _interval);
        }
    }

    /// <summary>Takes over what the last listing found: links to watch, and how often a listing is affordable.</summary>
    public void Adapt(IReadOnlyList<string> linkedFolders, TimeSpan listingTook)
    {
        TimeSpan interval = TimeSpan.FromTicks(Math.Clamp(listingTook.Ticks * PollFactor, ShortestPoll.Ticks, LongestPoll.Ticks));
        lock (_gate)
        {
            if (_changed is null)
            {
                _interval = interval;
                return;
            }
            foreach (string folder in linkedFolders)
                Add(folder);
            if (interval != _interval)
            {
                _interval = interval;
                _poll?.Change(interval, interval);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        ITimer? poll;
        lock (_gate)
        {
            _changed = null;
            poll = _poll;
            _poll = null;
            foreach (Watched watched in _watched.Values)
                watched.Watcher.Dispose();
            _watched.Clear();
        }
        if (poll is not null)
            await poll.DisposeAsync().ConfigureAwait(false);
    }

    private void Poll()
    {
        lock (_gate)
        {
            // A root that was missing, or is another folder by now, is watched as soon as it is seen.
            foreach (string root in _roots)
                Add(root);
        }
        Volatile.Read(ref _changed)?.Invoke();
    }

    private void Add(string path)
    {
        bool isFolder = FileStamp.Of(path).Kind == PathKind.Folder;
        string folder = isFolder ? path : FolderOf(path);
        FileStamp stamp = FileStamp.Of(folder);
        if (_watched.TryGetValue(path, out Watched? watched))
        {
            // The system watches folders, not paths: a swapped link or a folder made anew is another one.
            if (watched.Inode == stamp.Inode)
                return;
            watched.Watcher.Dispose();
            _watched.Remove(path);
        }
        if (stamp.Kind != PathKind.Folder)
            return;

        FileSystemWatcher? watcher = null;
        try
        {
            // A single file: its whole folder, because a mounted ConfigMap changes by a link beside the file.
            watcher = new FileSystemWatcher(folder)
            {
                IncludeSubdirectories = isFolder,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.Attributes,
            };
            watcher.Changed += isFolder ? OnChangedInFolder : OnChanged;
            watcher.Created += OnChanged;
            watcher.Deleted += OnChanged;
            watcher.Renamed += OnChanged;
            watcher.Error += (_, _) => OnError(path);
            watcher.EnableRaisingEvents = true;
            _watched.Add(path, new Watched(watcher, stamp.Inode));
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            watcher?.Dispose();
            LogNotWatched(_logger, path, e.Message);
        }
    }

    // Without asking for the current folder, which may itself be gone: this runs on a timer, where an exception ends the process.
    private static string FolderOf(string path) => Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";

    private void OnChanged(object sender, FileSystemEventArgs e) => Volatile.Read(ref _changed)?.Invoke();

    // Logs and editors' files beside the configuration are no news.
    private void OnChangedInFolder(object sender, FileSystemEventArgs e)
    {
        if (e.Name is null || FolderScan.IsConfiguration(e.Name))
            OnChanged(sender, e);
    }

    private void OnError(string path)
    {
        lock (_gate)
        {
            if (_watched.Remove(path, out Watched? watched))
                watched.Watcher.Dispose();
        }
        Volatile.Read(ref _changed)?.Invoke();
    }

    private sealed record Watched(FileSystemWatcher Watcher, ulong Inode);

    [LoggerMessage(1, LogLevel.Debug, "The system does not report changes of {Path} ({Reason}); it is looked at from time to time.")]
    private static partial void LogNotWatched(ILogger logger, string path, string reason);
}
