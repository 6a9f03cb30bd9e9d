using System.Globalization;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Gateway.Http.Filters.LocalRateLimit;

/// <summary>
/// Buckets that replicas share, in Redis, by Redis' clock. Answers within a deadline or not at all: then the replica
/// decides for itself, and asks again a moment later. Redis may come and go at any time.
/// </summary>
internal sealed partial class RedisLimiter : IAsyncDisposable
{
    // While Redis is away no request waits for it more often than this.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The bucket of <see cref="TokenBucket"/> in microseconds, whose numbers Lua's doubles hold exactly enough.</summary>
    private const string Script = """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
        local token = tonumber(ARGV[1])
        local capacity = tonumber(ARGV[2])
        local debt = full + token - now
        if debt > capacity then
          return {0, 0, math.ceil(debt - capacity), math.ceil(full - now)}
        end
        redis.call('SET', KEYS[1], string.format('%.3f', full + token), 'PX', math.ceil(debt / 1000) + 1)
        return {1, math.floor((capacity - debt) / token), 0, math.ceil(debt)}
        """;

    private readonly RedisConfig _config;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _connecting;
    private ConnectionMultiplexer? _connection;
    private long _awayUntil;
    private int _isAway;
    private long _answered;
    private long _failed;

    public RedisLimiter(RedisConfig config, TimeProvider time, ILogger logger)
    {
        _config = config;
        _time = time;
        _logger = logger;
        _connecting = ConnectAsync();
    }

    /// <summary><c>host:port</c>.</summary>
    public string Address => _config.Address;

    /// <summary>Questions answered in time.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Requests that were decided without Redis.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Whether the latest question had no answer.</summary>
    public bool IsAway => Volatile.Read(ref _isAway) != 0;

    /// <summary>Takes a token of all replicas.</summary>
    /// <returns>Null = nobody has answered in time.</returns>
    public async ValueTask<BucketAnswer?> TakeAsync(string key, TokenRate rate)
    {
        if (_connection is { IsConnected: true } connection && _time.GetTimestamp() >= Interlocked.Read(ref _awayUntil))
        {
            try
            {
                RedisResult result = await connection.GetDatabase()
                    .ScriptEvaluateAsync(Script, [key], [Microseconds(rate.TokenNanoseconds), Microseconds(rate.CapacityNanoseconds)])
                    .WaitAsync(_config.Timeout, _time, _stopping.Token);
                if ((long[]?)result is [long allowed, long remaining, long wait, long full])
                {
                    NoteAnswer();
                    return new BucketAnswer(allowed != 0, remaining, wait * 1000, full * 1000);
                }
                NoteFailure("it gave an unknown answer");
            }
            catch (Exception e) when (e is RedisException or TimeoutException or OperationCanceledException or ObjectDisposedException)
            {
                NoteFailure(e is TimeoutException ? "it did not answer in time" : e.GetType().Name);
            }
            return null;
        }
        NoteFailure("there is no connection");
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _connecting;
        if (_connection is { } connection)
            await connection.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task ConnectAsync()
    {
        // Connecting does some of its work before it first waits.
        await Task.Yield();
        var options = new ConfigurationOptions
        {
            EndPoints = { _config.Address },
            User = _config.Login?.User,
            Password = _config.Login?.Password,
            Ssl = _config.Tls,
            AbortOnConnectFail = false,
            ConnectTimeout = (int)ConnectTimeout.TotalMilliseconds,
            ConnectRetry = 1,
            BacklogPolicy = BacklogPolicy.FailFast,
            ReconnectRetryPolicy = new LinearRetry((int)Pause.TotalMilliseconds),
            ClientName = "gateway",
            IncludeDetailInExceptions = false,
        };
        try
        {
            _connection = await ConnectionMultiplexer.ConnectAsync(options);
        }
        catch (Exception e) when (e is RedisException or ArgumentException or InvalidOperationException)
        {
            LogUnusable(_logger, _config.Address, e.GetType().Name);
        }
    }

    private static RedisValue Microseconds(long nanoseconds) => (nanoseconds / 1000.0).ToString("0.###", CultureInfo.InvariantCulture);

    private void NoteAnswer()
    {
        Interlocked.Increment(ref _answered);
        if (IsAway && Interlocked.Exchange(ref _isAway, 0) != 0)
            LogBack(_logger, _config.Address);
    }

    private void NoteFailure(string reason)
    {
        Interlocked.Increment(ref _failed);
        long now = _time.GetTimestamp();
        if (now >= Interlocked.Read(ref _awayUntil))
            Interlocked.Exchange(ref _awayUntil, now + (long)(Pause.TotalSeconds * _time.TimestampFrequency));
        if (!IsAway && Interlocked.Exchange(ref _isAway, 1) == 0)
            LogAway(_logger, _config.Address, reason);
    }

    [LoggerMessage(LogLevel.Warning, "Redis at {Address} cannot be asked about shared rate limits ({Reason}): each replica counts for itself until it can.")]
    private static partial void LogAway(ILogger logger, string address, string reason);

    [LoggerMessage(LogLevel.Information, "Redis at {Address} answers again: rate limits are shared.")]
    private static partial void LogBack(ILogger logger, string address);

    [LoggerMessage(LogLevel.Error, "Redis at {Address} cannot be used for shared rate limits ({Reason}).")]
    private static partial void LogUnusable(ILogger logger, string address, string reason);
}
