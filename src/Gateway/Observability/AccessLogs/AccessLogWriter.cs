using Microsoft.Extensions.Logging;

namespace Gateway.Observability.AccessLogs;

/// <summary>
/// Takes lines from requests and writes them to one stream in the background. A request never waits: when the stream
/// cannot keep up, lines are dropped and counted. Disposing writes out what is there, within a deadline.
/// </summary>
internal sealed partial class AccessLogWriter : IAsyncDisposable
{
    /// <summary>Room for lines that are not yet written.</summary>
    public const int RingBytes = 4 * 1024 * 1024;

    // Lines are collected for this long before they are written: one system call for many, and still at once for a reader.
    private static readonly TimeSpan Collect = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CloseDeadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryOpen = TimeSpan.FromSeconds(1);

    private readonly LogRing _ring = new(RingBytes);
    private readonly byte[] _batch = GC.AllocateUninitializedArray<byte>(256 * 1024);
    private readonly Func<Stream> _open;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private int _sleeping;
    private int _reopen;
    private long _dropped;
    private Stream? _stream;

    /// <summary>Starts a writer; <paramref name="open"/> is called now and at every reopening.</summary>
    public AccessLogWriter(string name, Func<Stream> open, TimeProvider time, ILogger logger)
    {
        Name = name;
        _open = open;
        _time = time;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>The path, for messages and to tell whether a new configuration writes elsewhere.</summary>
    public string Name { get; }

    /// <summary>Lines that were dropped since the start.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Queues a line.</summary>
    public void Write(ReadOnlySpan<byte> line)
    {
        if (!_ring.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
            return;
        }
        // A full fence between the write above and this read: without it both sides could miss each other and sleep.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) == 1)
            Wake();
    }

    /// <summary>Closes and opens the file again, after a log rotation moved it away.</summary>
    public void Reopen()
    {
        Volatile.Write(ref _reopen, 1);
        Wake();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await _loop.WaitAsync(CloseDeadline, _time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A reader of standard output that has stalled must not hold up the end of the process.
        }
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _sleeping, 0) == 1)
            _wake.Release();
    }

    private async Task RunAsync()
    {
        CancellationToken stop = _stop.Token;
        try
        {
            while (true)
            {
                if (!await WriteOutAsync().ConfigureAwait(false))
                    await SleepAsync(stop).ConfigureAwait(false);
                await Task.Delay(Collect, _time, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            while (await WriteOutAsync().ConfigureAwait(false))
            {
                // Until the ring is empty.
            }
            await CloseAsync().ConfigureAwait(false);
        }
    }

    private async Task SleepAsync(CancellationToken stop)
    {
        Volatile.Write(ref _sleeping, 1);
        Interlocked.MemoryBarrier();
        // What was written between the last look and the flag.
        if (!_ring.IsEmpty || Volatile.Read(ref _reopen) == 1)
        {
            if (Interlocked.Exchange(ref _sleeping, 0) == 1)
                return;
        }
        await _wake.WaitAsync(stop).ConfigureAwait(false);
    }

    /// <summary>Writes what is there; false = there was nothing.</summary>
    private async ValueTask<bool> WriteOutAsync()
    {
        bool any = false;
        while (true)
        {
            if (Interlocked.Exchange(ref _reopen, 0) == 1)
                await CloseAsync().ConfigureAwait(false);
            int bytes = _ring.Read(_batch);
            if (bytes == 0)
                return any;
            any = true;
            try
            {
                _stream ??= _open();
                await _stream.WriteAsync(_batch.AsMemory(0, bytes), CancellationToken.None).ConfigureAwait(false);
                await _stream.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
            {
                await FailedAsync(e, bytes).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask FailedAsync(Exception exception, int bytes)
    {
        Interlocked.Add(ref _dropped, _batch.AsSpan(0, bytes).Count((byte)'\n'));
        LogWriteFailed(_logger, Name, exception.Message);
        await CloseAsync().ConfigureAwait(false);
        if (!_stop.IsCancellationRequested)
            await Task.Delay(RetryOpen, _time, _stop.Token).ConfigureAwait(false);
    }

    private async ValueTask CloseAsync()
    {
        Stream? stream = _stream;
        _stream = null;
        if (stream is null)
            return;
        try
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException e)
        {
            LogWriteFailed(_logger, Name, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The access log {Name} cannot be written: {Reason}")]
    private static partial void LogWriteFailed(ILogger logger, string name, string reason);
}
