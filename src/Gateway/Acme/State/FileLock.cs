using System.Globalization;
using System.Text;

namespace Gateway.Acme.State;

/// <summary>What was last seen of a lock that somebody else holds, and since when by our own clock.</summary>
internal sealed class FileLockWatch
{
    private readonly Lock _gate = new();
    private string? _content;
    private long _since;

    /// <summary>Takes a look.</summary>
    /// <param name="content">What stands in it; empty while its holder is making it.</param>
    /// <param name="time">The clock.</param>
    /// <returns>For how long it has said the same.</returns>
    public TimeSpan See(string content, TimeProvider time)
    {
        lock (_gate)
        {
            if (_content != content)
                (_content, _since) = (content, time.GetTimestamp());
            return time.GetElapsedTime(_since);
        }
    }
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
    public static async ValueTask<FileLock?> TryTakeAsync(string path, FileLockWatch watch, AcmeTiming timing, TimeProvider time)
    {
        if (TryRead(path) is { } content)
        {
            if (watch.See(content, time) < timing.LockStale)
                return null;
            if (!TryBreak(path, content))
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

    /// <summary>What stands in a lock; null = it is free.</summary>
    public static string? TryRead(string path)
    {
        try
        {
            // Small and local: not worth a change of threads.
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    // Only what was judged is moved out of the way: a lock that was taken in the meantime is put back.
    private static bool TryBreak(string path, string content)
    {
        string aside = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.Move(path, aside);
            if (TryRead(aside) == content)
                return true;
            File.Move(aside, path, overwrite: false);
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            FileAcmeState.TryDelete(aside);
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
