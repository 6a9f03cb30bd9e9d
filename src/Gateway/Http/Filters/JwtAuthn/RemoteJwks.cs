using Microsoft.Extensions.Logging;

namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>
/// A key set that is fetched, from a loop of its own: again after a while, sooner after a failure, and when a token names
/// an unknown key. What was fetched last stays good while fetches fail. Disposing ends the loop.
/// </summary>
internal sealed partial class RemoteJwks : IJwksSource, IDisposable
{
    private const double JitterShare = 0.1;

    private readonly JwksLocation _location;
    private readonly JwksFetcher _fetcher;
    private readonly JwksTiming _timing;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private volatile JwtKeySet? _keys;
    private byte[] _content = [];
    private TaskCompletionSource _attempt = NewSignal();
    private TaskCompletionSource _wake = NewSignal();
    private TimeSpan _renewal;
    private long _nextRenewal;
    private bool _isRenewing;

    public RemoteJwks(JwksLocation location, JwksFetcher fetcher, JwksTiming timing, TimeProvider time, ILogger logger)
    {
        _location = location;
        _fetcher = fetcher;
        _timing = timing;
        _time = time;
        _logger = logger;
        _renewal = timing.FirstRenewal;
        _ = RunAsync();
    }

    /// <inheritdoc/>
    public JwtKeySet? Current => _keys;

    /// <summary>Why the latest fetch failed; null = it did not.</summary>
    public string? Problem { get; private set; }

    /// <summary>Fetches that worked.</summary>
    public long Successes { get; private set; }

    /// <summary>Fetches that failed.</summary>
    public long Failures { get; private set; }


    /// <inheritdoc/>
    public async ValueTask<JwtKeySet?> WaitAsync(CancellationToken cancellationToken)
    {
        if (_keys is { } known)
            return known;
        Task attempt;
        lock (_lock)
            attempt = _attempt.Task;
        await WaitAsync(attempt, cancellationToken);
        return _keys;
    }

    /// <inheritdoc/>
    public async ValueTask<JwtKeySet> RenewAsync(JwtKeySet known, CancellationToken cancellationToken)
    {
        Task attempt;
        lock (_lock)
        {
            if (_keys is { } newer && newer != known)
                return newer;
            if (!_isRenewing)
            {
                long now = _time.GetTimestamp();
                if (now < _nextRenewal)
                    return known;
                _nextRenewal = now + (long)(_renewal.TotalSeconds * _time.TimestampFrequency);
                _renewal = Min(_renewal * 2, _timing.LongestRenewal);
                _isRenewing = true;
                _wake.TrySetResult();
            }
            attempt = _attempt.Task;
        }
        await WaitAsync(attempt, cancellationToken);
        return _keys ?? known;
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        _fetcher.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private async Task WaitAsync(Task attempt, CancellationToken cancellationToken)
    {
        try
        {
            await attempt.WaitAsync(_location.Timeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The fetch goes on; this request is answered without it.
        }
    }

    private async Task RunAsync()
    {
        CancellationToken stopping = _stopping.Token;
        TimeSpan retry = _timing.FirstRetry;
        try
        {
            while (true)
            {
                bool isGood = await FetchAsync(stopping);
                TaskCompletionSource wake;
                lock (_lock)
                {
                    _isRenewing = false;
                    _wake = wake = NewSignal();
                    TaskCompletionSource done = _attempt;
                    _attempt = NewSignal();
                    done.TrySetResult();
                }
                TimeSpan pause = isGood ? _timing.Refresh : retry;
                retry = isGood ? _timing.FirstRetry : Min(retry * 2, _timing.LongestRetry);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                Task delay = Task.Delay(pause * (1 + (JitterShare * Random.Shared.NextDouble())), _time, either.Token);
                await Task.WhenAny(delay, wake.Task);
                await either.CancelAsync();
                stopping.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            _attempt.TrySetResult();
        }
    }

    private async Task<bool> FetchAsync(CancellationToken stopping)
    {
        try
        {
            byte[] content = await _fetcher.FetchAsync(stopping);
            if (_keys is null || !content.AsSpan().SequenceEqual(_content))
            {
                JwtKeySet keys = JwtKeySet.TryRead(content) ?? throw new JwksFetchException("the answer is no key set");
                if (keys.Count == 0)
                    throw new JwksFetchException($"the answer has no usable key{(keys.Unused.Count > 0 ? $": {keys.Unused[0]}" : "")}");
                lock (_lock)
                {
                    _content = content;
                    _keys = keys;
                    _renewal = _timing.FirstRenewal;
                }
                LogFetched(_logger, keys.Count, _location);
            }
            Successes++;
            Problem = null;
            return true;
        }
        catch (JwksFetchException e)
        {
            Failures++;
            Problem = e.Message;
            LogFailed(_logger, _location, e.Message, _keys is null ? "tokens are refused" : "the keys fetched before stay good");
            return false;
        }
    }

    [LoggerMessage(LogLevel.Information, "Took {Count} keys from {Location}.")]
    private static partial void LogFetched(ILogger logger, int count, JwksLocation location);

    [LoggerMessage(LogLevel.Warning, "Cannot fetch the keys of {Location}: {Problem}; {Consequence}.")]
    private static partial void LogFailed(ILogger logger, JwksLocation location, string problem, string consequence);
}
