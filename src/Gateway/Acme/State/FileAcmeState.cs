using System.Collections.Concurrent;

namespace Gateway.Acme.State;

/// <summary>A directory that replicas share. Files are 0600 and replaced by renaming; locks are files with a heartbeat.</summary>
internal sealed class FileAcmeState : IAcmeState
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerOnly | UnixFileMode.UserExecute;
    private const string Temporary = ".tmp";

    // Nothing that is kept here is larger.
    private const int MaxBytes = 1024 * 1024;

    // Nobody takes so long to write a file and rename it, nor to be asked for the answer to a challenge.
    private static readonly TimeSpan Forgotten = TimeSpan.FromHours(1);

    private readonly string _root;
    private readonly AcmeTiming _timing;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, FileLockWatch> _watched = new(StringComparer.Ordinal);

    /// <summary>Opens a directory, which is made if it is not there.</summary>
    /// <exception cref="IOException">It cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be used.</exception>
    public FileAcmeState(string root, AcmeTiming timing, TimeProvider time)
    {
        _root = Path.GetFullPath(root);
        _timing = timing;
        _time = time;
        MakeFolder(_root);
        // Says at the start, and not at the first order, that the directory cannot be written.
        string probe = TemporaryName(Path.Combine(_root, "probe"));
        using (Create(probe))
        {
        }
        DateTime now = File.GetLastWriteTimeUtc(probe);
        File.Delete(probe);
        LookForRemains(now);
    }

    public async ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            string path = PathOf(name);
            if (!File.Exists(path))
                return null;
            await using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (file.Length > MaxBytes)
                throw new IOException($"{path} is too large for what is kept there.");
            byte[] content = new byte[file.Length];
            // Small and local: not worth a change of threads.
            file.ReadExactly(content);
            return content;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    public async ValueTask WriteAsync(string name, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        string path = PathOf(name);
        string temporary = TemporaryName(path);
        try
        {
            MakeFolder(Path.GetDirectoryName(path)!);
            await using (FileStream file = Create(temporary))
            {
                await file.WriteAsync(value, cancellationToken);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    public ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        TryDelete(PathOf(name));
        return ValueTask.CompletedTask;
    }

    public async ValueTask<IAcmeLock?> TryLockAsync(string name, CancellationToken cancellationToken)
    {
        string path = PathOf("locks/" + name);
        try
        {
            MakeFolder(Path.GetDirectoryName(path)!);
            return await FileLock.TryTakeAsync(path, _watched.GetOrAdd(path, static _ => new FileLockWatch()), _timing, _time);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Makes a file that only we may read.</summary>
    internal static FileStream Create(string path)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return new FileStream(path, options);
    }

    internal static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Left behind, it is in nobody's way.
        }
    }

    /// <summary>
    /// Looks at what a kill left behind. All locks are watched from here on: one that is taken after another, as an
    /// account's is after a certificate's, would else be waited for only when the first is free.
    /// </summary>
    /// <param name="now">The time by the clock of the file system.</param>
    private void LookForRemains(DateTime now)
    {
        foreach (string path in Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories))
        {
            if (path.EndsWith(Temporary, StringComparison.Ordinal) || IsUnder("challenges", path))
            {
                if (now - File.GetLastWriteTimeUtc(path) > Forgotten)
                    TryDelete(path);
            }
            else if (IsUnder("locks", path) && FileLock.TryRead(path) is { } content)
            {
                _watched.GetOrAdd(path, static _ => new FileLockWatch()).See(content, _time);
            }
        }
    }

    private bool IsUnder(string folder, string path) =>
        path.StartsWith(Path.Combine(_root, folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static string TemporaryName(string path) => $"{path}.{Guid.NewGuid():N}{Temporary}";

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerFolder);
    }

    // Names are made of host names and hashes, but some of them come from outside.
    private string PathOf(string name)
    {
        foreach (string part in name.Split('/'))
        {
            if (part.Length is 0 or > 255 || part[0] == '.' || part.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
                throw new IOException($"'{name}' is no name for a file.");
        }
        return Path.Combine(_root, name);
    }
}
