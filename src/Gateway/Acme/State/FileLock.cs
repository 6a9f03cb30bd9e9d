using System.Globalization;
using System.Text;

namespace Gateway.Acme.State;

/// <summary>What was last seen of a lock that somebody else holds, and since when by our own clock.</summary>
internal sealed class FileLockWatch
{
    /// <summary>Its content.</summary>
    public string Content { get; set; } = "";

    /// <summary><see cref="TimeProvider.GetTimestamp"/> when it was first seen.</summary>
    public long Since { get; set; }
}

/// <summary>
/// A lock as a file: who makes it has it, and rewrites it as long as it lives. Others judge by whether its content
/// changes within a time of their own clock, so that clocks of machines need not agree.
/// </summary>
internal sealed class FileLock : IAcmeLock
{
    private readonly string _path;
    private readonly string _owner;
    private readonly CancellationTokenSource _lost = new();
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private bool _released;
    private int _beats;

    private FileLock(string path, string owner, AcmeTiming timing, TimeProvider time)
    {
        _path = path;
        _owner = owner;
        _timer = time.CreateTimer(static state => ((FileLock)state!).Beat(), this, timing.Heartbeat, timing.Heartbeat);
    }

    public CancellationToken Lost => _lost.Token;

    /// <summary>Takes a lock; null = somebody else has it.</summary>
    public static async ValueTask<FileLock?> TryTakeAsync(string path, FileLockWatch watch, AcmeTiming timing, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await TryReadAsync(path, cancellationToken) is { } content)
        {
            lock (watch)
            {
                if (watch.Content != content)
                    (watch.Content, watch.Since) = (content, time.GetTimestamp());
                if (time.GetElapsedTime(watch.Since) < timing.LockStale)
                    return null;
            }
            if (!await TryBreakAsync(path, content, cancellationToken))
                return null;
        }
        string owner = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";
        try
        {
            await using FileStream file = FileAcmeState.Create(path);
            await file.WriteAsync(Content(owner, 0), CancellationToken.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
        return new FileLock(path, owner, timing, time);
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        lock (_gate)
        {
            if (!_released && IsOurs())
                FileAcmeState.TryDelete(_path);
            _released = true;
        }
        _lost.Dispose();
    }

    // Only what was judged is moved out of the way: a lock that was taken in the meantime is put back.
    private static async ValueTask<bool> TryBreakAsync(string path, string content, CancellationToken cancellationToken)
    {
        string aside = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.Move(path, aside);
            if (await TryReadAsync(aside, cancellationToken) == content)
                return true;
            File.Move(aside, path, overwrite: false);
            return false;
        }
        catch (IOException)
        {
            return false;
        }
        finally
        {
            FileAcmeState.TryDelete(aside);
        }
    }

    private static async ValueTask<string?> TryReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static byte[] Content(string owner, int beats) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{owner} {beats}\n"));

    private bool IsOurs()
    {
        try
        {
            return File.ReadAllText(_path).StartsWith(_owner + " ", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Beat()
    {
        lock (_gate)
        {
            if (_released)
                return;
            try
            {
                if (IsOurs())
                {
                    // Written in place: a rename would bring back a lock that was broken a moment ago.
                    using FileStream file = new(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                    file.Write(Content(_owner, ++_beats));
                    return;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A store that cannot be written is as good as lost.
            }
            _released = true;
        }
        _lost.Cancel();
    }
}
